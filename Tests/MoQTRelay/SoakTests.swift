@testable import MoQTRelay
import MoQTCodec
import MoQTSession
import Testing
import Wire

@Suite struct SoakTests {
    /// Publishers and subscribers come, go, stall and vanish at random: nothing traps, nothing stays behind.
    @Test(arguments: 1...12 as ClosedRange<UInt64>)
    func randomLivesLeaveNothingBehind(seed: UInt64) {
        let world = World(cache: 200_000, seed: seed) { $0.orphanTime = .seconds(2) }
        var random = Seeded(state: seed &* 7777)
        var publishers: [(TestPublisher, [TrackLog], [UInt64], [SubgroupLog?])] = []
        var subscribers: [(TestSubscriber, [RequestID])] = []
        let names = (0..<3).map { track("t\($0)") }
        for _ in 0..<250 {
            switch Int.random(in: 0..<20, using: &random) {
            case 0 where publishers.count < 4:
                let publisher = TestPublisher(world, world.connect(streamWindow: 5000, streams: 5), "")
                let live = Bool.random(using: &random)
                let logs = names.map { publisher.add($0, live ? [KeyValue(type: 0x02, integer: 2000)] : []) }
                if Bool.random(using: &random) {
                    for log in logs { _ = try? publisher.publisher.offer(log, to: publisher.peer) }
                }
                publisher.peer.say { _ = try $0.publishNamespace(TrackNamespace(utf8: "live")) }
                publishers.append((publisher, logs, [0, 0, 0], [nil, nil, nil]))
            case 1 where !publishers.isEmpty:
                publishers.remove(at: Int.random(in: 0..<publishers.count, using: &random)).0.die()
            case 2, 3:
                let subscriber = TestSubscriber(world, world.connect(streamWindow: 3000, streams: 4))
                subscribers.append((subscriber, []))
            case 4 where !subscribers.isEmpty:
                let link = subscribers.remove(at: Int.random(in: 0..<subscribers.count, using: &random)).0.link
                link.cut()
                link.notice(link.far)
            case 5, 6, 7:
                guard let index = subscribers.indices.randomElement(using: &random) else { break }
                guard let name = names.randomElement(using: &random) else { break }
                var parameters = Parameters()
                if Bool.random(using: &random) { parameters.rendezvousTimeout = 5000 }
                parameters.locationFilter =
                    [nil, .nextGroup, .nextObject, .absoluteRange(start: .zero, end: RangeEnd(group: 3))].randomElement(
                        using: &random) ?? nil
                if let id = try? subscribers[index].0.peer.session.subscribe(name, parameters) {
                    subscribers[index].1.append(id)
                    if Bool.random(using: &random) {
                        subscribers[index].0.peer.say { _ = try $0.fetch(.relativeJoining(request: id, groups: 2)) }
                    }
                }
            case 8:
                guard let index = subscribers.indices.randomElement(using: &random),
                    let id = subscribers[index].1.popLast()
                else { break }
                subscribers[index].0.peer.say { try $0.cancel(id) }
            case 9:
                guard let subscriber = subscribers.randomElement(using: &random)?.0 else { break }
                if subscriber.reads { subscriber.reads = false } else { subscriber.resumeReading() }
            case 10:
                guard let subscriber = subscribers.randomElement(using: &random)?.0 else { break }
                subscriber.peer.say { _ = try $0.subscribeTracks(TrackNamespace(utf8: "live")) }
                subscriber.peer.say { _ = try $0.subscribeNamespace(TrackNamespace()) }
            case 11:
                guard let index = publishers.indices.randomElement(using: &random) else { break }
                if Int.random(in: 0..<4, using: &random) == 0 { publishers[index].1[0].end(.trackEnded, reason: "") }
            default:
                guard let index = publishers.indices.randomElement(using: &random) else { break }
                let which = Int.random(in: 0..<3, using: &random)
                let log = publishers[index].1[which]
                guard log.end == nil else { break }
                let open = publishers[index].3[which] ?? log.open(publishers[index].2[which])
                publishers[index].3[which] = open
                let next = open.lastID.map { $0 + 1 } ?? 0
                let size = Int(publishers[index].2[which] * 31 + next * 977) % 9000
                log.put(open, next, size: size, at: world.now)
                if next >= 3 {
                    log.finish(open, Bool.random(using: &random) ? .finished : .reset(.cancelled))
                    publishers[index].3[which] = nil
                    publishers[index].2[which] += 1
                }
            }
            for _ in 0..<Int.random(in: 0..<6, using: &random) { world.step(.milliseconds(50)) }
        }
        for subscriber in subscribers { subscriber.0.resumeReading() }
        world.run()
        for link in world.links where !link.isCut {
            link.cut()
            link.notice(link.far)
        }
        world.pass(.seconds(10))
        #expect(world.relay.tracks.isEmpty)
        #expect(world.relay.cache.used == 0)
        for link in world.links { #expect(link.far.peer.requests.isEmpty && link.far.peer.writers.isEmpty) }
    }
}
