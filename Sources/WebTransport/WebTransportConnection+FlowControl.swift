package import Wire

// What a session may send, as far as WebTransport limits it beyond QUIC (draft-ietf-webtrans-http3-16 "Flow Control").

extension WebTransportConnection {
    /// Whether both ends offer flow control; false before the peer's SETTINGS.
    var hasFlowControl: Bool { offeredLimits.isOffer && peerSettings?.initialLimits.isOffer ?? false }

    /// A session is to be told of, or asked for: the peer's limits hold from now on.
    func limit(_ session: SessionID) {
        if hasFlowControl, let initial = peerSettings?.initialLimits { limits[session] = SessionLimits(initial) }
    }

    /// What this end says in SETTINGS. Flow control came with draft 13 and its kin.
    var offeredLimits: HTTP3Settings.InitialLimits {
        settings.dialects.isDisjoint(with: [.draft13, .draft15]) ? HTTP3Settings.InitialLimits() : .plenty
    }

    /// Whether this end may open a stream of a session that is open; the peer is told when its limit is in the way.
    package func mayOpen(_ direction: StreamDirection, for session: SessionID) -> Bool {
        guard !isEnded, isOpen(session) else { return false }
        guard let known = limits[session], !known.mayOpen(direction) else { return true }
        if let capsule = limits[session]?.streamsBlocked(direction) { send(capsule: capsule, to: session) }
        return false
    }

    /// Bytes that may be sent on a session's streams, without what they begin with; `Int.max`: no limit.
    package func dataCredit(of session: SessionID) -> Int {
        limits.isEmpty ? .max : limits[session]?.dataCredit ?? .max
    }

    /// So many bytes of a session were sent, without what its streams begin with.
    package func sent(_ byteCount: Int, of session: SessionID) {
        if !limits.isEmpty { limits[session]?.sent(byteCount) }
    }

    /// A session has something to send, but no credit left: the peer is told.
    package func dataBlocked(_ session: SessionID) {
        guard !isEnded, isOpen(session), let capsule = limits[session]?.dataBlocked() else { return }
        send(capsule: capsule, to: session)
    }
}
