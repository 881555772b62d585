import MoQTCodec
import MoQTSession
import Testing
import Wire

@testable import MoQTRelay

/// What becomes of a subscriber that takes less than there is, on each draft (draft-18 "Delivery Timeouts and Data
/// Reliability").
@Suite struct LagRuleTests {
    /// A relay with a track that two subscribers read, one of which has stopped.
    private struct Scene {
        let world: World
        let source: TestPublisher
        let log: TrackLog
        let fast: TestSubscriber
        let slow: TestSubscriber

        init(
            _ profile: Profile, _ properties: [KeyValue] = [], lag: Interval?,
            _ set: (inout Parameters) -> Void = { _ in }
        ) {
            world = World { $0.subscriberLag = lag }
            source = world.publisher("live", profile)
            log = source.add(track("a"), properties)
            fast = world.subscriber(profile)
            slow = world.subscriber(profile, streamWindow: 2000)
            fast.subscribe(track("a"))
            slow.subscribe(track("a"), set)
            world.run()
            slow.reads = false
        }

        func put(_ group: UInt64) {
            let open = log.open(group, endsGroup: true)
            for id in 0..<5 as Range<UInt64> { log.put(open, id, size: 1000, at: world.now) }
            log.finish(open, .finished)
        }

        var ends: [StreamEnd?] { slow.streams.values.map(\.end) }
    }

    /// OBJECT_DELIVERY_TIMEOUT, so far away that it does not matter.
    private let live = [KeyValue(type: 0x02, integer: 1_000_000)]

    @Test(arguments: Drafts.all) func `of a live track subgroups are reset, and the next ones come`(profile: Profile) {
        let scene = Scene(profile, live, lag: .seconds(3))
        scene.put(0)
        scene.world.pass(.seconds(2))
        #expect(scene.ends == [nil])
        scene.world.pass(.seconds(3))
        #expect(scene.ends == [.reset(.tooFarBehind)] && scene.slow.done == nil)
        scene.slow.resumeReading()
        scene.put(1)
        scene.world.run()
        #expect(scene.slow.objects.suffix(5) == places(1...1, 5)[...] && scene.slow.objects.count < 10)
        #expect(scene.fast.objects == places(0...1, 5))
    }

    @Test(arguments: Drafts.all) func `of a lossless track the subscription ends`(profile: Profile) {
        let scene = Scene(profile, lag: .seconds(3))
        scene.put(0)
        scene.world.pass(.seconds(2))
        #expect(scene.slow.done == nil)
        scene.world.pass(.seconds(3))
        #expect(scene.slow.done?.code == .tooFarBehind && scene.ends == [.reset(.tooFarBehind)])
        #expect(scene.fast.objects == places(0...0, 5) && scene.fast.done == nil)
        #expect(scene.world.relay.snapshot.traffic.sent.endings.byName.map(\.name) == ["TOO_FAR_BEHIND"])
    }

    @Test(arguments: [false, true]) func `without a limit it may be as far behind as objects are kept`(isLive: Bool) {
        let scene = Scene(.draft18, isLive ? live : [], lag: nil)
        scene.put(0)
        scene.world.pass(.seconds(20))
        scene.slow.resumeReading()
        scene.world.run()
        #expect(scene.ends == [.fin] && scene.slow.objects == places(0...0, 5) && scene.slow.done == nil)
    }

    /// What it is measured by is when bytes came, not objects.
    @Test(arguments: [false, true]) func `who takes a long object as it comes is not behind`(isLive: Bool) {
        let scene = Scene(.draft18, isLive ? live : [], lag: .seconds(2))
        scene.slow.resumeReading()
        let open = scene.log.open(0)
        scene.log.begin(LoggedObject(id: 0, payloadLength: 200_000, arrived: scene.world.now), in: open)
        let whole = payload(0, 0, 200_000)
        for part in 0..<100 {
            scene.log.append(whole.slice(from: part * 2000, count: 2000), to: open)
            scene.world.pass(.milliseconds(100))
        }
        scene.log.finish(open, .finished)
        scene.world.run()
        #expect(scene.ends == [.fin] && scene.slow.objects == places(0...0, 1) && scene.slow.done == nil)
        #expect(scene.fast.objects == places(0...0, 1))
    }

    /// The reset does not wait until the subscriber takes something.
    @Test(arguments: Drafts.all) func `a stream that stands still is reset when its time is over`(profile: Profile) {
        let scene = Scene(profile, lag: nil) { $0.objectDeliveryTimeout = 2500 }
        scene.put(0)
        scene.world.pass(.seconds(2))
        #expect(scene.ends == [nil])
        scene.world.pass(.seconds(2))
        #expect(scene.ends == [.reset(.deliveryTimeout)] && scene.slow.done == nil)
    }
}
