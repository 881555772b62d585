import MoQTCodec
import Testing
import Wire

/// Bytes that break a rule in these drafts, and in others do not or are something else.
private struct Breach: Sendable, CustomTestStringConvertible {
    var drafts: ClosedRange<Int>
    var bytes: String
    var rule: String
    var scope: CodecError.Scope
    var testDescription: String { "\(drafts) \(rule)" }

    init(_ drafts: ClosedRange<Int>, _ bytes: String, _ rule: String, _ scope: CodecError.Scope = protocolViolation) {
        self.drafts = drafts
        self.bytes = bytes
        self.rule = rule
        self.scope = scope
    }
}

private let formatting = CodecError.Scope.session(.keyValueFormattingError)

@Suite("rules about bytes of streams and datagrams")
struct DataRuleTests {
    private static let streams = [
        Breach(14...22, "16070580", "Subgroup Header: mode 11 is reserved"),
        Breach(14...14, "3007050001", "Subgroup Header: draft 14 always states the priority"),
        Breach(14...17, "50070580", "Subgroup Header: FIRST_OBJECT is there from draft 18 on"),
        Breach(14...22, "10070580" + "000002", "Object Status: 2 is none"),
        Breach(16...22, "10070580" + "000001", "Object Status: 1 is one of drafts 14 and 15"),
        Breach(14...22, "10070580" + "000005", "Object Status: 5 is none"),
        Breach(14...15, "11070580" + "000202050001", "Object Properties: what does not exist has none"),
        Breach(15...22, "11070580" + "000202050003", "Object Properties: End of Group has none"),
        Breach(15...22, "11070580" + "000202050004", "Object Properties: End of Track has none"),
        Breach(14...22, "11070580" + "00020205", "Streams: FIN inside an object"),
        Breach(14...22, "1007", "Streams: FIN inside a header"),
        Breach(14...22, "10070580" + "000361", "Streams: FIN inside a payload"),
        Breach(14...22, "10070580" + "0000", "Streams: FIN before a status"),
        Breach(17...22, "10070580" + "ffffffffffffffffff0161" + "000162", "Subgroup Header: Object ID beyond 2^64-1"),
        Breach(14...16, "10070580" + "ffffffffffffffff0161" + "000162", "Subgroup Header: Object ID beyond 2^62-1"),
        Breach(14...22, "11070580" + "0001020161", "Key-Value-Pair Structure: the list ends inside a pair", formatting),
        Breach(14...22, "11070580" + "00020f050161", "Key-Value-Pair Structure: a value is cut off", formatting),
        Breach(16...22, "11070580" + "00" + "0c" + "02" + "00", "Streams: FIN inside properties"),
        Breach(
            17...22, "11070580" + "00" + "0c" + "ffffffffffffffffff" + "00" + "0200" + "0161",
            "Key-Value-Pair Structure: a type beyond 2^64-1"),
        Breach(14...16, "11070580" + "0006" + "0d80010000" + "00" + "0161", "Key-Value-Pair Structure: 65,536 bytes"),
        Breach(17...22, "11070580" + "0005" + "0dc10000" + "00" + "0161", "Key-Value-Pair Structure: 65,536 bytes"),
        Breach(15...15, "0508" + "5c0205800161", "Fetch Header: flag 0x40 is undefined"),
        Breach(15...15, "0508" + "9c0205800161", "Fetch Header: flag 0x80 is undefined"),
        Breach(16...16, "0508" + "4080" + "0000", "Fetch Header: 0x80 is undefined"),
        Breach(17...22, "0508" + "8080" + "0000", "Fetch Header: 0x80 is undefined"),
        Breach(16...16, "0508" + "420c" + "0205", "End of Range: 0x20C is there from draft 20 on"),
        Breach(17...19, "0508" + "820c" + "0205", "End of Range: 0x20C is there from draft 20 on"),
        Breach(20...22, "0508" + "840c" + "0205", "Fetch Header: 0x40C is undefined"),
        Breach(15...22, "0508" + "140205800161", "Flags: the first object has no prior Group ID"),
        Breach(15...22, "0508" + "180205800161", "Flags: the first object has no prior Object ID"),
        Breach(15...22, "0508" + "0c02050161", "Flags: the first object has no prior priority"),
        Breach(15...22, "0508" + "1d0205800161", "Flags: the first object has no prior subgroup"),
        Breach(15...22, "0508" + "1e0205800161", "Flags: the first object has no prior subgroup to add 1 to"),
        Breach(16...16, "0508" + "408c0205" + "0c03000161", "End of Range: it has no priority to refer to"),
        Breach(17...22, "0508" + "808c0205" + "0c03000161", "End of Range: it has no priority to refer to"),
        Breach(17...22, "0508" + "808c0205" + "1d0300800161", "End of Range: it has no subgroup to refer to"),
        Breach(17...22, "0508" + "5c0205800161" + "0100", "Flags: a datagram has no subgroup to refer to"),
        Breach(17...22, "0508" + "1c02ffffffffffffffffff8000" + "0000", "Flags: Object ID beyond 2^64-1"),
        Breach(15...16, "0508" + "1c02ffffffffffffffff8000" + "000000", "Flags: Object ID beyond 2^62-1"),
        Breach(18...22, "0508" + "1cffffffffffffffffff008000" + "0c000000", "Flags: Group ID beyond 2^64-1"),
        Breach(18...22, "0508" + "1c02008000" + "0cffffffffffffffffff0000", "Flags: Group ID beyond 2^64-1"),
        Breach(14...14, "0508" + "0200008000" + "0002", "Object Status: 2 is none"),
        Breach(15...15, "0508" + "1c02008000" + "02", "Object Status: 2 is none"),
        Breach(
            14...14, "0508" + "02000080" + "02" + "0405" + "0001", "Object Properties: what does not exist has none"),
        Breach(14...22, "05", "Streams: FIN inside the header"),
        Breach(15...22, "0508" + "1c02", "Streams: FIN inside an object"),
    ]

    @Test("Group IDs of a descending fetch stay above 0 (Flags)", arguments: 18...22)
    func descending(_ draft: Int) {
        let fault = streamFault("0508" + "1c02008000" + "0c020000", draft, order: .descending)
        #expect(fault?.scope == protocolViolation)
        #expect(streamFault("0508" + "1c02008000" + "0c010000", draft, order: .descending) == nil)
    }

    @Test("of streams close the session", arguments: streams)
    private func stream(_ breach: Breach) throws {
        for draft in breach.drafts {
            let fault = try #require(streamFault(breach.bytes, draft), "draft \(draft)")
            #expect(fault.scope == breach.scope, "draft \(draft): \(fault)")
            // However the bytes are split.
            let single = #expect(throws: CodecError.self) { try events(hex(breach.bytes).map { [$0] }, draft) }
            #expect(single?.scope == fault.scope && single?.field == fault.field, "draft \(draft)")
        }
    }

    private static let datagrams = [
        Breach(14...14, "0807090468", "Object Datagram: 0x08 is there from draft 15 on"),
        Breach(14...14, "2407098003", "Object Datagram: 0x24 is there from draft 15 on"),
        Breach(14...22, "220709048003", "Object Datagram: a status does not end the group as well"),
        Breach(14...22, "100709048068", "Object Datagram: bit 0x10 has no meaning"),
        Breach(14...22, "01070904800068", "Object Datagram: properties of no length"),
        Breach(14...22, "20070904800300", "Object Datagram: bytes follow the status"),
        Breach(14...22, "200709048002", "Object Status: 2 is none"),
        Breach(16...22, "200709048001", "Object Status: 1 is one of drafts 14 and 15"),
        Breach(15...22, "2107090480023c0103", "Object Properties: End of Group has none"),
        Breach(14...15, "2107090480023c0101", "Object Properties: what does not exist has none"),
    ]

    @Test("of datagrams close the session", arguments: datagrams)
    private func datagram(_ breach: Breach) throws {
        for draft in breach.drafts {
            let fault = try #require(datagramFault(breach.bytes, draft), "draft \(draft)")
            #expect(fault.scope == breach.scope, "draft \(draft): \(fault)")
        }
    }

    @Test("what is no breach: the same bytes where the draft allows them")
    func allowed() {
        for draft in 14...15 { #expect(streamFault("10070580" + "000001", draft) == nil) }
        #expect(streamFault("11070580" + "000202050003", 14) == nil)
        #expect(datagramFault("2107090480023c0103", 14) == nil)
        // An object without properties where they are announced.
        for draft in drafts { #expect(streamFault("11070580" + "00000161", draft) == nil) }
        // Properties this build does not know, and those of GREASE.
        for draft in 17...22 { #expect(streamFault("11070580" + "0006" + "809d01aa" + "0f01" + "0161", draft) == nil) }
    }
}

@Suite("malformed tracks, as far as one stream or datagram shows them")
struct MalformedTrackTests {
    private struct Track: Sendable, CustomTestStringConvertible {
        var drafts: ClosedRange<Int>
        var bytes: String
        var rule: String
        var order: GroupOrder
        var testDescription: String { "\(drafts) \(rule)" }

        init(_ drafts: ClosedRange<Int>, _ bytes: String, _ rule: String, _ order: GroupOrder = .ascending) {
            self.drafts = drafts
            self.bytes = bytes
            self.rule = rule
            self.order = order
        }
    }

    private static let tracks = [
        Track(14...22, "11070280" + "05023c030161", "Prior Group ID Gap: larger than the Group ID"),
        Track(14...22, "11070580" + "02023e030161", "Prior Object ID Gap: larger than the Object ID"),
        Track(14...15, "11070980" + "05043c013c010161", "Prior Group ID Gap: twice"),
        Track(16...22, "11070980" + "05043c0100010161", "Prior Group ID Gap: twice"),
        Track(14...15, "11070980" + "05043e013e010161", "Prior Object ID Gap: twice"),
        Track(16...22, "11070980" + "05043e0100010161", "Prior Object ID Gap: twice"),
        Track(14...22, "11070980" + "05023c010161" + "00023c020162", "Prior Group ID Gap: two values in a group"),
        Track(14...22, "11070980" + "05000161" + "01023e020162", "Prior Object ID Gap: covers an object that came"),
        Track(14...22, "11070580" + "05040b020b000161", "Immutable Properties: within themselves"),
        Track(14...22, "11070580" + "05030b01020161", "Immutable Properties: a pair that cannot be read"),
        Track(15...15, "11070580" + "05040b000b000161", "Immutable Properties: twice"),
        Track(16...22, "11070580" + "05040b0000000161", "Immutable Properties: twice"),
        Track(18...22, "11070580" + "05" + "05c04001" + "01aa" + "0161", "Mandatory Track Properties: on an object"),
        Track(14...22, "10070580" + "000003" + "000161", "Malformed Tracks: an object behind the end of the group"),
        Track(14...22, "10070580" + "000004" + "000161", "Malformed Tracks: an object behind the end of the track"),
        Track(14...14, "0508" + "02000580000161" + "02000580000161", "Malformed Tracks: the same object again"),
        Track(14...14, "0508" + "02000580000161" + "02000480000161", "Malformed Tracks: an object before the last"),
        Track(14...14, "0508" + "02000580000161" + "01000980000161", "Malformed Tracks: a group before the last"),
        Track(
            14...14, "0508" + "02000580000161" + "03000980000161", "Malformed Tracks: a group behind the last",
            .descending),
        Track(15...17, "0508" + "1c0205800161" + "04050161", "Malformed Tracks: the same object again"),
        Track(15...17, "0508" + "1c0205800161" + "04040161", "Malformed Tracks: an object before the last"),
        Track(15...17, "0508" + "1c0205800161" + "08010161", "Malformed Tracks: a group before the last"),
        Track(15...17, "0508" + "1c0205800161" + "08030161", "Malformed Tracks: a group behind the last", .descending),
        Track(18...22, "0508" + "1c0205800161" + "04000161", "Malformed Tracks: the same object again"),
        Track(16...16, "0508" + "1c0205800161" + "408c0204", "End of Range: it ends before the last object"),
        Track(17...22, "0508" + "1c0205800161" + "808c0204", "End of Range: it ends before the last object"),
        Track(16...22, "0508" + "1c0205800161" + "10070162", "Malformed Tracks: two priorities in a subgroup"),
        Track(
            14...14, "0508" + "0200008000" + "0003" + "02000180000161", "Malformed Tracks: behind the end of the group"),
        Track(15...15, "0508" + "1c02008000" + "03" + "000161", "Malformed Tracks: behind the end of the group"),
        Track(
            14...14, "0508" + "0200008000" + "0004" + "03000080000161", "Malformed Tracks: behind the end of the track"),
        Track(15...15, "0508" + "1c02008000" + "04" + "08030161", "Malformed Tracks: behind the end of the track"),
        Track(15...17, "0508" + "1c0205800161" + "2c0600023c040161", "Prior Group ID Gap: covers a group that came"),
        Track(18...22, "0508" + "1c0205800161" + "2c0300023c040161", "Prior Group ID Gap: covers a group that came"),
        Track(
            15...17, "0508" + "3c090580023c030161" + "0808" + "0161", "Prior Group ID Gap: a group within it",
            .descending),
        Track(
            18...22, "0508" + "3c090580023c030161" + "0800" + "0161", "Prior Group ID Gap: a group within it",
            .descending),
        Track(15...22, "0508" + "1c0205800161" + "20023e010161", "Prior Object ID Gap: covers an object that came"),
    ]

    @Test("cancel the track, and leave the session alone", arguments: tracks)
    private func stream(_ track: Track) throws {
        for draft in track.drafts {
            let fault = try #require(streamFault(track.bytes, draft, order: track.order), "draft \(draft)")
            #expect(fault.scope == .track, "draft \(draft): \(fault)")
        }
    }

    @Test("a datagram's properties are held to the same rules", arguments: drafts)
    func datagrams(_ draft: Int) {
        #expect(datagramFault("0107020480" + "023c03" + "68", draft)?.scope == .track)
        #expect(datagramFault("0107090480" + "023e05" + "68", draft)?.scope == .track)
        #expect(datagramFault("0107090480" + "040b020b00" + "68", draft)?.scope == .track)
        guard draft >= 18 else { return }
        #expect(datagramFault("0107090480" + "05c0400101aa" + "68", draft)?.scope == .track)
    }

    @Test("what is not malformed")
    func allowed() {
        // Before draft 18 no property is mandatory; in draft 14 Immutable Extensions may come twice.
        #expect(streamFault("11070580" + "05" + "05c04001" + "01aa" + "0161", 17) == nil)
        #expect(streamFault("11070580" + "05040b000b000161", 14) == nil)
        // Priorities may differ between subgroups, and up to draft 15 within them.
        #expect(streamFault("0508" + "1c0205800161" + "1301070162", 18) == nil)
        #expect(streamFault("0508" + "1c0205800161" + "10070162", 15) == nil)
        // The same gap in several objects of a group, and one that ends at the last object.
        for draft in drafts {
            #expect(streamFault("11070980" + "05023c010161" + "00023c010162", draft) == nil)
            #expect(streamFault("11070980" + "05000161" + "01023e010162", draft) == nil)
        }
    }
}
