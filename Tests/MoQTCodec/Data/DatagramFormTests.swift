import MoQTCodec
import Testing
import Wire

private let alias7 = TrackAlias(rawValue: 7)

@Suite("datagrams of every draft")
struct DatagramFormTests {
    /// The types as the drafts list them.
    static func types(_ draft: Int) -> Set<UInt64> {
        draft == 14
            ? Set(0x00...0x07).union([0x20, 0x21])
            : Set(0x00...0x0F).union([0x20, 0x21, 0x24, 0x25, 0x28, 0x29, 0x2C, 0x2D])
    }

    /// A datagram of that type, and its bytes: group 9, object 4 or 0, priority 200, property 4 = 5.
    private func datagram(_ type: UInt64, _ draft: Int) -> (ObjectDatagram, [UInt8]) {
        let properties = Properties([.init(type: 4, integer: 5)], profile: data(draft))
        let isStatus = type & 0x20 != 0
        let object = ObjectDatagram(
            trackAlias: alias7, location: Location(group: 9, object: type & 4 == 0 ? 4 : 0),
            priority: type & 8 == 0 ? 200 : nil, endOfGroup: type & 2 != 0,
            properties: type & 1 == 0 ? Properties() : properties,
            content: isStatus ? .status(type & 1 == 0 ? .endOfGroup : .normal) : .payload([0x68, 0x69]))
        var bytes: [UInt8] = [UInt8(type), 7, 9]
        if type & 4 == 0 { bytes.append(4) }
        if type & 8 == 0 { bytes.append(200) }
        if type & 1 != 0 { bytes += [2, 4, 5] }
        bytes += isStatus ? [type & 1 == 0 ? 3 : 0] : [0x68, 0x69]
        return (object, bytes)
    }

    @Test("each type is read and written as the draft lays it out (Object Datagram)", arguments: drafts)
    func forms(_ draft: Int) throws {
        for type in Self.types(draft) {
            let (object, bytes) = datagram(type, draft)
            #expect(try Datagram(decoding: Bytes(bytes), profile: data(draft)) == .object(object), "type \(type)")
            var out: [UInt8] = []
            try object.appendHeader(to: &out, profile: data(draft))
            if case .payload(let payload) = object.content { payload.append(to: &out) }
            #expect(out == bytes, "type \(type)")
        }
    }

    @Test("any other type closes the session", arguments: drafts)
    func unknownTypes(_ draft: Int) {
        let padding: [UInt64] = draft < 18 ? [0x132B_3E29] : []
        for type in Array(0...0x3FF) + padding where !Self.types(draft).contains(type) {
            var bytes: [UInt8] = []
            data(draft).integers.append(type, to: &bytes)
            bytes += hex("070904800268690000")
            #expect(datagramFault(hex(bytes), draft)?.scope == protocolViolation, "type \(type)")
        }
    }

    @Test("a header that ends early closes the session; a payload may be empty", arguments: drafts)
    func truncated(_ draft: Int) {
        for type in Self.types(draft) {
            let (_, bytes) = datagram(type, draft)
            let header = type & 0x20 == 0 ? bytes.count - 2 : bytes.count
            for count in 0..<bytes.count {
                let fault = datagramFault(hex(Array(bytes[..<count])), draft)
                #expect(fault?.scope == (count < header ? protocolViolation : nil), "type \(type), \(count) bytes")
            }
        }
    }

    @Test("an Object ID of 0 may be sent all the same (Object Datagram)", arguments: drafts)
    func statedZero(_ draft: Int) throws {
        let object = ObjectDatagram(trackAlias: alias7, location: .zero, priority: 1, content: .payload([]))
        #expect(try Datagram(decoding: Bytes(hex("0007000001")), profile: data(draft)) == .object(object))
        var out: [UInt8] = []
        try object.appendHeader(to: &out, profile: data(draft))
        #expect(hex(out) == "04070001")
        out = []
        try object.appendHeader(to: &out, profile: data(draft), statesObjectID: true)
        #expect(hex(out) == "0007000001")
    }

    @Test("a status with Object ID 0 states it in draft 14, which has no other form")
    func statusZero() throws {
        let object = ObjectDatagram(trackAlias: alias7, location: .zero, priority: 1, content: .status(.endOfGroup))
        var out: [UInt8] = []
        try object.appendHeader(to: &out, profile: data(14))
        #expect(hex(out) == "200700000103")
        out = []
        try object.appendHeader(to: &out, profile: data(15))
        #expect(hex(out) == "2407000103")
    }

    @Test("what a draft cannot say is refused, and the buffer left alone", arguments: drafts)
    func refusals(_ draft: Int) {
        let properties = Properties([.init(type: 4, integer: 5)], profile: data(draft))
        func refused(_ change: (inout ObjectDatagram) -> Void) -> Bool {
            var object = ObjectDatagram(trackAlias: alias7, location: .zero, priority: 1, content: .payload([]))
            change(&object)
            var out: [UInt8] = [1]
            do throws(CodecError) {
                try object.appendHeader(to: &out, profile: data(draft))
                return false
            } catch {
                #expect(error.scope == .caller)
                #expect(out == [1])
                return true
            }
        }
        #expect(refused { $0.priority = nil } == (draft == 14))
        #expect(refused { $0.content = .status(.doesNotExist) } == (draft >= 16))
        #expect(refused { ($0.content, $0.properties) = (.status(.doesNotExist), properties) })
        #expect(refused { ($0.content, $0.properties) = (.status(.endOfTrack), properties) } == (draft >= 15))
        #expect(refused { ($0.content, $0.properties) = (.status(.normal), properties) } == false)
        #expect(refused { ($0.content, $0.endOfGroup) = (.status(.normal), true) })
        #expect(refused { $0.location.group = 1 << 62 } == (draft <= 16))
        #expect(refused { $0.trackAlias = TrackAlias(rawValue: .max) } == (draft <= 16))
    }
}
