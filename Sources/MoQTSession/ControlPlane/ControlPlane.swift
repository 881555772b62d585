internal import MoQTCodec
internal import Wire

/// Which stream carries what. There are two mappings, and the profile says which requests follow which.
///
/// Since draft-17 there is a unidirectional control stream each way, opened by SETUP, and a bidirectional stream per
/// request, whose answers need no Request ID (draft-18 "Session initialization"). Up to draft-16 there is one
/// bidirectional control stream that the client opens, and requests share it, their answers naming them by ID; only
/// those of ``Profile/requestStreams`` have streams of their own (draft-16 "Session initialization").
///
/// It knows streams, not rules of requests: messages go in with their request and come out with it.
struct ControlPlane {
    /// One control or request stream.
    struct Stream {
        /// Whether the peer may say more here.
        enum Input {
            case open
            /// It has said its last word; another is a violation.
            case complete
            /// Nobody listens; what comes is thrown away.
            case discarded
            /// FIN or reset has come, or there is no such half.
            case ended
        }

        var request: RequestID?
        let isOurs: Bool
        var output = OutputStream()
        var input = Input.open
        var decoder: ControlDecoder
        /// Bytes held until the peer's SETUP has come.
        var held: [Bytes] = []
        var heldFIN = false
    }

    /// A message with the request it belongs to; nil on a control stream and for the first of a stream.
    struct Incoming {
        var message: ControlMessage
        var request: RequestID?
        /// Bytes of the stream before it.
        var offset: UInt64
    }

    let profile: Profile
    let role: EndpointRole
    let overWebTransport: Bool
    /// The peer's prefixes of no fields are read whatever the draft says.
    private var takesEmptyPrefix = false
    var streams: [StreamID: Stream] = [:]
    private var streamOfRequest: [RequestID: StreamID] = [:]
    /// Requests of ours without a stream yet, oldest first, with their kinds and output.
    private var opening = Queue<RequestID>()
    private var unopened: [RequestID: (kind: RequestKind, output: OutputStream)] = [:]
    var ownControl: StreamID?
    private(set) var peerControl: StreamID?
    var controlOutput = OutputStream()
    /// SETUP was said.
    private(set) var isStarted = false
    private var limit: RequestLimit
    /// Streams with bytes held until the peer's SETUP has come.
    private(set) var holding: Set<StreamID> = []
    /// Request streams with something to send, first come first served.
    var ready = Queue<StreamID>()
    var watch: MessageWatch?

    init(profile: Profile, role: EndpointRole, overWebTransport: Bool) {
        self.profile = profile
        self.role = role
        self.overWebTransport = overWebTransport
        limit = RequestLimit(isLimited: profile.has(.maxRequestID))
    }

    /// Requests of the kind share the control stream.
    func shares(_ kind: RequestKind) -> Bool { !profile.requestStreams.contains(kind) }

    // MARK: Opening

    /// Which requests may leave.
    enum Permission { case none, replayable, all }

    /// The stream to open next; requests keep their order.
    func wantedStream(_ permission: Permission) -> StreamDirection? {
        if isStarted && ownControl == nil { return profile.hasOneControlStream ? .bidirectional : .unidirectional }
        guard let next = nextUnopened, let kind = unopened[next]?.kind else { return nil }
        guard permission == .all || permission == .replayable && kind.isReplayable else { return nil }
        return limit.allows(next) ? .bidirectional : nil
    }

    private var nextUnopened: RequestID? { (0..<opening.count).lazy.map { opening[$0] }.first { unopened[$0] != nil } }

    /// Requests of ours that wait for a stream, oldest first.
    var waitingRequests: [RequestID] { (0..<opening.count).map { opening[$0] }.filter { unopened[$0] != nil } }

    /// The transport opened the stream that was wanted. Traps when none of its direction was.
    mutating func opened(_ id: StreamID) {
        if isStarted && ownControl == nil {
            if profile.hasOneControlStream { adoptControl(id) } else { ownControl = id }
            return
        }
        while let request = opening.popFirst() {
            guard let (kind, output) = unopened.removeValue(forKey: request) else { continue }
            var stream = Stream(request: request, isOurs: true, decoder: decoder(.reply(to: kind)))
            stream.output = output
            if output.isEnding {
                // The request ended while it waited for its stream.
                stream.request = nil
                stream.input = .discarded
            } else {
                streamOfRequest[request] = id
            }
            streams[id] = stream
            enqueue(id)
            return
        }
        preconditionFailure("no request stream is wanted")
    }

    /// The peer opened a request stream.
    mutating func peerOpened(_ id: StreamID) {
        streams[id] = Stream(request: nil, isOurs: false, decoder: decoder(.request))
    }

    /// A unidirectional stream of the peer begins with SETUP; false when it is the second.
    mutating func peerOpenedControl(_ id: StreamID) -> Bool {
        guard peerControl == nil else { return false }
        peerControl = id
        var stream = Stream(request: nil, isOurs: false, decoder: decoder(.control))
        stream.output.finish()
        streams[id] = stream
        return true
    }

    /// `id` is the one control stream.
    private mutating func adoptControl(_ id: StreamID) {
        ownControl = id
        peerControl = id
        var stream = Stream(request: nil, isOurs: role == .client, decoder: decoder(.control))
        // What we send there is not a stream's but ``controlOutput``.
        stream.output.finish()
        stream.held = streams[id]?.held ?? []
        stream.heldFIN = streams[id]?.heldFIN ?? false
        streams[id] = stream
    }

    /// Whether the stream, which the peer opened and `bytes` are more of, is the one control stream: the first, whose
    /// first message is the setup. A request on a stream of its own, which may overtake it, waits.
    mutating func recognizesControl(_ bytes: Bytes, on id: StreamID) -> Bool {
        guard profile.hasOneControlStream, role == .server, peerControl == nil, let stream = streams[id] else {
            return false
        }
        if !profile.requestStreams.isEmpty {
            let start = (stream.held + [bytes]).flatMap { $0.array.prefix(8) }
            var position = 0
            guard let type = profile.integers.read(start.span, at: &position) else { return false }
            let opensRequest = profile.layouts(code: type).contains {
                $0.places.opens.map { profile.requestStreams.contains($0) } ?? false
            }
            if opensRequest { return false }
        }
        adoptControl(id)
        return true
    }

    private func decoder(_ kind: ControlStreamKind) -> ControlDecoder {
        var decoder = ControlDecoder(
            profile: profile, receiver: role, stream: kind, overWebTransport: overWebTransport)
        decoder.takesEmptyPrefix = takesEmptyPrefix
        return decoder
    }

    /// From now on the peer's prefixes may have no fields.
    mutating func takeEmptyPrefixes() {
        takesEmptyPrefix = true
        if let peerControl { streams[peerControl]?.decoder.takesEmptyPrefix = true }
    }

    func carries(_ id: StreamID) -> Bool { streams[id] != nil || id == ownControl }
    func isOwnControl(_ id: StreamID) -> Bool { id == ownControl }
    func request(on id: StreamID) -> RequestID? { streams[id]?.request }

    // MARK: Sending messages

    /// Starts the control stream with `message`, which is SETUP, or continues it.
    mutating func sendControl(_ message: ControlMessage) throws(CodecError) {
        controlOutput.append(try encode(message, at: .control))
        isStarted = true
    }

    /// Continues the control stream with bytes that need not be a message.
    mutating func sendControl(unchecked bytes: Bytes) { controlOutput.append(bytes) }

    /// Begins a request of ours, on a stream of its own or on the control stream.
    mutating func begin(_ request: RequestID, _ kind: RequestKind, _ message: ControlMessage) throws(CodecError) {
        let bytes = try encode(message, at: .request(kind))
        if shares(kind) { return post(.init(uses: request, request: request, sharesControl: true, bytes: bytes)) }
        if !limit.allows(request) { tellBlocked() }
        var output = OutputStream()
        output.append(bytes)
        unopened[request] = (kind, output)
        opening.append(request)
    }

    /// The first message of the peer's stream `id` was `request`.
    mutating func bind(_ id: StreamID, to request: RequestID) {
        guard id != peerControl else { return }
        streams[id]?.request = request
        streamOfRequest[request] = id
    }

    /// Sends `message`, which belongs to `request`.
    /// - Parameter update: the REQUEST_UPDATE that it answers, if it does.
    mutating func send(
        _ message: ControlMessage, on request: RequestID, _ kind: RequestKind, answering update: RequestID? = nil
    ) throws(CodecError) {
        let place: MessageContext.Place = update == nil ? .request(kind) : .update(kind)
        let bytes = try encode(message, at: place, about: update ?? request)
        var uses: RequestID?
        if case .requestUpdate(let message) = message { uses = message.requestID }
        post(.init(uses: uses, request: request, sharesControl: shares(kind), bytes: bytes))
    }

    private mutating func post(_ item: RequestLimit.Item) {
        if limit.hold(item) { return tellBlocked() }
        release(item)
    }

    /// Sends what need not wait, or not any more; what belongs to a stream that has gone is lost with it.
    private mutating func release(_ item: RequestLimit.Item) {
        if item.sharesControl {
            controlOutput.append(item.bytes)
        } else if unopened[item.request] != nil {
            unopened[item.request]?.output.append(item.bytes)
        } else if let id = streamOfRequest[item.request] {
            streams[id]?.output.append(item.bytes)
            enqueue(id)
        }
    }

    /// A request of ours waits for the peer's limit to grow.
    private mutating func tellBlocked() {
        guard limit.maximum > 0, let maximum = limit.blockedAt() else { return }
        var message = RequestsBlocked()
        message.maximum = maximum
        // A number that came from the peer can be said back.
        if let bytes = try? encode(.requestsBlocked(message), at: .control) { controlOutput.append(bytes) }
    }

    /// The peer lets us make requests below `maximum`; false when that is no more than before.
    mutating func raiseLimit(to maximum: UInt64) -> Bool {
        guard limit.raise(to: maximum) else { return false }
        while let item = limit.next() { release(item) }
        if limit.isHolding || nextUnopened.map({ !limit.allows($0) }) ?? false { tellBlocked() }
        return true
    }

    func encode(
        _ message: ControlMessage, at place: MessageContext.Place, about request: RequestID? = nil
    ) throws(CodecError) -> Bytes {
        var message = message
        if let request {
            let isNamed =
                profile.has(.targetRequestID, in: message.kind, at: place)
                || profile.has(.existingRequestID, in: message.kind, at: place)
            message = message.about(isNamed ? request : nil)
        }
        var bytes: [UInt8] = []
        let context = MessageContext(sender: role, place: place, overWebTransport: overWebTransport)
        try message.append(to: &bytes, profile: profile, context: context)
        watch?(message, role, bytes.count)
        return Bytes(bytes)
    }

    // MARK: Ending requests

    /// FIN after what was sent; `input` says what becomes of the peer's half.
    mutating func end(_ request: RequestID, input: Stream.Input, _ actions: inout Queue<TransportAction>) {
        unopened[request]?.output.end()
        guard let id = streamOfRequest.removeValue(forKey: request) else { return }
        streams[id]?.request = nil
        streams[id]?.output.end()
        if streams[id]?.input == .open { streams[id]?.input = input }
        enqueue(id)
        settle(id, &actions)
    }

    /// The peer has said its last word on `request`; our half stays open.
    mutating func complete(_ request: RequestID) {
        guard let id = streamOfRequest[request], streams[id]?.input == .open else { return }
        streams[id]?.input = .complete
    }

    /// Cancels both halves (draft-18 "Request Cancellation and Rejection").
    mutating func cancel(_ request: RequestID, _ code: StreamResetCode, _ actions: inout Queue<TransportAction>) {
        if unopened.removeValue(forKey: request) != nil { return }
        guard let id = streamOfRequest.removeValue(forKey: request) else { return }
        streams[id]?.request = nil
        abandon(id, code, &actions)
    }

    /// Resets and stops what is still open of a stream.
    mutating func abandon(_ id: StreamID, _ code: StreamResetCode, _ actions: inout Queue<TransportAction>) {
        guard var stream = streams[id] else { return }
        if !stream.output.isFinished {
            stream.output.finish()
            actions.append(.reset(id, code))
        }
        if stream.input != .ended {
            if stream.input != .discarded { actions.append(.stopSending(id, code)) }
            stream.input = .discarded
        }
        streams[id] = stream
        settle(id, &actions)
    }

    /// The peer closed its half of `id` before a request came: ours is of no use.
    mutating func abandonUnused(_ id: StreamID, _ actions: inout Queue<TransportAction>) {
        guard let stream = streams[id], stream.request == nil, !stream.output.isEnding else { return }
        abandon(id, .cancelled, &actions)
    }

    /// The peer reads no more of our half of `id`.
    mutating func stopped(_ id: StreamID, _ code: StreamResetCode, _ actions: inout Queue<TransportAction>) {
        guard streams[id]?.output.isFinished == false else { return }
        streams[id]?.output.finish()
        actions.append(.reset(id, code))
        settle(id, &actions)
    }

    /// Forgets a stream when both halves have ended, and lets the peer open another for its own.
    mutating func settle(_ id: StreamID, _ actions: inout Queue<TransportAction>) {
        guard let stream = streams[id], id != peerControl, stream.input == .ended, stream.output.isFinished,
            stream.request == nil
        else { return }
        streams[id] = nil
        if !stream.isOurs { actions.append(.creditStreams(.bidirectional, 1)) }
    }

    // MARK: Receiving

    /// Keeps bytes for later.
    mutating func hold(_ bytes: Bytes, fin: Bool, on id: StreamID) {
        holding.insert(id)
        if !bytes.isEmpty { streams[id]?.held.append(bytes) }
        if fin { streams[id]?.heldFIN = true }
    }

    /// What was held on `id`, once.
    mutating func takeHeld(_ id: StreamID) -> (bytes: [Bytes], fin: Bool) {
        holding.remove(id)
        guard let stream = streams[id] else { return ([], false) }
        streams[id]?.held = []
        streams[id]?.heldFIN = false
        return (stream.held, stream.heldFIN)
    }

    /// The next message of `id`, taken from the front of `input`; nil when there is none, `input` then being empty.
    mutating func next(_ input: inout Bytes, on id: StreamID) throws(CodecError) -> Incoming? {
        guard let index = streams.index(forKey: id) else {
            input = Bytes()
            return nil
        }
        switch streams.values[index].input {
        case .discarded, .ended:
            input = Bytes()
            return nil
        case .complete:
            while let decoded = try streams.values[index].decoder.next(&input) {
                // It may have crossed what ended the request.
                if case .goAway = decoded.message { continue }
                throw .violation(
                    "\(decoded.message.name) follows the last message", field: "Message Type", offset: decoded.offset,
                    section: "Control Messages")
            }
            return nil
        case .open:
            guard let decoded = try streams.values[index].decoder.next(&input) else { return nil }
            watch?(decoded.message, role == .client ? .server : .client, decoded.byteCount)
            return Incoming(message: decoded.message, request: streams.values[index].request, offset: decoded.offset)
        }
    }

    /// The peer's half of `id` ended with FIN.
    /// - Throws: when that was inside a message, or on the control stream.
    mutating func receivedFIN(on id: StreamID, _ actions: inout Queue<TransportAction>) throws(CodecError) {
        guard let stream = streams[id] else { return }
        if stream.input != .discarded { try stream.decoder.finish() }
        ended(id, &actions)
    }

    /// The peer's half of `id` is over; nothing more comes.
    mutating func ended(_ id: StreamID, _ actions: inout Queue<TransportAction>) {
        streams[id]?.input = .ended
        _ = takeHeld(id)
        settle(id, &actions)
    }
}
