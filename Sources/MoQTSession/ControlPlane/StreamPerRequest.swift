internal import MoQTCodec
internal import Wire

/// Which stream carries what in drafts 17 and later: a unidirectional control stream each way, opened by SETUP, and a
/// bidirectional stream per request, whose answers need no Request ID (draft-18 "Session initialization").
///
/// It knows streams, not rules of requests: messages go in with their request and come out with it.
struct StreamPerRequest {
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
    private(set) var streams: [StreamID: Stream] = [:]
    private var streamOfRequest: [RequestID: StreamID] = [:]
    /// Requests of ours without a stream yet, oldest first, with their kinds and output.
    private var opening = Queue<RequestID>()
    private var unopened: [RequestID: (kind: RequestKind, output: OutputStream)] = [:]
    private var ownControl: StreamID?
    private(set) var peerControl: StreamID?
    private var controlOutput = OutputStream()
    private var isStarted = false
    /// Streams with bytes held until the peer's SETUP has come.
    private(set) var holding: Set<StreamID> = []
    /// Request streams with something to send, first come first served.
    private var ready = Queue<StreamID>()
    var watch: MessageWatch?

    init(profile: Profile, role: EndpointRole, overWebTransport: Bool) {
        self.profile = profile
        self.role = role
        self.overWebTransport = overWebTransport
    }

    // MARK: Opening

    /// The stream to open next; requests wait until `mayRequest`.
    func wantedStream(mayRequest: Bool) -> StreamDirection? {
        if isStarted && ownControl == nil { return .unidirectional }
        return mayRequest && !unopened.isEmpty ? .bidirectional : nil
    }

    /// The transport opened the stream that was wanted. Traps when none of its direction was.
    mutating func opened(_ id: StreamID) {
        if id.direction == .unidirectional {
            precondition(isStarted && ownControl == nil, "no control stream is wanted")
            ownControl = id
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

    private func decoder(_ kind: ControlStreamKind) -> ControlDecoder {
        ControlDecoder(profile: profile, receiver: role, stream: kind, overWebTransport: overWebTransport)
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

    /// Begins a request of ours on a stream of its own.
    mutating func begin(_ request: RequestID, _ kind: RequestKind, _ message: ControlMessage) throws(CodecError) {
        var output = OutputStream()
        output.append(try encode(message, at: .request(kind)))
        unopened[request] = (kind, output)
        opening.append(request)
    }

    /// The first message of the peer's stream `id` was `request`.
    mutating func bind(_ id: StreamID, to request: RequestID) {
        streams[id]?.request = request
        streamOfRequest[request] = id
    }

    /// Sends `message` on the stream of `request`; `asUpdate` when it answers a REQUEST_UPDATE.
    mutating func send(
        _ message: ControlMessage, on request: RequestID, _ kind: RequestKind, asUpdate: Bool = false
    ) throws(CodecError) {
        let bytes = try encode(message, at: asUpdate ? .update(kind) : .request(kind))
        if unopened[request] != nil {
            unopened[request]?.output.append(bytes)
        } else if let id = streamOfRequest[request] {
            streams[id]?.output.append(bytes)
            enqueue(id)
        }
    }

    private func encode(_ message: ControlMessage, at place: MessageContext.Place) throws(CodecError) -> Bytes {
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
    private mutating func settle(_ id: StreamID, _ actions: inout Queue<TransportAction>) {
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
            guard let decoded = try streams.values[index].decoder.next(&input) else { return nil }
            throw .violation(
                "\(decoded.message.name) follows the last message", field: "Message Type", offset: decoded.offset,
                section: "Control Messages")
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

    // MARK: Leaving bytes

    /// The stream to write to: the control stream first.
    mutating func nextSendStream() -> StreamID? {
        if let ownControl, controlOutput.canSend { return ownControl }
        while let id = ready.first {
            if streams[id]?.output.canSend == true { return id }
            _ = ready.popFirst()
            streams[id]?.output.isQueued = false
        }
        return nil
    }

    func gather(_ id: StreamID, into list: inout [Bytes]) -> Bool {
        if id == ownControl { return controlOutput.gather(into: &list) }
        return streams[id]?.output.gather(into: &list) ?? false
    }

    mutating func sent(_ id: StreamID, _ byteCount: Int, fin: Bool, _ actions: inout Queue<TransportAction>) {
        if id == ownControl { return controlOutput.sent(byteCount, fin: fin) }
        streams[id]?.output.sent(byteCount, fin: fin)
        settle(id, &actions)
    }

    mutating func setBlocked(_ id: StreamID, _ isBlocked: Bool) {
        if id == ownControl {
            controlOutput.isBlocked = isBlocked
        } else {
            streams[id]?.output.isBlocked = isBlocked
            enqueue(id)
        }
    }

    /// Our half of `id` takes no more bytes.
    mutating func refused(_ id: StreamID, _ actions: inout Queue<TransportAction>) {
        if id == ownControl { return controlOutput.finish() }
        streams[id]?.output.finish()
        settle(id, &actions)
    }

    private mutating func enqueue(_ id: StreamID) {
        guard let output = streams[id]?.output, output.canSend, !output.isQueued else { return }
        streams[id]?.output.isQueued = true
        ready.append(id)
    }
}
