internal import Wire

// Ends that are announced (RFC 9114 §5.2, draft-ietf-webtrans-http3-16 "Interaction with the HTTP/3 GOAWAY frame").

extension WebTransportConnection {
    /// Asks the peer to bring all sessions to their end soon. A server takes no more of them.
    package func drain() {
        guard !isEnded else { return }
        for id in sessions.keys.sorted() { drain(id) }
        guard role == .server, ownGoAwayLimit == nil, let control = ownStreams.first(where: { $0.value == .control })
        else { return }
        let limit = seen.end * 4
        ownGoAwayLimit = limit
        var payload: [UInt8] = [], bytes: [UInt8] = []
        QUICVarint.append(limit, to: &payload)
        FrameReader.append(FrameType.goAway, payload, to: &bytes)
        send(bytes, on: control.key)
    }

    private func drain(_ id: SessionID) {
        guard let session = sessions[id], session.isOpen, !session.isDraining.here else { return }
        sessions[id]?.isDraining.here = true
        var capsule: [UInt8] = []
        FrameReader.append(SessionCapsule.drain, [], to: &capsule)
        send(capsule: capsule, to: id)
    }

    /// The peer wants a session to end.
    func peerDrains(_ id: SessionID) {
        guard let session = sessions[id], session.isOpen, !session.isDraining.there else { return }
        sessions[id]?.isDraining.there = true
        events.append(.draining(id))
    }

    /// A server's GOAWAY: requests from `limit` on were not and will not be served.
    func serverGoesAway(_ limit: UInt64) {
        if pendingRequest != nil {
            pendingRequest = nil
            events.append(.ended(SessionID(rawValue: 0), .aborted(.requestRejected)))
        }
        for id in sessions.keys.sorted() {
            guard sessions[id]?.isOpen == false, id.rawValue >= limit else {
                peerDrains(id)
                continue
            }
            abort(id, .requestCancelled)
            events.append(.ended(id, .aborted(.requestRejected)))
        }
        if sessions.isEmpty { close(.noError, "the server goes away") }
    }
}
