internal import Wire

// The CONNECT stream of a session, and its end (draft-ietf-webtrans-http3 "Session Termination").

extension WebTransportConnection {
    /// Reads frames of a request or its answer.
    func readRequest(
        _ request: RequestStream, _ bytes: Bytes, _ stream: StreamID, _ fin: Bool
    ) throws(HTTP3Error) {
        var request = request
        var rest = bytes
        while let item = request.frames.next(&rest) {
            switch item {
            case .begin(let type, let length):
                request.frame = try frame(type, request)
                guard case .headers = request.frame else { continue }
                request.section = []
                if length > UInt64(FieldCoder.sectionLimit) {
                    request.frame = .ignored
                    tooLarge(stream, &request)
                }
            case .payload(let piece):
                switch request.frame {
                case .ignored: break
                case .headers: piece.append(to: &request.section)
                case .data: readCapsules(piece, stream, &request)
                }
            case .end:
                guard case .headers = request.frame else { continue }
                try receivedHeaders(stream, &request)
                request.section = []
            }
            if isEnded { return }
        }
        if case .request = streams[stream] { streams[stream] = .request(request) }
        if fin { try finished(stream, request) }
    }

    /// What to do with a frame (RFC 9114 §7.2).
    private func frame(_ type: UInt64, _ request: RequestStream) throws(HTTP3Error) -> RequestStream.Frame {
        let name = "frame 0x\(String(type, radix: 16))"
        switch type {
        case FrameType.headers:
            switch request.phase {
            case .headers: return .headers
            case .ignored: return .ignored
            case .capsules, .ending: throw HTTP3Error(.frameUnexpected, "HEADERS in a session")
            }
        case FrameType.data:
            switch request.phase {
            case .headers: throw HTTP3Error(.frameUnexpected, "DATA before HEADERS")
            case .ignored: return .ignored
            case .capsules, .ending: return .data
            }
        case FrameType.pushPromise:
            throw HTTP3Error(role == .server ? .frameUnexpected : .idError, "PUSH_PROMISE")
        case FrameType.settings, FrameType.goAway, FrameType.cancelPush, FrameType.maxPushID:
            throw HTTP3Error(.frameUnexpected, "\(name) on a request stream")
        case FrameType.webTransport: throw HTTP3Error(.frameError, "frame 0x41 within a stream")
        default:
            guard !FrameType.reserved.contains(type) else {
                throw HTTP3Error(.frameUnexpected, "\(name) of HTTP/2")
            }
            return .ignored
        }
    }

    private func finished(_ stream: StreamID, _ request: RequestStream) throws(HTTP3Error) {
        guard request.frames.isBetweenFrames else { throw HTTP3Error(.frameError, "a stream ends within a frame") }
        switch request.phase {
        case .headers:
            abort(stream, .requestIncomplete)
            if role == .client { events.append(.ended(stream, .aborted(.requestIncomplete))) }
        case .capsules:
            guard request.capsules.isBetweenFrames else {
                var request = request
                return violated(stream, &request)
            }
            endedByPeer(stream, 0, [])
        case .ending, .ignored: break
        }
    }

    func endedByPeer(_ id: SessionID, _ code: UInt32, _ reason: [UInt8]) {
        guard sessions[id] != nil else { return }
        forgetSession(id)
        send([], on: id, fin: true)
        events.append(.ended(id, .closed(code: code, reason: reason, byPeer: true)))
    }

    // MARK: - Ends

    /// Closes a session, with a code and a reason of at most 1024 bytes. What was not sent on its streams is dropped.
    package func close(_ id: SessionID, code: UInt32, reason: String) {
        guard !isEnded, let session = sessions[id] else { return }
        if session.isOpen {
            send(capsule: SessionCapsule.close(code, reason), to: id)
            send([], on: id, fin: true)
            // A reset that overtakes these words would be taken for a fault of the session.
            forgetSession(id, atOnce: false)
            if case .request(var request) = streams[id] {
                request.phase = .ignored
                streams[id] = .request(request)
            }
        } else {
            abort(id, .requestCancelled)
        }
        events.append(.ended(id, .closed(code: code, reason: Array(reason.utf8), byPeer: false)))
    }

    /// The peer reset or stopped a request stream.
    func requestAborted(_ stream: StreamID, _ request: RequestStream, _ code: HTTP3Code) {
        guard request.phase == .headers || request.phase == .capsules else { return }
        let isKnown = sessions[stream]?.isTold ?? false || role == .client && sessions[stream] != nil
        abort(stream, .requestCancelled)
        if isKnown { events.append(.ended(stream, .aborted(code))) }
    }

    /// Gives up a request stream in both directions, and the session if there is one.
    func abort(_ stream: StreamID, _ code: HTTP3Code) {
        dropOutput(of: stream)
        actions.append(.reset(stream, code: code.rawValue))
        actions.append(.stopSending(stream, code: code.rawValue))
        if case .request(var request) = streams[stream] {
            request.phase = .ignored
            streams[stream] = .request(request)
        }
        forgetSession(stream)
        dropHeld(of: stream)
    }

    /// The session is not, or no more; its streams are given up.
    func forgetSession(_ id: SessionID, atOnce: Bool = true) {
        guard let session = sessions.removeValue(forKey: id) else { return }
        limits[id] = nil
        aloneSince = now
        discardStreams(of: id, session, atOnce: atOnce)
        dropHeld(of: id)
    }
}
