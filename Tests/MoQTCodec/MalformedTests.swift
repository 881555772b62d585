import MoQTCodec
import Testing
import Wire

/// Input that breaks a rule of draft-18, with the scope and code it must have.
struct Malformed: Sendable, CustomTestStringConvertible {
    var id: String
    var hex: String
    var scope: CodecError.Scope
    var stage: Stage

    init(_ id: String, _ hex: String, _ scope: CodecError.Scope, _ stage: Stage) {
        self.id = id
        self.hex = hex
        self.scope = scope
        self.stage = stage
    }

    var testDescription: String { id }
}

private let violation = CodecError.Scope.session(.protocolViolation)
private let formatting = CodecError.Scope.session(.keyValueFormattingError)

private let malformedControl: [Malformed] = [
    .init("M-43 Setup Option types: 2^64-1 then +1", "af00000dffffffffffffffffff00010000", violation, .fitting(.setup)),
    .init(
        "M-44 filter end group overflows", "03001c0001046c69766505766964656f01210c04ffffffffffffffffff0001",
        violation, .fitting(.subscribe)),
    .init("M-46 FORWARD 2", "0300100001046c69766505766964656f011002", violation, .fitting(.subscribe)),
    .init(
        "M-47 REQUEST_OK answering PUBLISH carries Track Properties", "070003000401", violation, .reply(to: .publish)),
    .init(
        "M-49 redirect of SUBSCRIBE_NAMESPACE with a track name", "0500083401000000026869", violation,
        .reply(to: .subscribeNamespace)),
    .init(
        "M-50 GOAWAY with the sender's parity", "10000300000d", .session(.invalidRequestID),
        .control(receiver: .client)),
    .init("M-52 NAMESPACE before REQUEST_OK", "08000100", violation, .reply(to: .subscribeNamespace)),
    .init("unknown message type", "3f0000", violation, .fitting(.subscribe)),
    .init("SETUP on a request stream", "af000000", violation, .fitting(.subscribe)),
    .init("second SETUP", "af000000", violation, .control(receiver: .server)),
    .init("GOAWAY before SETUP", "1000020000", violation, .control(receiver: .server, after: [])),
    .init("REQUEST_OK opens a stream", "07000100", violation, .fitting(.subscribe)),
    .init("SUBSCRIBE_OK answers FETCH", "0400020100", violation, .reply(to: .fetch)),
    .init("REQUEST_OK answers SUBSCRIBE", "07000100", violation, .reply(to: .subscribe)),
    .init("second SUBSCRIBE_OK", "0400020100", violation, .reply(to: .subscribe, after: "0400020100")),
    .init("PUBLISH_DONE before SUBSCRIBE_OK", "0b0003000000", violation, .reply(to: .subscribe)),
    .init(
        "REQUEST_UPDATE of TRACK_STATUS", "0200020200", violation, .request(.trackStatus, after: "0d0006000101610000")),
    .init("a byte too many in the body", "10000400000000", violation, .control(receiver: .client)),
    .init("33 namespace fields", "0600020021", violation, .fitting(.publishNamespace)),
    .init("empty namespace field", "06000400010000", violation, .fitting(.publishNamespace)),
    .init("full track name over 4,096 bytes", "03000a00010161" + "9001" + "00000000", violation, .fitting(.subscribe)),
    .init("reason phrase of 1,025 bytes", "05000400008401", violation, .fitting(.requestError)),
    .init("GOAWAY URI of 8,193 bytes", "100003a00100", violation, .control(receiver: .client)),
    .init("GOAWAY with URI from a client", "100004016100" + "01", violation, .control(receiver: .server)),
    .init(
        "redirect with URI from a client", "0500083401000161016100", violation,
        .reply(to: .trackStatus, receiver: .server)),
    .init("unknown parameter 0x30", "0300100001046c69766505766964656f013001", violation, .fitting(.subscribe)),
    .init("EXPIRES in SUBSCRIBE", "0300100001046c69766505766964656f010801", violation, .fitting(.subscribe)),
    .init("repeated FORWARD", "0300120001046c69766505766964656f0210010001", violation, .fitting(.subscribe)),
    .init(
        "parameter type beyond 2^64-1",
        "03001a0001046c69766505766964656f021001" + "ffffffffffffffffff" + "01", violation, .fitting(.subscribe)),
    .init("GROUP_ORDER 0", "0300100001046c69766505766964656f012200", violation, .fitting(.subscribe)),
    .init("filter type 5", "0300110001046c69766505766964656f01210105", violation, .fitting(.subscribe)),
    .init(
        "filter with a byte left over", "0300120001046c69766505766964656f0121020200", formatting,
        .fitting(.subscribe)),
    .init("token of alias type 4", "0300110001046c69766505766964656f01030104", formatting, .fitting(.subscribe)),
    .init("token without its alias", "0300110001046c69766505766964656f01030102", formatting, .fitting(.subscribe)),
    .init("USE_ALIAS in a client's SETUP", "af00000403020205", violation, .fitting(.setup)),
    .init("PATH from a server", "af00000301012f", .session(.invalidPath), .control(receiver: .client, after: [])),
    .init(
        "AUTHORITY from a server", "af000003050178", .session(.invalidAuthority),
        .control(receiver: .client, after: [])),
    .init("PATH that is no path", "af0000030101" + "61", .session(.malformedPath), .fitting(.setup)),
    .init("AUTHORITY without a host", "af0000030501" + "3a", .session(.malformedAuthority), .fitting(.setup)),
    .init("PATH twice", "af00000601012f00012f", violation, .fitting(.setup)),
    .init("fetch type 4", "1600050a04000300", violation, .fitting(.fetch)),
    .init("End Of Track 2", "1800050200000000", violation, .fitting(.fetchOK)),
    .init("DYNAMIC_GROUPS 2", "04000401003002", violation, .fitting(.subscribeOK)),
    .init("DEFAULT_PUBLISHER_GROUP_ORDER 3", "04000401002203", violation, .fitting(.subscribeOK)),
    .init("DEFAULT_PUBLISHER_PRIORITY 256", "04000501000e8100", violation, .fitting(.subscribeOK)),
    .init("property of more than 65,535 bytes", "040006010009c10000", violation, .fitting(.subscribeOK)),
    .init("properties that end inside a pair", "04000401000905", formatting, .fitting(.subscribeOK)),
]

@Suite("draft-18 malformed control messages")
struct MalformedControlTests {
    @Test("the error has the draft's scope and code", arguments: malformedControl)
    func scope(_ input: Malformed) throws {
        let error = #expect(throws: CodecError.self) { try decode([hex(input.hex)], input.stage) }
        #expect(error?.scope == input.scope, "\(String(describing: error))")
        #expect(try #require(error).offset <= UInt64(input.stage.prelude.count + input.hex.utf8.count / 2))
    }

    @Test("a mandatory track property refuses the request only (Mandatory Track Properties)")
    func mandatory() throws {
        let publish = try decode([hex("1d00130001046c69766505766964656f0700c0400001")], .fitting(.publish))
        let refusal = try #require(publish.first?.refusal(draft18))
        #expect(refusal.scope == .request(.unsupportedExtension))
    }

    @Test("Immutable Properties within themselves refuse the request only (Immutable Properties)")
    func nestedImmutables() throws {
        let message = try decode([hex("04000601000b020b00")], .fitting(.subscribeOK))
        #expect(message.first?.refusal(draft18)?.scope == .track)
    }

    @Test("PATH over WebTransport is INVALID_PATH (PATH)")
    func pathOverWebTransport() throws {
        var decoder = ControlDecoder(profile: draft18, receiver: .server, stream: .control, overWebTransport: true)
        var input = Bytes(hex("af00000301012f"))
        let error = #expect(throws: CodecError.self) { try decoder.next(&input) }
        #expect(error?.scope == .session(.invalidPath))
    }

    @Test("FIN on a control stream closes the session (Session initialization)")
    func controlFIN() {
        let decoder = ControlDecoder(profile: draft18, receiver: .server, stream: .control)
        #expect(throws: CodecError.self) { try decoder.finish() }
    }
}

@Suite("draft-18 malformed data")
struct MalformedDataTests {
    private func kindAndEvents(_ bytes: [UInt8]) throws {
        var recognizer = UniStreamRecognizer(profile: draft18)
        let (kind, all) = try #require(try recognizer.received(Bytes(bytes)))
        switch kind {
        case .subgroup: _ = try subgroupEvents([all.array])
        case .fetch: _ = try fetchEvents([all.array])
        case .control, .padding: break
        }
    }

    @Test(
        "streams",
        arguments: [
            ("M-55 subgroup type 0x57", "570705", violation),
            ("M-56 object id delta overflows", "10070580ffffffffffffffffff0161000162", violation),
            ("M-58 object after a leading End of Range refers to a prior priority", "050c808c0205000161", violation),
            ("M-61 mandatory track property on an object", "110705800005c0400101aa0161", .track),
            ("unknown stream type", "01", violation),
            ("object status 1", "1007058000000" + "1", violation),
            ("status with properties", "11070580000" + "23c010003", violation),
            ("FIN inside a subgroup header", "1007", violation),
            ("FIN inside an object header", "1007058000", violation),
            ("FIN inside a payload", "1007058000026" + "1", violation),
            ("prior gap larger than the Object ID", "11070580" + "00" + "023e01" + "0161", .track),
            ("fetch flags 0x80", "05068080" + "0000", violation),
            ("first fetch object without a group", "05061405800161", violation),
            ("first fetch object without a priority", "05060c05000161", violation),
            ("fetch group beyond 2^64-1", "05061cffffffffffffffffff00800008" + "0000", violation),
            ("fetch object repeated", "05061c0000800004" + "0000", .track),
            ("no prior subgroup", "05061d0000800" + "0", violation),
        ] as [(String, String, CodecError.Scope)])
    func streams(_ name: String, _ bytes: String, _ scope: CodecError.Scope) throws {
        let error = #expect(throws: CodecError.self) { try kindAndEvents(hex(bytes)) }
        #expect(error?.scope == scope, "\(String(describing: error))")
    }

    @Test(
        "datagrams",
        arguments: [
            ("M-59 status End of Group with properties", "2107090480023c0103", violation),
            ("type 0x22", "220709048003", violation),
            ("type 0x10", "10070904", violation),
            ("empty", "", violation),
            ("ends inside the header", "000709", violation),
            ("properties of no length", "01070904800068", violation),
            ("status 2", "200709048002", violation),
            ("bytes behind the status", "20070904800300", violation),
            ("mandatory property", "0107090480" + "04c0400001" + "68", .track),
        ] as [(String, String, CodecError.Scope)])
    func datagrams(_ name: String, _ bytes: String, _ scope: CodecError.Scope) throws {
        let error = #expect(throws: CodecError.self) {
            try Datagram(decoding: Bytes(hex(bytes)), profile: draft18)
        }
        #expect(error?.scope == scope, "\(String(describing: error))")
    }

    @Test("a length of properties above the limit is refused before memory is taken")
    func hugeProperties() throws {
        let error = #expect(throws: CodecError.self) {
            try subgroupEvents([hex("1107058000" + "ff3fffffffffffffff")])
        }
        #expect(error?.scope == .track)
    }

    @Test("a payload length of 2^64-1 is only counted")
    func hugePayload() throws {
        var decoder = SubgroupStreamDecoder(profile: draft18)
        var input = Bytes(hex("10070580" + "00" + "ffffffffffffffffff" + "6162"))
        _ = try decoder.next(&input)
        let object = try decoder.next(&input)
        #expect(object == .object(SubgroupObject(id: 0, payloadLength: .max)))
        #expect(try decoder.next(&input) == .payload([0x61, 0x62]))
        #expect(try decoder.next(&input) == nil)
    }
}
