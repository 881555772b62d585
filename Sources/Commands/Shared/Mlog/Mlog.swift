internal import Endpoint
internal import MoQTCodec
internal import Wire

/// Writes what passes on a session as events of the qlog schema for MoQT, in JSON text sequences (RFC 7464).
///
/// It reads the streams for itself: what is written is what was on the wire, whatever the session made of it. Messages
/// and the beginnings of streams are in the file before the session acts on them, the rest at the end of the round.
final class Mlog: SessionWitness {
    private let profile: Profile
    private let header: MlogHeader
    private var events: MlogFile
    /// Halves of streams that have begun and not ended.
    private var readers: [Half: MlogReader] = [:]
    /// Requests by the streams that they have to themselves.
    private var requests: [StreamID: MlogRequest] = [:]
    /// Nil: the draft has none that both ends share, or it has not come.
    private var sharedControl: StreamID?
    /// Fetches whose groups come in descending order, until their streams begin.
    private var descending: Set<RequestID> = []

    private struct Half: Hashable {
        var stream: StreamID
        var isSent: Bool
    }

    init(_ profile: Profile, _ header: MlogHeader, _ file: RecordFile) {
        self.profile = profile
        self.header = header
        events = MlogFile(file, header)
    }

    // MARK: - SessionWitness

    func received(_ bytes: Bytes, on stream: StreamID, fin: Bool, _ now: Instant) {
        read([bytes], bytes.count, Half(stream: stream, isSent: false), fin: fin, now)
    }

    func received(datagram: Bytes, _ now: Instant) { read(datagram, isSent: false, now) }

    func sent(_ bytes: [Bytes], _ byteCount: Int, on stream: StreamID, fin: Bool, _ now: Instant) {
        read(bytes, byteCount, Half(stream: stream, isSent: true), fin: fin, now)
    }

    func sent(datagram: Bytes, _ now: Instant) { read(datagram, isSent: true, now) }

    func reset(_ stream: StreamID, byPeer: Bool) { end(Half(stream: stream, isSent: !byPeer)) }

    func flush() { events.flush() }

    // MARK: - Streams

    private func read(_ bytes: [Bytes], _ byteCount: Int, _ half: Half, fin: Bool, _ now: Instant) {
        guard events.isOpen else { return }
        events.begin(now, isSent: half.isSent)
        var reader = readers.removeValue(forKey: half) ?? begin(half)
        var left = byteCount
        do throws(CodecError) {
            for part in bytes where left > 0 {
                let taken = part.count > left ? part.slice(from: 0, count: left) : part
                left -= taken.count
                try read(taken, &reader, half)
            }
            if fin { try reader.finish() }
        } catch {
            events.failed(error.cited(by: profile), on: half.stream)
            reader = .ignored
        }
        if fin { end(half) } else { readers[half] = reader }
    }

    private func end(_ half: Half) {
        readers[half] = nil
        guard half.stream.direction == .bidirectional else { return }
        // The answer to a request is read as long as it comes.
        guard readers[Half(stream: half.stream, isSent: !half.isSent)] == nil else { return }
        if let id = requests.removeValue(forKey: half.stream)?.id { descending.remove(id) }
    }

    private var role: EndpointRole { header.role }

    private func isOpenedByUs(_ stream: StreamID) -> Bool { stream.isServerInitiated == (role == .server) }

    /// How a half of a stream is read from its first byte on.
    private func begin(_ half: Half) -> MlogReader {
        let stream = half.stream
        guard stream.direction == .bidirectional else { return .unrecognized(UniStreamRecognizer(profile: profile)) }
        if stream == sharedControl { return .messages(decoder(.control, half)) }
        if isOpenedByUs(stream) == half.isSent { return .opening([]) }
        guard let request = requests[stream] else { return .ignored }
        return .messages(decoder(.reply(to: request.kind), half))
    }

    private func decoder(_ kind: ControlStreamKind, _ half: Half) -> ControlDecoder {
        let receiver: EndpointRole = half.isSent ? (role == .client ? .server : .client) : role
        var decoder = ControlDecoder(
            profile: profile, receiver: receiver, stream: kind, overWebTransport: header.overWebTransport)
        decoder.takesEmptyPrefix = true
        return decoder
    }

    private func read(_ bytes: Bytes, _ reader: inout MlogReader, _ half: Half) throws(CodecError) {
        switch reader {
        case .opening(let start): try open(start + bytes.array, &reader, half)
        case .unrecognized(let recognizer): try recognize(bytes, recognizer, &reader, half)
        case .messages(var decoder):
            defer { reader = .messages(decoder) }
            var input = bytes
            while let message = try decoder.next(&input) { write(message, half) }
        case .subgroup(var subgroup):
            defer { reader = .subgroup(subgroup) }
            var input = bytes
            while let event = try subgroup.decoder.next(&input) { events.write(event, &subgroup, on: half.stream) }
        case .fetch(var decoder):
            defer { reader = .fetch(decoder) }
            var input = bytes
            while let event = try decoder.next(&input) {
                if case .header(let request) = event, descending.remove(request) != nil { decoder.order = .descending }
                events.write(event, on: half.stream, profile)
            }
        case .ignored: break
        }
    }

    /// The first bytes of a bidirectional stream: it is a request's, or the control stream that both ends share.
    private func open(_ bytes: [UInt8], _ reader: inout MlogReader, _ half: Half) throws(CodecError) {
        var position = 0
        guard let type = profile.integers.read(bytes.span, at: &position) else {
            reader = .opening(bytes)
            return
        }
        let isShared =
            profile.hasOneControlStream && sharedControl == nil
            && profile.layouts(code: type).contains { $0.kind == .setup }
        if isShared { sharedControl = half.stream }
        events.type(isShared ? "control" : "request", of: half.stream, isOurs: half.isSent)
        reader = .messages(decoder(isShared ? .control : .request, half))
        try read(Bytes(bytes), &reader, half)
    }

    private func recognize(
        _ bytes: Bytes, _ recognizer: UniStreamRecognizer, _ reader: inout MlogReader, _ half: Half
    ) throws(CodecError) {
        var recognizer = recognizer
        guard let (kind, all) = try recognizer.received(bytes) else {
            reader = .unrecognized(recognizer)
            return
        }
        let name: String
        switch kind {
        case .control: (name, reader) = ("control", .messages(decoder(.control, half)))
        case .subgroup: (name, reader) = ("subgroup_header", .subgroup(MlogSubgroup(profile)))
        case .fetch: (name, reader) = ("fetch_header", .fetch(FetchStreamDecoder(profile: profile)))
        case .padding: (name, reader) = ("padding", .ignored)
        }
        events.type(name, of: half.stream, isOurs: half.isSent)
        try read(all, &reader, half)
    }

    private func write(_ decoded: DecodedMessage, _ half: Half) {
        if case .fetch(let fetch) = decoded.message, fetch.parameters.groupOrder == .descending {
            descending.insert(fetch.requestID)
        }
        var request = decoded.message.target
        if case .requestError = decoded.message, let request { descending.remove(request) }
        let item = decoded.item(profile)
        if half.stream.direction == .bidirectional, half.stream != sharedControl {
            if let kind = decoded.message.opens, requests[half.stream] == nil {
                requests[half.stream] = MlogRequest(kind: kind, id: RequestID(item))
            }
            request = requests[half.stream]?.id
        }
        events.write(item, on: half.stream, about: request ?? RequestID(item))
    }

    // MARK: - Datagrams

    private func read(_ bytes: Bytes, isSent: Bool, _ now: Instant) {
        guard events.isOpen else { return }
        events.begin(now, isSent: isSent)
        do throws(CodecError) {
            if case .object(let object) = try Datagram(decoding: bytes, profile: profile) {
                events.write(object, profile)
            }
        } catch {
            events.failed(error.cited(by: profile), on: nil)
        }
    }
}

/// A request with a stream of its own.
struct MlogRequest {
    var kind: RequestKind
    /// Nil: the draft gives it none.
    var id: RequestID?
}

/// How one half of a stream is being read.
enum MlogReader {
    /// A bidirectional stream whose first message type has not come whole.
    case opening([UInt8])
    /// A unidirectional one.
    case unrecognized(UniStreamRecognizer)
    case messages(ControlDecoder)
    case subgroup(MlogSubgroup)
    case fetch(FetchStreamDecoder)
    /// What comes is not read: padding, or what follows an error.
    case ignored

    /// - Throws: when the stream must not end here.
    func finish() throws(CodecError) {
        switch self {
        case .messages(let decoder): try decoder.finish()
        case .subgroup(let subgroup): try subgroup.decoder.finish()
        case .fetch(let decoder): try decoder.finish()
        case .opening, .unrecognized, .ignored: break
        }
    }
}

/// A subgroup stream being read.
struct MlogSubgroup {
    let profile: Profile
    var decoder: SubgroupStreamDecoder
    /// The ID of the object before.
    var previous: UInt64?

    init(_ profile: Profile) {
        self.profile = profile
        decoder = SubgroupStreamDecoder(profile: profile)
    }
}
