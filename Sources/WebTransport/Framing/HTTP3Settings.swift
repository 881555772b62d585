internal import Wire

/// What one end says of itself in SETTINGS (RFC 9114 §7.2.4), as far as WebTransport cares.
package struct HTTP3Settings: Hashable, Sendable {
    /// Extended CONNECT may be used (RFC 9220).
    package var allowsExtendedConnect = false
    /// HTTP datagrams may be sent (RFC 9297).
    package var allowsDatagrams = false
    /// Largest field section accepted, in the bytes of RFC 9114 §4.2.2; nil: no limit.
    package var maxFieldSection: UInt64?
    /// The drafts of WebTransport whose settings were there.
    package var dialects: Dialects = []
    /// What each session may send to this end at first; all 0: no flow control is offered.
    package var initialLimits = InitialLimits()

    /// Limits of a session as they stand in SETTINGS (draft-ietf-webtrans-http3-16 "Flow Control SETTINGS").
    package struct InitialLimits: Hashable, Sendable {
        /// Bytes on all streams of a session.
        package var data: UInt64 = 0
        /// Streams that the peer may open in a session.
        package var bidirectionalStreams: UInt64 = 0
        package var unidirectionalStreams: UInt64 = 0

        /// Flow control is wanted ("Negotiating the Use of Flow Control").
        var isOffer: Bool { self != Self() }

        package init() {}

        /// More than any session sends, so that nothing has to be raised: what a session costs is limited by QUIC's own
        /// flow control, which follows the readers.
        static var plenty: Self {
            var limits = Self()
            limits.data = streamLimit
            limits.bidirectionalStreams = streamLimit
            limits.unidirectionalStreams = streamLimit
            return limits
        }

        /// More streams have no numbers.
        static let streamLimit: UInt64 = 1 << 60
    }

    /// Generations of draft-ietf-webtrans-http3, told apart by the setting that says "WebTransport".
    package struct Dialects: OptionSet, Hashable, Sendable {
        package let rawValue: UInt8

        package init(rawValue: UInt8) { self.rawValue = rawValue }

        /// Drafts 02 to 06: SETTINGS_ENABLE_WEBTRANSPORT.
        package static let draft02 = Self(rawValue: 1)
        /// Drafts 07 to 12: SETTINGS_WEBTRANSPORT_MAX_SESSIONS.
        package static let draft07 = Self(rawValue: 2)
        /// Drafts 13 and 14: SETTINGS_WT_MAX_SESSIONS.
        package static let draft13 = Self(rawValue: 4)
        /// Draft 15 and later: SETTINGS_WT_ENABLED.
        package static let draft15 = Self(rawValue: 8)
        package static let all: Self = [.draft02, .draft07, .draft13, .draft15]
    }

    package init() {}

    /// Bytes of a SETTINGS payload that are read at most.
    static let payloadLimit: UInt64 = 4096

    private enum ID {
        static let qpackMaxTableCapacity: UInt64 = 0x01
        static let maxFieldSectionSize: UInt64 = 0x06
        static let qpackBlockedStreams: UInt64 = 0x07
        static let enableConnectProtocol: UInt64 = 0x08
        static let datagram: UInt64 = 0x33
        static let datagramDraft04: UInt64 = 0xFFD277
        static let enableWebTransport: UInt64 = 0x2B60_3742
        static let maxSessionsDraft07: UInt64 = 0xC671_706A
        static let maxSessionsDraft13: UInt64 = 0x14E9_CD29
        static let enabledDraft15: UInt64 = 0x2C7C_F000
        static let initialMaxData: UInt64 = 0x2B61
        static let initialMaxStreamsUnidirectional: UInt64 = 0x2B64
        static let initialMaxStreamsBidirectional: UInt64 = 0x2B65
        /// Such as 0x21 + 31 n: unknown to everybody, so that everybody stays able to ignore it (RFC 9114 §7.2.4.1).
        static let grease: UInt64 = 0x21 + 0x1F * 17
        /// HTTP/2's, which have no meaning in HTTP/3.
        static let reserved: Set<UInt64> = [0x02, 0x03, 0x04, 0x05]
    }

    /// The payload of a SETTINGS frame. QPACK's dynamic table is never offered.
    ///
    /// - Parameter sessionLimit: sessions that a peer of drafts 07 to 14 may have at once, 1 or more.
    func payload(sessionLimit: UInt64) -> [UInt8] {
        var pairs: [(UInt64, UInt64)] = [(ID.qpackMaxTableCapacity, 0)]
        if let maxFieldSection { pairs.append((ID.maxFieldSectionSize, maxFieldSection)) }
        pairs.append((ID.qpackBlockedStreams, 0))
        if allowsExtendedConnect { pairs.append((ID.enableConnectProtocol, 1)) }
        if allowsDatagrams { pairs += [(ID.datagram, 1), (ID.datagramDraft04, 1)] }
        if dialects.contains(.draft02) { pairs.append((ID.enableWebTransport, 1)) }
        if dialects.contains(.draft07) { pairs.append((ID.maxSessionsDraft07, sessionLimit)) }
        if dialects.contains(.draft13) { pairs.append((ID.maxSessionsDraft13, sessionLimit)) }
        if dialects.contains(.draft15) { pairs.append((ID.enabledDraft15, 1)) }
        if initialLimits.isOffer {
            pairs += [
                (ID.initialMaxData, initialLimits.data),
                (ID.initialMaxStreamsUnidirectional, initialLimits.unidirectionalStreams),
                (ID.initialMaxStreamsBidirectional, initialLimits.bidirectionalStreams),
            ]
        }
        pairs.append((ID.grease, 0))
        var out: [UInt8] = []
        for (id, value) in pairs {
            QUICVarint.append(id, to: &out)
            QUICVarint.append(value, to: &out)
        }
        return out
    }

    /// Reads the payload of a SETTINGS frame.
    init(_ payload: Bytes) throws(HTTP3Error) {
        var seen: Set<UInt64> = []
        var offset = 0
        while offset < payload.count {
            guard let id = QUICVarint.read(payload.span, at: &offset),
                let value = QUICVarint.read(payload.span, at: &offset)
            else { throw HTTP3Error(.frameError, "SETTINGS ends within a setting") }
            // RFC 9114 §7.2.4: the same identifier must not come twice, HTTP/2's must not come at all.
            guard seen.insert(id).inserted, !ID.reserved.contains(id) else {
                throw HTTP3Error(.settingsError, "setting 0x\(String(id, radix: 16)) is repeated or reserved")
            }
            try take(id, value)
        }
    }

    private mutating func take(_ id: UInt64, _ value: UInt64) throws(HTTP3Error) {
        switch id {
        case ID.maxFieldSectionSize: maxFieldSection = value
        case ID.enableConnectProtocol: allowsExtendedConnect = try Self.flag(id, value)
        case ID.datagram: allowsDatagrams = try Self.flag(id, value) || allowsDatagrams
        case ID.datagramDraft04: allowsDatagrams = value == 1 || allowsDatagrams
        case ID.enableWebTransport: if value == 1 { dialects.insert(.draft02) }
        case ID.maxSessionsDraft07: if value > 0 { dialects.insert(.draft07) }
        case ID.maxSessionsDraft13: if value > 0 { dialects.insert(.draft13) }
        case ID.initialMaxData: initialLimits.data = value
        case ID.initialMaxStreamsUnidirectional: initialLimits.unidirectionalStreams = value
        case ID.initialMaxStreamsBidirectional: initialLimits.bidirectionalStreams = value
        case ID.enabledDraft15: if try Self.flag(id, value) { dialects.insert(.draft15) }
        default: break
        }
    }

    /// RFC 9220 §3, RFC 9297 §2.1.1: neither 0 nor 1 is H3_SETTINGS_ERROR.
    private static func flag(_ id: UInt64, _ value: UInt64) throws(HTTP3Error) -> Bool {
        guard value <= 1 else { throw HTTP3Error(.settingsError, "setting 0x\(String(id, radix: 16)) is \(value)") }
        return value == 1
    }
}
