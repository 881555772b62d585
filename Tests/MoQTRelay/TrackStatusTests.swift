@testable import MoQTRelay
import MoQTCodec
import MoQTSession
import Testing
import Wire

extension TestSubscriber {
    fileprivate func askStatus(of name: FullTrackName) -> RequestID? {
        let id = try? peer.session.trackStatus(name)
        world.run()
        return id
    }

    fileprivate var status: RequestOK? {
        for case .accepted(_, let answer) in events { return answer }
        return nil
    }
}

/// draft-18 "TRACK_STATUS", "Publisher Interactions".
@Suite struct TrackStatusTests {
    @Test func whatIsReceivedIsAnsweredFromItsLog() throws {
        let world = World()
        let source = world.publisher()
        let log = source.add(track("a"), [KeyValue(type: 0x02, integer: 500)])
        let subscriber = world.subscriber()
        subscriber.subscribe(track("a"))
        world.run()
        log.putGroup(3, objects: 2, size: 10)
        world.run()
        let asking = world.subscriber()
        _ = asking.askStatus(of: track("a"))
        let status = try #require(asking.status)
        #expect(status.parameters.largestObject == Location(group: 3, object: 1))
        #expect(status.trackProperties.objectDeliveryTimeout == 500)
        #expect(!source.events.contains { if case .trackStatus = $0 { true } else { false } })
    }

    @Test func publishersAreAskedForWhatIsNotReceived() throws {
        let world = World()
        let source = world.publisher()
        let log = source.add(track("a"), [KeyValue(type: 0x02, integer: 500)])
        log.putGroup(7, objects: 3, size: 10)
        let asking = world.subscriber()
        _ = asking.askStatus(of: track("a"))
        let status = try #require(asking.status)
        #expect(status.parameters.largestObject == Location(group: 7, object: 2))
        #expect(status.trackProperties.objectDeliveryTimeout == 500)
        #expect(world.relay.tracks.isEmpty && log.subscriptions.isEmpty)
        #expect(source.link.far.peer.requests.count == 1)
        #expect(asking.link.far.peer.requests.isEmpty)
    }

    @Test func oneOfSeveralPublishersThatKnowsItIsEnough() throws {
        let world = World()
        let others = [world.publisher(), world.publisher()]
        let source = world.publisher()
        source.add(track("a")).putGroup(1, objects: 1, size: 10)
        let asking = world.subscriber()
        _ = asking.askStatus(of: track("a"))
        #expect(asking.status?.parameters.largestObject == Location(group: 1, object: 0))
        #expect(asking.rejection == nil)
        for other in others + [source] { #expect(other.link.far.peer.requests.count == 1) }
    }

    @Test func whatNobodyKnowsDoesNotExist() {
        let world = World()
        let first = world.subscriber()
        _ = first.askStatus(of: track("a"))
        #expect(first.rejection == .doesNotExist)
        let sources = [world.publisher(), world.publisher()]
        let second = world.subscriber()
        _ = second.askStatus(of: track("a"))
        #expect(second.rejection == .doesNotExist)
        #expect(second.events.count { if case .rejected = $0 { true } else { false } } == 1)
        for source in sources { #expect(source.link.far.peer.requests.count == 1) }
    }

    @Test func aPublisherThatIsLostMeanwhileKnowsNothing() {
        let world = World()
        let source = world.publisher()
        source.link.near.handle = { _ in }
        let asking = world.subscriber()
        _ = asking.askStatus(of: track("a"))
        #expect(asking.rejection == nil)
        source.die()
        world.run()
        #expect(asking.rejection == .doesNotExist)
        #expect(asking.link.far.peer.requests.isEmpty)
    }

    @Test func whoNoLongerWantsToKnowLeavesNothingBehind() throws {
        let world = World()
        let source = world.publisher()
        source.link.near.handle = { _ in }
        let asking = world.subscriber()
        let id = try #require(asking.askStatus(of: track("a")))
        #expect(source.link.far.peer.requests.count == 2)
        asking.peer.say { try $0.cancel(id) }
        world.run()
        #expect(source.link.far.peer.requests.count == 1)
        #expect(asking.link.far.peer.requests.isEmpty)
    }
}
