import MoQTCodec
import Testing
import Wire

private let request8 = DataEvent.fetch(RequestID(rawValue: 8))

@Suite("fetch streams of every draft")
struct FetchFormTests {
    struct Stream: Sendable, CustomTestStringConvertible {
        var drafts: ClosedRange<Int>
        var hex: String
        var order: GroupOrder
        var events: @Sendable (Profile) -> [DataEvent]
        var testDescription: String { "\(drafts) \(hex)" }

        init(
            _ drafts: ClosedRange<Int>, _ hex: String, _ order: GroupOrder = .ascending,
            _ events: @escaping @Sendable (Profile) -> [DataEvent]
        ) {
            self.drafts = drafts
            self.hex = hex
            self.order = order
            self.events = events
        }
    }

    private static func property(_ profile: Profile) -> Properties {
        Properties([.init(type: 4, integer: 2)], profile: profile)
    }

    // Derived by hand from "Fetch Header", "Flags" and "End of Range" of each draft.
    static let streams: [Stream] = [
        Stream(14...22, "0508") { _ in [request8] },
        // Every field of every object.
        Stream(14...14, "0508" + "02000080000161" + "02030180000003" + "030500070204020162") { profile in
            [request8] + object(2, 0, subgroup: 0, .init(), "a") + object(2, 1, subgroup: 3, status: .endOfGroup)
                + object(3, 0, subgroup: 5, priority: 7, property(profile), "b")
        },
        // One byte of flags, IDs in full; a status where there is no payload.
        Stream(15...15, "0508" + "1f0203" + "05800161" + "0100" + "01" + "0e0401" + "0162" + "240902" + "04020000") {
            profile in
            [request8] + object(2, 5, subgroup: 3, .init(), "a") + object(2, 6, subgroup: 3, status: .doesNotExist)
                + object(4, 1, subgroup: 4, .init(), "b") + object(4, 9, subgroup: 0, property(profile))
        },
        // Flags are an integer: 0x4C takes two bytes as a QUIC integer. Groups 10 and 11, ranges to {10, 15}, {11, 5}.
        Stream(16...16, "0508" + "1c0a00800161" + "410c0a0f" + "404c0b000162" + "408c0b05" + "0c0b060163") { _ in
            [request8] + object(10, 0, subgroup: 0, .init(), "a") + [gap(.unknown, 10, 15)]
                + object(11, 0, subgroup: nil, .init(), "b") + [gap(.doesNotExist, 11, 5)]
                + object(11, 6, subgroup: 0, .init(), "c")
        },
        // The same in draft 17, where the last object may refer to the gap.
        Stream(17...17, "0508" + "1c0a00800161" + "810c0a0f" + "4c0b000162" + "808c0b05" + "000163") { _ in
            [request8] + object(10, 0, subgroup: 0, .init(), "a") + [gap(.unknown, 10, 15)]
                + object(11, 0, subgroup: nil, .init(), "b") + [gap(.doesNotExist, 11, 5)]
                + object(11, 6, subgroup: 0, .init(), "c")
        },
        // Differences: in the group without, between groups with one to add; an Object ID in full behind a new group,
        // or one more than in the group before.
        Stream(
            18...22,
            "0508" + "1c0a00800161" + "810c0a0f" + "4c00000162" + "808c0b05" + "000163" + "0403" + "00" + "0802" + "00"
        ) { _ in
            [request8] + object(10, 0, subgroup: 0, .init(), "a") + [gap(.unknown, 10, 15)]
                + object(11, 0, subgroup: nil, .init(), "b") + [gap(.doesNotExist, 11, 5)]
                + object(11, 6, subgroup: 0, .init(), "c") + object(11, 9, subgroup: 0) + object(14, 10, subgroup: 0)
        },
        Stream(20...22, "0508" + "1c0a00800161" + "820c0b05" + "0c01000162") { _ in
            [request8] + object(10, 0, subgroup: 0, .init(), "a") + [gap(.timedOut, 11, 5)]
                + object(13, 0, subgroup: 0, .init(), "b")
        },
        // Descending.
        Stream(16...17, "0508" + "1c0a00800161" + "08" + "0900" + "0c0700" + "00", .descending) { _ in
            [request8] + object(10, 0, subgroup: 0, .init(), "a") + object(9, 1, subgroup: 0)
                + object(7, 0, subgroup: 0)
        },
        Stream(18...22, "0508" + "1c0a00800161" + "08" + "0000" + "0c0100" + "00", .descending) { _ in
            [request8] + object(10, 0, subgroup: 0, .init(), "a") + object(9, 1, subgroup: 0)
                + object(7, 0, subgroup: 0)
        },
        // A gap may come first; what follows it states its priority.
        Stream(17...22, "0508" + "808c0205" + "100700") { _ in
            [request8] + [gap(.doesNotExist, 2, 5)] + object(2, 6, subgroup: 0, priority: 7)
        },
    ]

    @Test("bytes and values give each other", arguments: streams)
    func exact(_ stream: Stream) throws {
        for draft in stream.drafts {
            let expected = stream.events(data(draft))
            #expect(try events(stream.hex, draft, order: stream.order) == expected, "draft \(draft)")
            #expect(try hex(encode(expected, draft, order: stream.order).bytes) == stream.hex, "draft \(draft)")
        }
    }

    @Test("any flags that are true of an object can be written, and no other (Flags)", arguments: 15...22)
    func flags(_ draft: Int) throws {
        let first = FetchObject(
            location: Location(group: 4, object: 6), subgroup: 2, priority: 9, payloadLength: 1)
        let second = FetchObject(
            location: Location(group: draft < 18 ? 4 : 5, object: 7), subgroup: 2, priority: 9, payloadLength: 1)
        var written = 0
        for flags in 0..<0x100 as Range<UInt64> {
            var encoder = FetchObjectEncoder(profile: data(draft), order: .ascending)
            var out: [UInt8] = []
            try encoder.appendHeader(RequestID(rawValue: 8), to: &out)
            try encoder.append(first, to: &out)
            out.append(0x61)
            let before = out
            do throws(CodecError) { try encoder.append(second, flags: flags, to: &out) } catch {
                #expect(error.scope == .caller)
                #expect(out == before)
                continue
            }
            out.append(0x62)
            written += 1
            #expect(
                try events([out], draft)
                    == [request8] + [.fetchObject(first), .payload([0x61]), .objectEnd]
                    + [.fetchObject(second), .payload([0x62]), .objectEnd], "flags \(flags)")
        }
        // Subgroup stated or as before; object and priority each stated or not, properties announced or not; the group
        // stated or not, but that a difference of groups is always stated.
        #expect(written == 2 * 2 * 2 * 2 * (draft < 18 ? 2 : 1))
    }

    @Test("drafts 14 and 15 give an object of a datagram its Object ID as Subgroup ID (Fetch Header)")
    func datagrams() throws {
        for (draft, bytes) in [(14, "0508" + "020505800" + "00161"), (15, "0508" + "1f020505800161")] {
            let sent = [request8] + object(2, 5, subgroup: nil, .init(), "a")
            #expect(try hex(encode(sent, draft).bytes) == bytes)
            #expect(try events(bytes, draft) == [request8] + object(2, 5, subgroup: 5, .init(), "a"))
        }
    }

    @Test("the low bits of a datagram's flags mean nothing (Flags)", arguments: 16...22)
    func datagramBits(_ draft: Int) throws {
        for bits in 0...3 as ClosedRange<UInt64> {
            var bytes = hex("0508")
            data(draft).integers.append(0x5C | bits, to: &bytes)
            bytes += hex("0205800161")
            #expect(try events([bytes], draft) == [request8] + object(2, 5, subgroup: nil, .init(), "a"))
        }
    }

    @Test("what a draft cannot say is refused", arguments: drafts)
    func refusals(_ draft: Int) {
        func refused(_ events: [DataEvent]) -> Bool {
            do throws(CodecError) {
                _ = try encode([request8] + events, draft)
                return false
            } catch {
                #expect(error.scope == .caller)
                return true
            }
        }
        #expect(refused(object(2, 0, subgroup: 0, status: .endOfGroup)) == (draft >= 16))
        #expect(refused(object(2, 0, subgroup: 0, status: .doesNotExist)) == (draft >= 16))
        #expect(refused([gap(.doesNotExist, 1, 1)]) == (draft <= 15))
        #expect(refused([gap(.unknown, 1, 1)]) == (draft <= 15))
        #expect(refused([gap(.timedOut, 1, 1)]) == (draft <= 19))
        #expect(refused(object(2, 1, subgroup: 0) + object(2, 1, subgroup: 0)))
        #expect(refused(object(2, 1, subgroup: 0) + object(1, 9, subgroup: 0)))
        #expect(refused(object(1 << 62, 0, subgroup: 0)) == (draft <= 16))
        #expect(refused([.fetch(RequestID(rawValue: 1 << 62))]) == (draft <= 16))
    }
}
