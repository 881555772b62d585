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
        /// Such as 0x21 + 31 n: unknown to everybody, so that everybody stays able to ignore it (RFC 9114 §7.2.4.1).
        static let grease: UInt64 = 0x21 + 0x1F * 17
        /// HTTP/2's, which have no meaning in HTTP/3.
        static let reserved: Set<UInt64> = [0x02, 0x03, 0x04, 0x05]
    }

    /// The payload of a SETTINGS frame. QPACK's dynamic table is never offered.
    ///
    /// - Parameter sessionLimit: sessions that a peer of drafts 07 to 12 may have at once, 1 or more. Later drafts want
    ///   flow control for more than one, which is not offered.
    func payload(sessionLimit: UInt64) -> [UInt8] {
        var pairs: [(UInt64, UInt64)] = [(ID.qpackMaxTableCapacity, 0)]
        if let maxFieldSection { pairs.append((ID.maxFieldSectionSize, maxFieldSection)) }
        pairs.append((ID.qpackBlockedStreams, 0))
        if allowsExtendedConnect { pairs.append((ID.enableConnectProtocol, 1)) }
        if allowsDatagrams { pairs += [(ID.datagram, 1), (ID.datagramDraft04, 1)] }
        if dialects.contains(.draft02) { pairs.append((ID.enableWebTransport, 1)) }
        if dialects.contains(.draft07) { pairs.append((ID.maxSessionsDraft07, sessionLimit)) }
        if dialects.contains(.draft13) { pairs.append((ID.maxSessionsDraft13, 1)) }
        if dialects.contains(.draft15) { pairs.append((ID.enabledDraft15, 1)) }
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
