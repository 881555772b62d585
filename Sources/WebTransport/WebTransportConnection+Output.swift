package import Wire

// Streams and bytes that HTTP/3 itself sends.

extension WebTransportConnection {
    /// The stream that is wanted opened next, for ``opened(_:)``; nil when none is.
    package var wantedStream: StreamDirection? {
        if isEnded { return nil }
        if !unopened.isEmpty { return .unidirectional }
        return pendingRequest != nil && peerSettings != nil ? .bidirectional : nil
    }

    /// The stream that was wanted is open.
    package func opened(_ stream: StreamID) {
        guard !isEnded else { return }
        if stream.direction == .bidirectional { return sendRequest(on: stream) }
        guard !unopened.isEmpty else { return }
        let own = unopened.removeFirst()
        ownStreams[stream] = own
        var bytes = [own.rawValue]
        if own == .control { FrameReader.append(FrameType.settings, ownSettings, to: &bytes) }
        send(bytes, on: stream)
    }

    private var ownSettings: [UInt8] {
        var own = HTTP3Settings()
        own.maxFieldSection = UInt64(FieldCoder.sectionLimit)
        own.allowsExtendedConnect = role == .server
        own.allowsDatagrams = true
        own.dialects = settings.dialects
        own.initialLimits = offeredLimits
        return own.payload(sessionLimit: role == .server ? UInt64(settings.sessionLimit) : 1)
    }

    /// A stream was opened for a session: what it begins with goes out before anything else on it.
    package func opened(_ stream: StreamID, for session: SessionID) {
        guard !isEnded, sessions[session] != nil else { return }
        if stream.direction == .bidirectional, role == .client { seen.insert(stream) }
        var bytes: [UInt8] = []
        let type = stream.direction == .bidirectional ? FrameType.webTransport : StreamType.webTransport
        QUICVarint.append(type, to: &bytes)
        QUICVarint.append(session.rawValue, to: &bytes)
        limits[session]?.opened(stream.direction)
        streams[stream] = .session(session)
        unacknowledged[stream] = bytes.count
        send(bytes, on: stream)
    }

    func send(_ bytes: [UInt8], on stream: StreamID, fin: Bool = false) {
        if outputs[stream] == nil { outputOrder.append(stream) }
        outputs[stream, default: OwnOutput()].append(bytes, fin: fin)
    }

    /// Nothing of what waits on a stream leaves any more.
    func dropOutput(of stream: StreamID) {
        guard outputs.removeValue(forKey: stream) != nil else { return }
        outputOrder.removeAll { $0 == stream }
    }

    /// The stream to write to; nil when HTTP/3 itself has nothing to say.
    package func nextSendStream() -> StreamID? {
        if outputOrder.isEmpty { return nil }
        return outputOrder.first { outputs[$0].map { !$0.isBlocked && $0.wantsToSend } ?? false }
    }

    /// Appends what waits on `stream` to `list`; true when FIN follows it.
    package func gather(_ stream: StreamID, into list: inout [Bytes]) -> Bool {
        guard let output = outputs[stream] else { return false }
        list += output.waiting
        return output.isEnding
    }

    /// The connection took `byteCount` bytes of what was gathered from the front, and FIN when `fin`.
    package func sent(_ stream: StreamID, byteCount: Int, fin: Bool) {
        guard var output = outputs[stream] else { return }
        output.sent(byteCount, fin: fin)
        if output.wantsToSend { outputs[stream] = output } else { dropOutput(of: stream) }
    }

    /// The peer's flow control stops the stream.
    package func blocked(_ stream: StreamID) { outputs[stream]?.isBlocked = true }

    /// The stream may be written to again.
    package func writable(_ stream: StreamID) { outputs[stream]?.isBlocked = false }

    /// The stream takes nothing more.
    package func refused(_ stream: StreamID) { dropOutput(of: stream) }

    /// Bytes of a session among `byteCount` that were acknowledged on a stream: what it begins with comes first.
    package func acknowledged(_ stream: StreamID, byteCount: Int) -> Int {
        guard let own = unacknowledged[stream] else { return byteCount }
        let taken = min(own, byteCount)
        unacknowledged[stream] = own > taken ? own - taken : nil
        return byteCount - taken
    }

    /// What stands before the payload of a session's datagrams (RFC 9297 §2.1).
    package static func datagramPrefix(of session: SessionID) -> Bytes {
        var bytes: [UInt8] = []
        QUICVarint.append(session.rawValue / 4, to: &bytes)
        return Bytes(bytes)
    }
}

/// Types of unidirectional streams.
enum StreamType {
    static let control: UInt64 = 0x00
    static let push: UInt64 = 0x01
    static let encoder: UInt64 = 0x02
    static let decoder: UInt64 = 0x03
    static let webTransport: UInt64 = 0x54
}

/// Types of frames, and what a bidirectional stream of a session begins with.
enum FrameType {
    static let data: UInt64 = 0x00
    static let headers: UInt64 = 0x01
    static let cancelPush: UInt64 = 0x03
    static let settings: UInt64 = 0x04
    static let pushPromise: UInt64 = 0x05
    static let goAway: UInt64 = 0x07
    static let maxPushID: UInt64 = 0x0D
    static let webTransport: UInt64 = 0x41
    /// HTTP/2's, which must not come (RFC 9114 §7.2.8).
    static let reserved: Set<UInt64> = [0x02, 0x06, 0x08, 0x09]
}
