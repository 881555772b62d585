import MoQTCodec
import Testing
import Wire

/// FETCH and FETCH_OK across drafts (draft-19 and draft-22 "FETCH", "FETCH_OK").
@Suite("what is fetched")
struct FetchRangeTests {
    private let start = Location(group: 12, object: 5)
    private let upTo19: [Profile] = [.draft18, .draft19]

    private func fetch(_ target: Fetch.Target) -> ControlMessage {
        var message = Fetch()
        message.requestID.rawValue = 16
        message.target = target
        return .fetch(message)
    }

    private func range(_ range: LocationFilter?) -> ControlMessage {
        fetch(.standalone(track: FullTrackName(), range: range))
    }

    private func encode(_ message: ControlMessage, _ profile: Profile) throws -> String {
        var out: [UInt8] = []
        try message.append(to: &out, profile: profile, context: Carrier.fetch(profile).context)
        #expect(try Carrier.fetch(profile).decode(out, profile) == message)
        return hex(out)
    }

    @Test("a range is fields up to draft-19, its end exclusive, and a filter since, its end inclusive")
    func ranges() throws {
        let message = range(.absoluteRange(start: start, end: RangeEnd(group: 15, object: 9)))
        for profile in upTo19 { #expect(try encode(message, profile) == "160009" + "100100000c050f0a00") }
        for profile in latestDrafts { #expect(try encode(message, profile) == "16000a" + "10000001" + "21040c050309") }
    }

    @Test("a whole last group is object 0 up to draft-19, and no object since")
    func wholeGroup() throws {
        let message = range(.absoluteRange(start: start, end: RangeEnd(group: 15)))
        for profile in upTo19 { #expect(try encode(message, profile) == "160009" + "100100000c050f0000") }
        for profile in latestDrafts { #expect(try encode(message, profile) == "160009" + "10000001" + "21030c0503") }
    }

    @Test("an open range, a relative one and none are for drafts since 20")
    func openRanges() throws {
        let messages: [(ControlMessage, String)] = [
            (range(nil), "160004" + "10000000"),
            (range(.unfiltered), "160006" + "10000001" + "2100"),
            (range(.relativeStart(groups: 1)), "160007" + "10000001" + "210101"),
            (range(.absoluteStart(start)), "160008" + "10000001" + "21020c05"),
        ]
        for (message, bytes) in messages {
            for profile in latestDrafts { #expect(try encode(message, profile) == bytes) }
            for profile in upTo19 { refuses(message, profile) }
        }
    }

    @Test("a FETCH joins a subscription up to draft-19 only")
    func joining() throws {
        let request = RequestID(rawValue: 2)
        let messages: [(Fetch.Target, String)] = [
            (.relativeJoining(request: request, groups: 3), "160005" + "1002020300"),
            (.absoluteJoining(request: request, group: 3), "160005" + "1003020300"),
        ]
        for (target, bytes) in messages {
            for profile in upTo19 { #expect(try encode(fetch(target), profile) == bytes) }
            for profile in latestDrafts { refuses(fetch(target), profile) }
        }
    }

    private func refuses(_ message: ControlMessage, _ profile: Profile) {
        var out: [UInt8] = []
        let error = #expect(throws: CodecError.self) {
            try message.append(to: &out, profile: profile, context: Carrier.fetch(profile).context)
        }
        #expect(error?.scope == .caller)
        #expect(out.isEmpty)
    }

    @Test("the filter of a FETCH is its range, and cannot be said twice", arguments: latestDrafts)
    func twoRanges(_ profile: Profile) {
        var message = Fetch()
        message.parameters.locationFilter = .nextObject
        refuses(.fetch(message), profile)
    }

    @Test("the End Location of FETCH_OK is the last object plus 1 up to draft-19, and the last object since")
    func end() throws {
        func encode(_ end: RangeEnd, _ profile: Profile) throws -> String {
            var message = FetchOK()
            message.endOfTrack = true
            message.end = end
            var out: [UInt8] = []
            try ControlMessage.fetchOK(message).append(to: &out, profile: profile, context: Carrier.fetchOK.context)
            #expect(try Carrier.fetchOK.decode(out, profile) == .fetchOK(message))
            return hex(out)
        }
        let end = RangeEnd(group: 15, object: 9)
        for profile in upTo19 {
            #expect(try encode(end, profile) == "18000401" + "0f0a00")
            #expect(try encode(RangeEnd(group: 15), profile) == "18000401" + "0f0000")
        }
        for profile in latestDrafts {
            #expect(try encode(end, profile) == "18000401" + "0f0900")
            #expect(
                try encode(RangeEnd(group: 15, object: .max), profile) == "18000c01" + "0f" + "ffffffffffffffffff"
                    + "00")
            #expect(throws: CodecError.self) { try encode(RangeEnd(group: 15), profile) }
        }
    }
}
