internal import Wire

// What follows CONNECT and its answer (RFC 9297 §3, draft-ietf-webtrans-http3-16).

extension WebTransportConnection {
    func readCapsules(_ bytes: Bytes, _ stream: StreamID, _ request: inout RequestStream) {
        // Nothing may follow a close.
        guard request.phase == .capsules else {
            if request.phase == .ending { violated(stream, &request) }
            return
        }
        var rest = bytes
        while let item = request.capsules.next(&rest) {
            switch item {
            case .begin(let type, let length):
                guard let capsule = capsule(type, length, stream) else { return violated(stream, &request) }
                request.capsule = capsule
                request.value = []
            case .payload(let piece):
                if case .ignored = request.capsule { continue }
                piece.append(to: &request.value)
            case .end:
                finishCapsule(stream, &request)
                guard request.phase != .capsules else { continue }
                if request.phase == .ending, !rest.isEmpty { violated(stream, &request) }
                return
            }
        }
    }

    /// What to do with a capsule; nil: it must not be.
    private func capsule(_ type: UInt64, _ length: UInt64, _ stream: StreamID) -> RequestStream.Capsule? {
        switch type {
        case SessionCapsule.close: return SessionCapsule.closeLengths.contains(length) ? .close : nil
        case SessionCapsule.drain: return length == 0 ? .drain : nil
        case _ where SessionCapsule.prohibited.contains(type): return nil
        case _ where SessionCapsule.flowControl.contains(type):
            // "Negotiating the Use of Flow Control": without it they are ignored.
            guard limits[stream] != nil else { return .ignored }
            return (1...8).contains(length) ? .flowControl(type: type) : nil
        default: return .ignored
        }
    }

    private func finishCapsule(_ stream: StreamID, _ request: inout RequestStream) {
        switch request.capsule {
        case .ignored: break
        case .drain: peerDrains(stream)
        case .close:
            request.phase = .ending
            let (code, reason) = SessionCapsule.parseClose(request.value)
            endedByPeer(stream, code, reason)
        case .flowControl(let type):
            guard let value = SessionCapsule.parseInteger(request.value) else { return violated(stream, &request) }
            guard limits[stream]?.received(type, value) ?? true else {
                return violated(stream, &request, .flowControlError)
            }
        }
    }

    /// A capsule is wrong: the request is malformed (RFC 9297 §3.3), or breaks the session's limits.
    func violated(_ stream: StreamID, _ request: inout RequestStream, _ code: HTTP3Code = .messageError) {
        request.phase = .ignored
        let isKnown = sessions[stream] != nil
        abort(stream, code)
        if isKnown { events.append(.ended(stream, .aborted(code))) }
    }

    /// Says a capsule on the stream of an open session.
    func send(capsule: [UInt8], to session: SessionID) {
        var bytes: [UInt8] = []
        FrameReader.append(FrameType.data, capsule, to: &bytes)
        send(bytes, on: session)
    }
}
