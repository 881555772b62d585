internal import Wire

// The peer's control stream (RFC 9114 §6.2.1, §7.2).

extension WebTransportConnection {
    func readControl(_ control: ControlStream, _ bytes: Bytes, _ stream: StreamID) throws(HTTP3Error) {
        var control = control
        var rest = bytes
        while let item = control.frames.next(&rest) {
            switch item {
            case .begin(let type, let length):
                control.frame = try controlFrame(type, length)
                control.payload = []
            case .payload(let piece):
                if case .ignored = control.frame { continue }
                piece.append(to: &control.payload)
            case .end: try finishFrame(control)
            }
        }
        streams[stream] = .control(control)
    }

    private func controlFrame(_ type: UInt64, _ length: UInt64) throws(HTTP3Error) -> ControlStream.Frame {
        guard peerSettings != nil || type == FrameType.settings else {
            throw HTTP3Error(.missingSettings, "the control stream begins with frame 0x\(String(type, radix: 16))")
        }
        switch type {
        case FrameType.settings:
            guard peerSettings == nil else { throw HTTP3Error(.frameUnexpected, "a second SETTINGS") }
            guard length <= HTTP3Settings.payloadLimit else {
                throw HTTP3Error(.excessiveLoad, "SETTINGS of \(length) bytes")
            }
            return .settings
        case FrameType.goAway, FrameType.cancelPush, FrameType.maxPushID:
            if type == FrameType.maxPushID, role == .client {
                throw HTTP3Error(.frameUnexpected, "MAX_PUSH_ID of a server")
            }
            // One integer.
            guard (1...8).contains(length) else { throw HTTP3Error(.frameError, "a frame of \(length) bytes") }
            return .integer(type: type)
        case FrameType.data, FrameType.headers, FrameType.pushPromise:
            throw HTTP3Error(.frameUnexpected, "frame 0x\(String(type, radix: 16)) on the control stream")
        case FrameType.webTransport: throw HTTP3Error(.frameError, "frame 0x41 on the control stream")
        default:
            guard !FrameType.reserved.contains(type) else {
                throw HTTP3Error(.frameUnexpected, "frame 0x\(String(type, radix: 16)) of HTTP/2")
            }
            return .ignored
        }
    }

    private func finishFrame(_ control: ControlStream) throws(HTTP3Error) {
        switch control.frame {
        case .ignored: break
        case .settings: try received(HTTP3Settings(Bytes(control.payload)))
        case .integer(let type):
            let payload = Bytes(control.payload)
            var offset = 0
            guard let value = QUICVarint.read(payload.span, at: &offset), offset == payload.count else {
                throw HTTP3Error(.frameError, "no integer in frame 0x\(String(type, radix: 16))")
            }
            try received(type, value)
        }
    }

    private func received(_ type: UInt64, _ value: UInt64) throws(HTTP3Error) {
        switch type {
        case FrameType.goAway:
            // RFC 9114 §5.2: a server names a request, and neither end takes back what it said.
            guard value <= goAwayLimit ?? .max, role == .server || value % 4 == 0 else {
                throw HTTP3Error(.idError, "GOAWAY with \(value)")
            }
            goAwayLimit = value
            if role == .client { serverGoesAway(value) }
        case FrameType.cancelPush:
            // No push was granted or promised.
            throw HTTP3Error(.idError, "CANCEL_PUSH of push \(value)")
        default: break
        }
    }

    private func received(_ settings: HTTP3Settings) {
        peerSettings = settings
        if role == .client {
            // RFC 9220 §3: without the setting there is no CONNECT of this kind.
            guard settings.allowsExtendedConnect, settings.allowsDatagrams, !settings.dialects.isEmpty else {
                pendingRequest = nil
                events.append(.ended(SessionID(rawValue: 0), .unsupported))
                return close(.noError, "the server does not offer WebTransport")
            }
            return
        }
        for id in sessions.keys.sorted() { tellRequest(id) }
    }
}
