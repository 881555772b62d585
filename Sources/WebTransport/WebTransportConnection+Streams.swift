package import Wire

// Inputs from the connection, and what streams turn out to be.

extension WebTransportConnection {
    /// The peer opened a stream; told before anything else of it.
    package func peerOpened(_ stream: StreamID) {
        guard !isEnded else { return }
        if stream.direction == .bidirectional, role == .server { seen.insert(stream) }
        streams[stream] = .untyped(PartialVarint())
    }

    /// Bytes of a stream, in order; of any stream the peer sends on.
    package func received(_ bytes: Bytes, on stream: StreamID, fin: Bool, now: Instant) {
        guard !isEnded else { return }
        self.now = now
        if case .session(let session) = streams[stream] {
            return events.append(.streamData(stream, session, bytes, fin: fin))
        }
        do throws(HTTP3Error) { try read(bytes, stream, fin) } catch { fail(error) }
    }

    private func read(_ bytes: Bytes, _ stream: StreamID, _ fin: Bool) throws(HTTP3Error) {
        switch streams[stream] {
        case nil, .discarded: break
        case .session(let session): events.append(.streamData(stream, session, bytes, fin: fin))
        case .held(let held): hold(bytes, fin, held, on: stream)
        case .untyped(let type): try readType(type, bytes, stream, fin)
        case .unclaimed(let session): try readSession(session, bytes, stream, fin)
        case .control(let control):
            consumed(bytes, stream)
            try readControl(control, bytes, stream)
            if fin { throw HTTP3Error(.closedCriticalStream, "the control stream ended") }
        case .encoder, .decoder:
            consumed(bytes, stream)
            try readQPACK(bytes, stream)
            if fin { throw HTTP3Error(.closedCriticalStream, "a QPACK stream ended") }
        case .request(let request):
            consumed(bytes, stream)
            try readRequest(request, bytes, stream, fin)
        }
    }

    private func consumed(_ bytes: Bytes, _ stream: StreamID) {
        if !bytes.isEmpty { actions.append(.credit(stream, byteCount: bytes.count)) }
    }

    private func readQPACK(_ bytes: Bytes, _ stream: StreamID) throws(HTTP3Error) {
        if bytes.isEmpty { return }
        if case .encoder = streams[stream] {
            try coder.receivedInstructions(bytes)
        } else {
            try coder.receivedAcknowledgements(bytes)
        }
    }

    // MARK: - What a stream is

    private func readType(
        _ partial: PartialVarint, _ bytes: Bytes, _ stream: StreamID, _ fin: Bool
    ) throws(HTTP3Error) {
        var rest = bytes
        guard let type = integer(partial, &rest, stream, fin, unfinished: { .untyped($0) }) else { return }
        streams[stream] =
            stream.direction == .bidirectional
            ? try bidirectional(type) : try unidirectional(type, stream)
        if !rest.isEmpty || fin { try read(rest, stream, fin) }
    }

    /// The integer that a stream begins with, whose bytes are taken from the front of `bytes`; nil while more of them are
    /// to come, the stream then being what `unfinished` makes of those that are there.
    private func integer(
        _ partial: PartialVarint, _ bytes: inout Bytes, _ stream: StreamID, _ fin: Bool,
        unfinished: (PartialVarint) -> IncomingStream
    ) -> UInt64? {
        var partial = partial
        let count = bytes.count
        let value = partial.take(&bytes)
        if count > bytes.count { actions.append(.credit(stream, byteCount: count - bytes.count)) }
        if value == nil {
            streams[stream] = unfinished(partial)
            if fin { endedEarly(stream) }
        }
        return value
    }

    private func bidirectional(_ type: UInt64) throws(HTTP3Error) -> IncomingStream {
        if type == FrameType.webTransport { return .unclaimed(PartialVarint()) }
        // RFC 9114 §6.1: a server's bidirectional stream is an error, but for extensions.
        guard role == .server else { throw HTTP3Error(.streamCreationError, "a bidirectional stream of the server") }
        return .request(RequestStream(frames: FrameReader(type: type)))
    }

    private func unidirectional(_ type: UInt64, _ stream: StreamID) throws(HTTP3Error) -> IncomingStream {
        switch type {
        case StreamType.control:
            try first(&hasControl, "control")
            return .control(ControlStream())
        case StreamType.encoder:
            try first(&hasEncoder, "QPACK encoder")
            return .encoder
        case StreamType.decoder:
            try first(&hasDecoder, "QPACK decoder")
            return .decoder
        case StreamType.push:
            // RFC 9114 §6.2.2: a client never pushes; a server may not, since no push ID was granted.
            throw HTTP3Error(role == .server ? .streamCreationError : .idError, "a push stream")
        case StreamType.webTransport: return .unclaimed(PartialVarint())
        default:
            actions.append(.stopSending(stream, code: HTTP3Code.streamCreationError.rawValue))
            return .discarded(isOwed: true)
        }
    }

    private func first(_ has: inout Bool, _ what: String) throws(HTTP3Error) {
        guard !has else { throw HTTP3Error(.streamCreationError, "a second \(what) stream") }
        has = true
    }

    private func readSession(
        _ partial: PartialVarint, _ bytes: Bytes, _ stream: StreamID, _ fin: Bool
    ) throws(HTTP3Error) {
        var rest = bytes
        guard let number = integer(partial, &rest, stream, fin, unfinished: { .unclaimed($0) }) else { return }
        let session = SessionID(rawValue: number)
        guard session.direction == .bidirectional, !session.isServerInitiated else {
            throw HTTP3Error(.idError, "session \(number) is no request of the client")
        }
        try claim(stream, for: session)
        if !rest.isEmpty || fin { try read(rest, stream, fin) }
    }

    /// A stream ended before it said what it is.
    private func endedEarly(_ stream: StreamID) {
        if stream.direction == .bidirectional {
            actions.append(.reset(stream, code: HTTP3Code.requestIncomplete.rawValue))
        }
        streams[stream] = .discarded(isOwed: true)
    }

    // MARK: - Ends of streams

    /// RESET_STREAM for the peer's half, with its code as on the wire.
    package func peerReset(_ stream: StreamID, code: UInt64) {
        guard !isEnded, let kind = streams[stream] else { return }
        switch kind {
        case .session(let session):
            // The session's own end follows, or overtook this.
            if code == HTTP3Code.sessionGone.rawValue { return }
            events.append(.streamReset(stream, session, code: StreamCode.application(code)))
        case .held(var held):
            held.resetCode = code
            streams[stream] = .held(held)
        case .control, .encoder, .decoder:
            fail(HTTP3Error(.closedCriticalStream, "a critical stream was reset"))
        case .request(let request): requestAborted(stream, request, HTTP3Code(rawValue: code))
        case .untyped, .unclaimed: endedEarly(stream)
        case .discarded: break
        }
    }

    /// STOP_SENDING for our half, with its code as on the wire.
    package func peerStopped(_ stream: StreamID, code: UInt64) {
        guard !isEnded else { return }
        if ownStreams[stream] != nil {
            return fail(HTTP3Error(.closedCriticalStream, "a critical stream was stopped"))
        }
        switch streams[stream] {
        case .session(let session):
            if code == HTTP3Code.sessionGone.rawValue { return }
            events.append(.streamStopped(stream, session, code: StreamCode.application(code)))
        case .held(var held):
            held.stopCode = code
            streams[stream] = .held(held)
        case .request(let request):
            // RFC 9114 §4.1: the answer may still come.
            if role == .client, request.phase == .headers { return dropOutput(of: stream) }
            requestAborted(stream, request, HTTP3Code(rawValue: code))
        case nil, .untyped, .unclaimed, .control, .encoder, .decoder, .discarded: break
        }
    }

    /// The stream is over in both directions.
    package func closed(_ stream: StreamID) {
        guard !isEnded else { return }
        dropOutput(of: stream)
        unacknowledged[stream] = nil
        if case .held(var held) = streams[stream] {
            held.isOver = true
            streams[stream] = .held(held)
            return
        }
        guard let kind = streams.removeValue(forKey: stream) else { return }
        if kind.isOwed, stream.isServerInitiated == (role == .client) {
            actions.append(.creditStreams(stream.direction, 1))
        }
        if case .request(let request) = kind {
            requestAborted(stream, request, .requestCancelled)
            for action in delayed.removeValue(forKey: stream) ?? [] { actions.append(action) }
            dropHeld(of: stream)
            if role == .client, sessions.isEmpty, pendingRequest == nil { close(.noError, "") }
        }
    }

    /// What became of a session that a stream or datagram names.
    enum Standing { case open, coming, gone }

    func standing(_ session: SessionID) -> Standing {
        if let known = sessions[session] { return known.isOpen ? .open : .coming }
        guard seen.contains(session) else { return .coming }
        switch streams[session] {
        case .untyped: return .coming
        case .request(let request): return request.phase == .headers ? .coming : .gone
        default: return .gone
        }
    }
}
