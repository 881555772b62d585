import MoQTCodec
import MoQTSession
import Testing
import Wire

/// Subgroup streams, datagrams and their aliases (draft-18 "Data Streams and Datagrams").
struct DataTests {
    static let seeds: ClosedRange<UInt64> = 1...12

    @Test(arguments: seeds) func `objects arrive whole and every byte is accounted for`(seed: UInt64) throws {
        let (pair, id, alias) = try subscribed(seed: seed)
        let payloads: [[UInt8]] = [[1, 2, 3], Array(repeating: 9, count: 3000), [4]]
        let stream = pair.server.openData(subgroup(alias, objects: payloads), fin: true)
        pair.run()
        #expect(pair.client.payloads(of: stream) == payloads)
        #expect(pair.client.events.contains { if case .subgroupOpened(stream, id, _, _) = $0 { true } else { false } })
        #expect(pair.client.events.last == .subgroupEnded(stream, .fin, wireBytes: 0))
        #expect(pair.client.accounted[stream] == pair.server.delivered[stream])
    }

    @Test(arguments: seeds) func `data that overtakes SUBSCRIBE_OK waits for it`(seed: UInt64) throws {
        let pair = Pair(seed: seed)
        let id = try pair.client.session.subscribe(track("a"))
        pair.run()
        let alias = try pair.server.session.acceptSubscribe(id)
        let stream = pair.server.openData(subgroup(alias, objects: [[1], [2, 3]]), fin: true)
        var header: [UInt8] = []
        let datagram = ObjectDatagram(
            trackAlias: alias, location: Location(group: 9, object: 0), content: .payload(Bytes([7])))
        try datagram.appendHeader(to: &header, profile: .draft18)
        pair.server.datagrams.append(Bytes(header + [7]))
        pair.client.session.received(datagram: pair.server.datagrams.removeFirst(), now: pair.now)
        pair.deliver(stream, from: pair.server, to: pair.client)
        #expect(pair.client.payloads(of: stream).isEmpty)
        #expect(pair.client.accounted[stream] == nil)
        pair.server.drain()
        pair.run()
        #expect(pair.client.payloads(of: stream) == [[1], [2, 3]])
        #expect(pair.client.accounted[stream] == pair.server.delivered[stream])
        #expect(pair.client.events.contains { if case .datagramObject(id, _) = $0 { true } else { false } })
    }

    @Test(arguments: Profile.spoken) func `a stream whose alias never comes is stopped after the timeout`(
        profile: Profile
    ) throws {
        let pair = Pair(profile)
        let stream = pair.server.openData(subgroup(TrackAlias(rawValue: 77), objects: [[1]], profile))
        pair.run()
        #expect(pair.client.session.deadline == pair.now + .seconds(10))
        pair.advance(seconds: 10)
        #expect(pair.client.actions.contains(.stopSending(stream, .cancelled)))
        #expect(pair.client.session.deadline == nil)
        #expect(pair.client.accounted[stream] == pair.server.delivered[stream])
        pair.server.reset(stream, .cancelled)
        pair.run()
        #expect(pair.client.creditedStreams[.unidirectional] == 1)
    }

    @Test func `more waiting streams than the limit are stopped at once`() throws {
        var configuration = SessionConfiguration.test
        configuration.heldStreamLimit = 2
        let pair = Pair(client: configuration)
        for _ in 0..<3 { pair.server.openData(subgroup(TrackAlias(rawValue: 77), objects: [[1]])) }
        pair.run()
        let stops = pair.client.actions.filter { if case .stopSending(_, .excessiveLoad) = $0 { true } else { false } }
        #expect(stops.count == 1)
        #expect(pair.client.session.limited[.heldStreams] == 1)
    }

    @Test(arguments: Profile.spoken) func `data of a PUBLISH waits until it is accepted`(profile: Profile) throws {
        let pair = Pair(profile)
        let (id, alias) = try pair.server.session.publish(track("a"))
        let stream = pair.server.openData(subgroup(alias, objects: [[5]], profile), fin: true)
        pair.run()
        #expect(pair.client.payloads(of: stream).isEmpty)
        try pair.client.session.acceptPublish(id)
        pair.run()
        #expect(pair.client.payloads(of: stream) == [[5]])
    }

    @Test(arguments: Profile.spoken) func `data of a rejected PUBLISH is stopped, then and later`(profile: Profile)
        throws
    {
        let pair = Pair(profile)
        let (id, alias) = try pair.server.session.publish(track("a"))
        let first = pair.server.openData(subgroup(alias, objects: [[5]], profile))
        pair.run()
        try pair.client.session.reject(id, .uninterested)
        pair.run()
        let second = pair.server.openData(subgroup(alias, objects: [[6]], profile))
        pair.run()
        #expect(pair.client.actions.contains(.stopSending(first, .cancelled)))
        #expect(pair.client.actions.contains(.stopSending(second, .cancelled)))
        #expect(pair.client.session.deadline == nil)
    }

    @Test(arguments: Profile.spoken) func `cancelling a subscription stops its streams and ends them`(profile: Profile)
        throws
    {
        let (pair, id, alias) = try subscribed(profile)
        let stream = pair.server.openData(subgroup(alias, objects: [[1]], profile))
        pair.run()
        try pair.client.session.cancel(id)
        pair.run()
        #expect(pair.client.actions.contains(.stopSending(stream, .cancelled)))
        #expect(pair.client.events.last == .subgroupEnded(stream, .stopped(.cancelled), wireBytes: 0))
        pair.server.send([0, 1, 9], on: stream)
        pair.server.reset(stream, .cancelled)
        pair.run()
        #expect(pair.client.events.last == .subgroupEnded(stream, .stopped(.cancelled), wireBytes: 0))
        #expect(pair.client.accounted[stream] == pair.server.delivered[stream])
        #expect(pair.client.creditedStreams[.unidirectional] == 1)
        let late = pair.server.openData(subgroup(alias, objects: [[1]], profile), fin: true)
        pair.run()
        #expect(pair.client.payloads(of: late).isEmpty)
        #expect(pair.client.creditedStreams[.unidirectional] == 2)
    }

    @Test func `an alias used anew before its SUBSCRIBE_OK is no late object`() throws {
        let (pair, id, alias) = try subscribed()
        try pair.client.session.cancel(id)
        pair.run()
        let next = try pair.client.session.subscribe(track("a"))
        pair.run()
        let stream = pair.server.openData(subgroup(alias, objects: [[8]]), fin: true)
        pair.run()
        var ok = SubscribeOK()
        ok.trackAlias = alias
        pair.server.send(encoded(.subscribeOK(ok), .server, .request(.subscribe)), on: StreamID(rawValue: 4))
        pair.run()
        #expect(pair.client.events.contains { if case .subscribeAccepted(next, _) = $0 { true } else { false } })
        #expect(pair.client.payloads(of: stream) == [[8]])
    }

    @Test(arguments: Profile.spoken) func `a reset ends a subgroup with its code`(profile: Profile) throws {
        let (pair, _, alias) = try subscribed(profile)
        let stream = pair.server.openData(subgroup(alias, objects: [[1]], profile))
        pair.run()
        pair.server.reset(stream, .deliveryTimeout)
        pair.run()
        #expect(pair.client.events.last == .subgroupEnded(stream, .reset(.deliveryTimeout), wireBytes: 0))
    }

    @Test func `stop ends a subgroup at once and keeps the subscription`() throws {
        let (pair, id, alias) = try subscribed()
        let stream = pair.server.openData(subgroup(alias, objects: [[1]]))
        pair.run()
        pair.client.session.stop(stream, code: .tooFarBehind)
        pair.client.drain()
        #expect(pair.client.events.last == .subgroupEnded(stream, .stopped(.tooFarBehind), wireBytes: 0))
        #expect(pair.client.actions.last == .stopSending(stream, .tooFarBehind))
        let next = pair.server.openData(subgroup(alias, group: 1, objects: [[2]]), fin: true)
        pair.run()
        #expect(pair.client.payloads(of: next) == [[2]])
        try pair.client.session.cancel(id)
    }

    @Test(arguments: Profile.draft18.since) func `padding is discarded with credit`(profile: Profile) throws {
        let pair = Pair(profile)
        var bytes: [UInt8] = []
        VI64.append(0x132B_3E28, to: &bytes)
        let stream = pair.server.openData(bytes + [0, 0, 0], fin: true)
        bytes = []
        VI64.append(0x132B_3E29, to: &bytes)
        pair.server.datagrams.append(Bytes(bytes + [0]))
        pair.run()
        #expect(pair.client.close == nil)
        #expect(pair.client.accounted[stream] == pair.server.delivered[stream])
        #expect(pair.client.creditedStreams[.unidirectional] == 1)
    }

    @Test(arguments: Profile.spoken, 1...8 as ClosedRange<UInt64>)
    func `a malformed track is cancelled and the session lives`(profile: Profile, seed: UInt64) throws {
        let (pair, id, alias) = try subscribed(profile, seed: seed)
        let priority: UInt8? = profile.streams.defaultPriority == 0 ? 128 : nil
        let header = SubgroupHeader(
            trackAlias: alias, group: 0, subgroup: .zero, priority: priority, hasProperties: true)
        var bytes: [UInt8] = []
        try header.append(to: &bytes, profile: profile)
        // Immutable Properties within themselves: draft-18 "Immutable Properties".
        bytes += [0, 4, 0x0B, 2, 0x0B, 0, 1, 9]
        let stream = pair.server.openData(bytes)
        pair.run()
        #expect(pair.client.close == nil)
        #expect(pair.client.events.contains { if case .malformedTrack(id, _) = $0 { true } else { false } })
        #expect(pair.client.actions.contains(.stopSending(stream, .malformedTrack)))
        let code = profile.hasStream(.subscribe) ? StreamResetCode.malformedTrack : .cancelled
        #expect(pair.server.events.last == .requestCancelled(id, code))
        #expect(pair.client.accounted[stream] == pair.server.delivered[stream])
    }

    func subscribed(
        _ profile: Profile = .draft18, seed: UInt64 = 1
    ) throws -> (Pair, RequestID, TrackAlias) {
        let pair = Pair(profile, seed: seed)
        let id = try pair.client.session.subscribe(track("a"))
        pair.run()
        let alias = try pair.server.session.acceptSubscribe(id)
        pair.run()
        return (pair, id, alias)
    }
}

extension End {
    /// The payloads of the objects of a stream, put together from their pieces.
    func payloads(of stream: StreamID) -> [[UInt8]] {
        var result: [[UInt8]] = []
        for event in events {
            switch event {
            case .object(stream, _, _), .fetchObject(stream, _, _): result.append([])
            case .payload(stream, let bytes): result[result.count - 1] += bytes.array
            default: break
            }
        }
        return result
    }
}
