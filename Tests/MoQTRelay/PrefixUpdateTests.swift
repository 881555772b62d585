@testable import MoQTRelay
import MoQTCodec
import MoQTSession
import Testing
import Wire

extension TestSubscriber {
    /// `+ name` and `- name`, in order.
    fileprivate var namespaces: [String] {
        events.compactMap { event in
            switch event {
            case .namespaceAnnounced(_, let namespace): "+ \(namespace)"
            case .namespaceGone(_, let namespace): "- \(namespace)"
            default: nil
            }
        }
    }

    fileprivate var offered: [String] {
        events.compactMap { if case .publish(let offer) = $0 { "\(offer.track)" } else { nil } }
    }

    fileprivate func move(_ request: RequestID?, to prefix: String...) {
        var parameters = Parameters()
        parameters.trackNamespacePrefix = try? TrackNamespace(prefix.map { Array($0.utf8) })
        if let request { peer.say { try $0.update(request, parameters) } }
        world.run()
    }
}

/// draft-18 "Updating Namespace Subscriptions".
@Suite struct PrefixUpdateTests {
    @Test func namespacesFollowThePrefix() throws {
        let world = World()
        let source = world.publisher("")
        source.announce("live", "a")
        source.announce("live", "b")
        source.announce("other")
        let watcher = world.subscriber()
        var request: RequestID?
        watcher.peer.say { request = try $0.subscribeNamespace(TrackNamespace(utf8: "live")) }
        world.run()
        #expect(watcher.namespaces.sorted() == ["+ live-a", "+ live-b"])
        watcher.events = []
        watcher.move(request, to: "live", "a")
        #expect(watcher.namespaces == ["- live-b"])
        watcher.events = []
        watcher.move(request)
        #expect(watcher.namespaces.sorted() == ["+ live-b", "+ other"])
        watcher.events = []
        source.announce("new")
        #expect(watcher.namespaces == ["+ new"])
        watcher.move(request, to: "new")
        watcher.events = []
        source.announce("live", "c")
        #expect(watcher.namespaces.isEmpty)
        #expect(!watcher.events.contains { if case .closed = $0 { true } else { false } })
    }

    @Test func tracksFollowThePrefixAndSubscriptionsStay() throws {
        let world = World()
        let source = world.publisher("")
        let first = source.add(track("t", in: "live")), second = source.add(track("t", in: "other"))
        for log in [first, second] { try source.publisher.offer(log, to: source.peer) }
        let watcher = world.subscriber()
        var request: RequestID?
        watcher.peer.say { request = try $0.subscribeTracks(TrackNamespace(utf8: "live")) }
        world.run()
        #expect(watcher.offered == ["live--t"])
        watcher.move(request, to: "other")
        #expect(watcher.offered == ["live--t", "other--t"])
        first.putGroup(0, objects: 2, size: 10)
        world.run()
        #expect(watcher.objects.count == 2)
    }

    @Test func nothingIsLeftWhenTheWatcherGoes() throws {
        let world = World()
        let watcher = world.subscriber()
        var request: RequestID?
        watcher.peer.say { request = try $0.subscribeNamespace(TrackNamespace(utf8: "live")) }
        world.run()
        watcher.move(request, to: "other")
        watcher.link.cut()
        watcher.link.notice(watcher.link.far)
        let source = world.publisher("")
        source.announce("other")
        #expect(world.relay.namespaceInterests.prefixes(of: try TrackNamespace(utf8: "other")).isEmpty)
        #expect(world.relay.namespaceInterests.prefixes(of: try TrackNamespace(utf8: "live")).isEmpty)
    }
}
