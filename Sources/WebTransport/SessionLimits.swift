internal import Wire

/// What the peer lets this end send in one session, and what has been sent (draft-ietf-webtrans-http3-16 "Flow
/// Control").
struct SessionLimits {
    private var maxData: UInt64
    private var maxBidirectional: UInt64
    private var maxUnidirectional: UInt64
    private var sentData: UInt64 = 0
    private var openedBidirectional: UInt64 = 0
    private var openedUnidirectional: UInt64 = 0
    /// Limits that the peer has been told of as being in the way, by the type of the capsule.
    private var told: [UInt64: UInt64] = [:]

    init(_ initial: HTTP3Settings.InitialLimits) {
        maxData = initial.data
        maxBidirectional = initial.bidirectionalStreams
        maxUnidirectional = initial.unidirectionalStreams
    }

    /// Bytes that may be sent on streams of the session.
    var dataCredit: Int { Int(clamping: maxData - min(sentData, maxData)) }

    mutating func sent(_ byteCount: Int) { sentData += UInt64(byteCount) }

    mutating func opened(_ direction: StreamDirection) {
        switch direction {
        case .bidirectional: openedBidirectional += 1
        case .unidirectional: openedUnidirectional += 1
        }
    }

    func mayOpen(_ direction: StreamDirection) -> Bool {
        switch direction {
        case .bidirectional: openedBidirectional < maxBidirectional
        case .unidirectional: openedUnidirectional < maxUnidirectional
        }
    }

    /// The capsule that tells the peer that its limit of streams is in the way; nil when it has been told.
    mutating func streamsBlocked(_ direction: StreamDirection) -> [UInt8]? {
        switch direction {
        case .bidirectional: blocked(SessionCapsule.streamsBlockedBidirectional, at: maxBidirectional)
        case .unidirectional: blocked(SessionCapsule.streamsBlockedUnidirectional, at: maxUnidirectional)
        }
    }

    /// The capsule that tells the peer that its limit of data is in the way; nil when it has been told.
    mutating func dataBlocked() -> [UInt8]? { blocked(SessionCapsule.dataBlocked, at: maxData) }

    private mutating func blocked(_ type: UInt64, at limit: UInt64) -> [UInt8]? {
        guard told.updateValue(limit, forKey: type) != limit else { return nil }
        return SessionCapsule.integer(type, limit)
    }

    /// Takes in a capsule of flow control; false when it is a WT_FLOW_CONTROL_ERROR.
    mutating func received(_ type: UInt64, _ value: UInt64) -> Bool {
        let countsStreams = type != SessionCapsule.maxData && type != SessionCapsule.dataBlocked
        guard !countsStreams || value <= HTTP3Settings.InitialLimits.streamLimit else { return false }
        switch type {
        case SessionCapsule.maxData: return Self.raise(&maxData, to: value)
        case SessionCapsule.maxStreamsBidirectional: return Self.raise(&maxBidirectional, to: value)
        case SessionCapsule.maxStreamsUnidirectional: return Self.raise(&maxUnidirectional, to: value)
        // This end's limits are in nobody's way.
        default: return true
        }
    }

    /// Limits come in order, and each is more than the one before.
    private static func raise(_ limit: inout UInt64, to value: UInt64) -> Bool {
        guard value > limit else { return false }
        limit = value
        return true
    }
}
