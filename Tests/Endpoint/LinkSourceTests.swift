import Breaches
import MoQTCodec
import MoQTSession
import QUIC
import Testing
import Wire

@testable import Endpoint
@testable import MoQTRelay

/// In which order a connection is given what its sessions have to send.
@Suite struct LinkSourceTests {
    /// A client that subscribes to a track, and serves another.
    private struct Client {
        let lane: Lane
        let now = Instant(nanoseconds: 1)
        /// Its control stream, its requests that have streams of their own, and its data stream.
        var control: StreamID?
        var requests: [StreamID] = []
        let data = StreamID(rawValue: 402)
        private let cache = Cache(limit: .max)
        private let log: TrackLog

        init(_ profile: Profile) throws {
            let peer = Peer(
                number: 1, session: Session(role: .client, profile: profile, configuration: SessionConfiguration()),
                profile: profile)
            lane = Lane(peer, nil)
            let name = try FullTrackName(namespace: TrackNamespace([Array("live".utf8)]), name: TrackName(utf8: "a"))
            log = TrackLog(name: name, properties: Properties(), delivery: .lossless, cache: cache)
            log.add(
                Subscription(
                    requestID: RequestID(rawValue: 1), alias: TrackAlias(rawValue: 0), track: log, range: (.zero, nil),
                    terms: SubscriptionTerms(priority: 0), downlink: peer.downlink))
            let subgroup = log.openSubgroup(group: 0, subgroup: 0, traits: SubgroupTraits())
            log.begin(LoggedObject(id: 0, payloadLength: 100, arrived: now), in: subgroup)
            log.append(Bytes([UInt8](repeating: 7, count: 100)), to: subgroup)
            lane.openedStreams = [data]
            peer.session.transportReady(now: now)
            open()
            let theirs = StreamID(rawValue: profile.hasOneControlStream ? 0 : 3)
            let setup = Words(profile, .server).setup()
            peer.session.received(Bytes(setup), on: theirs, fin: false, now: now)
            _ = try peer.session.subscribe(name)
            open()
        }

        private mutating func open() {
            while let direction = lane.peer.session.wantedStream {
                let isControl = control == nil
                let stream = StreamID(rawValue: (isControl ? 0 : 200) + (direction == .bidirectional ? 0 : 2))
                if isControl { control = stream } else { requests.append(stream) }
                lane.peer.session.opened(stream)
            }
        }

        func close() {
            for subscription in log.subscriptions { subscription.cancel() }
            cache.remove(log)
            lane.peer.close()
        }
    }

    /// draft-18 "Priorities", "Subgroup Header": each byte of what the connection still lets pass.
    @Test("control streams go first, then requests, then objects", arguments: Profile.spoken)
    func order(_ profile: Profile) throws {
        let client = try Client(profile)
        let control = try #require(client.control)
        var source = LinkSource(web: nil, lanes: [client.lane], turn: 0, now: client.now)
        var order: [StreamID] = []
        while let stream = source.nextStream(), order.count < 10_000 {
            var list: [Bytes] = []
            _ = source.gather(stream, into: &list)
            try #require(!list.isEmpty)
            source.sent(stream, byteCount: 1, fin: false)
            if order.last != stream { order.append(stream) }
        }
        #expect(order == [control] + client.requests + [client.data])
        #expect(client.requests.count == (profile.hasOneControlStream ? 0 : 1))
        client.close()
    }
}
