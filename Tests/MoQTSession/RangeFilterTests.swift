@testable import MoQTSession
import MoQTCodec
import Testing
import Wire

/// draft-22 "Range Filters", "MAX_FILTER_RANGES".
@Suite struct RangeFilterTests {
    static let drafts = [Profile.draft19, .draft20, .draft21, .draft22]
    private static let ranges: [ClosedRange<UInt64>] = [0...5, 10...15, 20...25, 30...35]

    private func filters(_ count: Int, _ kind: RangeFilter.Kind = .objectID) -> Parameters {
        var parameters = Parameters()
        parameters.rangeFilters = [RangeFilter(kind, Array(Self.ranges.prefix(count)))]
        return parameters
    }

    private func pair(_ profile: Profile, server limit: UInt64, client: UInt64 = 0) -> Pair {
        var configurations = (client: SessionConfiguration.test, server: SessionConfiguration.test)
        configurations.client.filterRangeLimit = client
        configurations.server.filterRangeLimit = limit
        return Pair(profile, client: configurations.client, server: configurations.server)
    }

    private func words(_ error: SessionError?) -> String {
        if case .invalid(let words) = error { words } else { "" }
    }

    @Test("a session takes 64 ranges a request unless it is told otherwise, and says so", arguments: drafts)
    func offered(profile: Profile) {
        let pair = Pair(profile)
        #expect(pair.client.session.receivedSetup?.maxFilterRanges == 64)
        #expect(pair.server.session.receivedSetup?.maxFilterRanges == 64)
        #expect(self.pair(profile, server: 0).client.session.receivedSetup?.maxFilterRanges == nil)
    }

    @Test("a peer is sent no more ranges than it takes", arguments: drafts)
    func limitOfThePeer(profile: Profile) throws {
        let pair = pair(profile, server: 2)
        let none = #expect(throws: SessionError.self) {
            _ = try pair.server.session.subscribe(track("b"), filters(1))
        }
        #expect(words(none) == "the peer takes no range filters")
        let many = #expect(throws: SessionError.self) {
            _ = try pair.client.session.subscribe(track("a"), filters(3))
        }
        #expect(words(many) == "3 ranges in filters, of which the peer takes 2")
        #expect(throws: SessionError.self) {
            _ = try pair.client.session.fetch(.standalone(track: track("a"), range: .unfiltered), filters(3))
        }
        #expect(throws: SessionError.self) {
            _ = try pair.client.session.subscribeTracks(track("a").namespace, filters(3, .subgroupID))
        }
        _ = try pair.client.session.subscribe(track("a"), filters(2))
        pair.run()
        #expect(pair.server.events.contains { if case .subscribe = $0 { true } else { false } })
    }

    @Test("a draft without range filters cannot ask for any", arguments: [Profile.draft14, .draft18])
    func olderDrafts(profile: Profile) {
        let pair = Pair(profile)
        let error = #expect(throws: SessionError.self) {
            _ = try pair.client.session.subscribe(track("a"), filters(1))
        }
        #expect(words(error) == "the peer takes no range filters")
    }

    @Test("what an update leaves unchanged counts, what it replaces or removes does not", arguments: drafts)
    func updates(profile: Profile) throws {
        let pair = pair(profile, server: 3)
        let id = try pair.client.session.subscribe(track("a"), filters(2))
        pair.run()
        _ = try pair.server.session.acceptSubscribe(id)
        pair.run()
        let error = #expect(throws: SessionError.self) {
            try pair.client.session.update(id, filters(2, .subgroupID))
        }
        #expect(words(error) == "4 ranges in filters, of which the peer takes 3")
        try pair.client.session.update(id, filters(3))
        pair.run()
        #expect(throws: SessionError.self) { try pair.client.session.update(id, filters(1, .subgroupID)) }
        try pair.server.session.acceptUpdate(id)
        pair.run()
        #expect(throws: SessionError.self) { try pair.client.session.update(id, filters(1, .subgroupID)) }
        try pair.client.session.update(id, filters(0))
        try pair.client.session.update(id, filters(3, .subgroupID))
        pair.run()
        for _ in 0..<2 { try pair.server.session.acceptUpdate(id) }
        pair.run()
        #expect(pair.client.events.count { if case .updateAccepted = $0 { true } else { false } } == 3)
    }

    @Test("an update that makes them too many is refused", arguments: drafts)
    func tooManyByUpdate(profile: Profile) {
        let pair = pair(profile, server: 3)
        let known = filters(2, .subgroupID).rangeFilters
        #expect(pair.server.session.refusalOfUpdate(filters(1), of: known) == nil)
        #expect(pair.server.session.refusalOfUpdate(filters(2), of: known)?.code == .invalidFilter)
        #expect(pair.server.session.refusalOfUpdate(filters(3, .subgroupID), of: known) == nil)
        #expect(pair.server.session.refusalOfUpdate(filters(0, .subgroupID), of: known) == nil)
    }

    @Test("the ranges of a fill count besides", arguments: Profile.draft20.since)
    func fills(profile: Profile) throws {
        let pair = pair(profile, server: 3)
        var parameters = filters(2)
        parameters.fill = FillParameters()
        parameters.fill?.rangeFilters = filters(2).rangeFilters
        #expect(throws: SessionError.self) { _ = try pair.client.session.subscribe(track("a"), parameters) }
        parameters.fill?.rangeFilters = filters(1).rangeFilters
        _ = try pair.client.session.subscribe(track("a"), parameters)
    }

    @Test("an update of a SUBSCRIBE_TRACKS that makes them too many ends it", arguments: drafts)
    func tracks(profile: Profile) throws {
        var parameters = Parameters()
        parameters.rangeFilters = [RangeFilter(.trackProperty, propertyType: 0x40, [0...1, 4...5])]
        let pair = pair(profile, server: 2)
        let id = try pair.client.session.subscribeTracks(track("a").namespace, parameters)
        pair.run()
        try pair.server.session.accept(id)
        pair.run()
        var update = RequestUpdate()
        update.requestID = RequestID(rawValue: 2)
        update.parameters.rangeFilters = [RangeFilter(.trackProperty, propertyType: 0x40, [0...1, 4...5, 8...9])]
        let bytes = encoded(.requestUpdate(update), .client, .request(.subscribeTracks), profile)
        pair.client.send(bytes, on: StreamID(rawValue: 0))
        pair.run()
        #expect(pair.server.close == nil)
        #expect(pair.server.events.contains(.requestCancelled(id, .cancelled)))
    }

    @Test("filters that make no sense refuse the request, and the session goes on", arguments: drafts)
    func senseless(profile: Profile) throws {
        // What is written right, and what of it is changed: an odd property, and a priority of 256.
        let cases: [(RangeFilter, [UInt8], [UInt8])] = [
            (RangeFilter(.objectProperty, setID: 9, propertyType: 2, [5...8]), [9, 2, 5, 3], [9, 3, 5, 3]),
            (
                RangeFilter(.publisherPriority, setID: 9, [100...255, 255...255]), [0x80, 155, 0, 0], [0x80, 156, 0, 0]
            ),
        ]
        for (filter, right, wrong) in cases {
            let pair = pair(profile, server: 9)
            var parameters = Parameters()
            parameters.rangeFilters = [filter]
            let id = try pair.client.session.subscribe(track("a"), parameters)
            pair.client.drain()
            for (stream, flights) in pair.client.inFlight {
                pair.client.inFlight[stream] = flights.map { flight in
                    guard case .data(var bytes, let fin) = flight,
                        let place = bytes.indices.first(where: { bytes[$0...].starts(with: right) })
                    else { return flight }
                    bytes.replaceSubrange(place..<place + right.count, with: wrong)
                    return .data(bytes, fin: fin)
                }
            }
            pair.run()
            #expect(pair.client.refusal(of: id) == .invalidFilter)
            #expect(pair.server.close == nil && pair.client.close == nil)
            #expect(!pair.server.events.contains { if case .subscribe = $0 { true } else { false } })
        }
    }
}
