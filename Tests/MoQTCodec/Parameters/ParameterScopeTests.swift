import MoQTCodec
import Testing
import Wire

/// Which parameter may stand where, and how often (draft-22 "Message Parameters", "Parameter Scope").
@Suite("parameters in their messages")
struct ParameterScopeTests {
    /// A parameter of each type, alone: type and value.
    private static let samples: [UInt64: String] = [
        0x02: "0205", 0x03: "0303030061", 0x04: "0405", 0x06: "0605", 0x08: "0805", 0x09: "090102", 0x0A: "0a05",
        0x10: "1001", 0x20: "2005", 0x21: "210101", 0x22: "2201", 0x23: "230100", 0x25: "25020001", 0x26: "26020001",
        0x27: "27020001", 0x28: "2803001001", 0x29: "2903001001", 0x32: "3205", 0x34: "340101" + "61", 0x35: "3500",
    ]

    /// What stands before the count of parameters, for each message; and its type.
    private static func opening(_ carrier: Carrier, _ profile: Profile) throws -> [UInt8] {
        let empty = try carrier.encode(Parameters(), profile)
        return Array(empty.dropLast())
    }

    private static func message(_ carrier: Carrier, _ profile: Profile, _ parameters: String) throws -> [UInt8] {
        var bytes = try opening(carrier, profile) + hex(parameters)
        bytes[2] = UInt8(bytes.count - 3)
        return bytes
    }

    private static func accepts(_ carrier: Carrier, _ profile: Profile, _ type: UInt64) throws -> Bool {
        do {
            return try carrier.decode(message(carrier, profile, "01" + samples[type]!), profile) != nil
        } catch let error as CodecError {
            #expect(error.scope == .session(.protocolViolation), "\(error)")
            return false
        }
    }

    private func check(_ carrier: Carrier, _ profile: Profile, _ expected: Set<UInt64>) throws {
        let accepted = try Self.samples.keys.filter { try Self.accepts(carrier, profile, $0) }
        #expect(
            Set(accepted) == expected,
            "\(profile.name) \(carrier.testDescription): \(accepted.sorted().map { String($0, radix: 16) })")
    }

    private let common: Set<UInt64> = [0x02, 0x03, 0x04, 0x06, 0x10, 0x20, 0x21, 0x22, 0x25, 0x26, 0x27, 0x28, 0x32]

    @Test("draft-19")
    func draft19() throws {
        let filters: Set<UInt64> = [0x25, 0x26, 0x27, 0x28]
        try check(.subscribe, .draft19, common)
        try check(.subscribeTracks, .draft19, common.union([0x29]))
        try check(.publish, .draft19, [0x03, 0x08, 0x09, 0x10, 0x22])
        try check(.publishOK, .draft19, filters.union([0x02, 0x06, 0x08, 0x10, 0x20, 0x21, 0x32]))
        try check(.trackStatus, .draft19, [0x03])
        try check(.subscriptionUpdate, .draft19, common.subtracting([0x04, 0x22]))
        try check(.fetchUpdate(.draft19), .draft19, [0x02, 0x03, 0x06, 0x20])
        try check(.subscribeTracksUpdate, .draft19, [0x02, 0x03, 0x06, 0x29, 0x34])
        try check(.subscribeOK, .draft19, [0x08, 0x09])
        try check(.fetchOK, .draft19, [])
        try check(.trackStatusOK, .draft19, [0x08, 0x09])
    }

    @Test("drafts since 20", arguments: latestDrafts)
    func latest(_ profile: Profile) throws {
        try check(.subscribe, profile, common.union([0x23, 0x35]))
        try check(.subscribeTracks, profile, common.union([0x23, 0x29, 0x35]))
        try check(.publish, profile, [0x02, 0x03, 0x06, 0x08, 0x09, 0x10, 0x20, 0x21, 0x22])
        try check(.publishOK, profile, [0x08])
        try check(.fetch(profile), profile, [0x03, 0x0A, 0x20, 0x21, 0x22, 0x25, 0x26, 0x27, 0x28, 0x35])
        try check(.trackStatus, profile, [0x03, 0x35])
        try check(.subscriptionUpdate, profile, common.union([0x23]).subtracting([0x04, 0x22]))
        try check(.fetchUpdate(profile), profile, [0x03, 0x20])
        try check(.publishNamespaceUpdate, profile, [0x03])
        try check(.subscribeNamespaceUpdate, profile, [0x03, 0x34])
        try check(.subscribeTracksUpdate, profile, [0x03, 0x10, 0x29, 0x34])
        try check(.subscribeOK, profile, [0x08, 0x09])
        try check(.fetchOK, profile, [])
        try check(.stateNotify, profile, [0x09, 0x10, 0x21])
        try check(.updateOK, profile, [0x08, 0x09])
    }

    @Test("SUBSCRIBE_TRACKS is sent with what is sure, and read with all", arguments: latestDrafts)
    func tracks(_ profile: Profile) {
        for change in [
            { $0.objectDeliveryTimeout = 1 }, { $0.subgroupDeliveryTimeout = 1 }, { $0.rendezvousTimeout = 1 },
            { $0.subscriberPriority = 1 }, { $0.newGroupRequest = 1 }, { $0.fill = FillParameters() },
        ] as [(inout Parameters) -> Void] {
            var parameters = Parameters()
            change(&parameters)
            #expect(throws: CodecError.self) { try Carrier.subscribeTracks.encode(parameters, profile) }
        }
    }

    @Test("only tokens and Range Filters may be repeated", arguments: recentDrafts)
    func repeated(_ profile: Profile) throws {
        for (type, sample) in Self.samples {
            let carriers = (Carrier.requests(profile) + Carrier.updates(profile) + Carrier.answers).filter {
                (try? Self.accepts($0, profile, type)) == true
            }
            guard let carrier = carriers.first else { continue }
            let again = "00" + sample.dropFirst(2)
            let bytes = try Self.message(carrier, profile, "02" + sample + again)
            let isRepeatable = type == 0x03 || 0x25...0x29 ~= type
            if isRepeatable {
                #expect(throws: Never.self) { try carrier.decode(bytes, profile) }
            } else {
                let error = #expect(throws: CodecError.self) { try carrier.decode(bytes, profile) }
                #expect(error?.scope == .session(.protocolViolation))
            }
        }
    }

    @Test(
        "numbers out of range close the session", arguments: recentDrafts,
        ["011002", "012200", "012203", "013502", "013001"])
    func ranges(_ profile: Profile, _ parameters: String) throws {
        let bytes = try Self.message(.subscribe, profile, parameters)
        let error = #expect(throws: CodecError.self) { try Carrier.subscribe.decode(bytes, profile) }
        #expect(error?.scope == .session(.protocolViolation))
    }

    @Test("a new prefix is sent bare, and read behind a length too where the draft leaves it open")
    func prefix() throws {
        var parameters = Parameters()
        parameters.trackNamespacePrefix = try TrackNamespace(utf8: "live", "eu")
        let expected = Carrier.subscribeTracksUpdate.message(parameters)
        let framed = hex("02000d0201340902046c697665026575")
        for profile in recentDrafts {
            let bytes = try Carrier.subscribeTracksUpdate.encode(parameters, profile)
            #expect(hex(bytes) == "02000c0201" + "3402046c697665026575")
            #expect(try Carrier.subscribeTracksUpdate.decode(bytes, profile) == expected)
            if profile !== Profile.draft22 {
                #expect(try Carrier.subscribeTracksUpdate.decode(framed, profile) == expected)
            }
        }
        #expect(throws: CodecError.self) { try Carrier.subscribeTracksUpdate.decode(framed, .draft22) }
        let empty = hex("02000402013400")
        for profile in recentDrafts {
            guard case .requestUpdate(let update)? = try Carrier.subscribeTracksUpdate.decode(empty, profile) else {
                continue
            }
            #expect(update.parameters.trackNamespacePrefix?.isEmpty == true)
        }
    }

    @Test("MAX_FILTER_RANGES and MAX_REQUEST_UPDATES are setup options since draft-19")
    func setup() throws {
        var setup = Setup()
        setup.maxFilterRanges = 16
        setup.maxRequestUpdates = 4
        let context = MessageContext(sender: .client, place: .control)
        for profile in recentDrafts {
            var out: [UInt8] = []
            try ControlMessage.setup(setup).append(to: &out, profile: profile, context: context)
            #expect(hex(out) == "af000004" + "06100204")
            var decoder = ControlDecoder(profile: profile, receiver: .server, stream: .control)
            var input = Bytes(out)
            #expect(try decoder.next(&input)?.message == .setup(setup))
        }
        var out: [UInt8] = []
        #expect(throws: CodecError.self) {
            try ControlMessage.setup(setup).append(to: &out, profile: .draft18, context: context)
        }
    }

    @Test("PUBLISH_STATE_NOTIFY comes from the publisher of a subscription only", arguments: latestDrafts)
    func stateNotify(_ profile: Profile) throws {
        let bytes = hex("220004" + "01090102")
        #expect(try Carrier.stateNotify.decode(bytes, profile) != nil)
        for carrier in [Carrier.subscriptionUpdate, .fetchUpdate(profile), .fetchOK] {
            #expect(throws: CodecError.self) { try carrier.decode(bytes, profile) }
        }
        var early = Carrier.stateNotify
        early.prelude = nil
        #expect(throws: CodecError.self) { try early.decode(bytes, profile) }
    }
}
