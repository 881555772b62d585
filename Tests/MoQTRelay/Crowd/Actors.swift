@testable import MoQTRelay
import MoQTCodec
import MoQTSession
import Wire

/// A publisher in a crowd.
final class Source {
    let client: TestPublisher
    var logs: [FullTrackName: TrackLog] = [:]
    /// The group from which on it has a track.
    private(set) var begins: [FullTrackName: UInt64] = [:]
    /// When the relay wanted objects, and those that it then has to have been sent.
    private(set) var wanted: [FullTrackName: [Span]] = [:]
    /// Nothing happened to it but what it was asked for.
    var isSteady = true

    /// Objects behind one; nil: all.
    struct Span {
        let floor: Location?
        let since: Instant
    }

    init(_ client: TestPublisher) {
        self.client = client
        client.publisher.subscribed = { [unowned self, unowned world = client.world] log in
            wanted[log.name, default: []].append(Span(floor: log.largest, since: world.now))
        }
    }

    /// After what its publisher made of it: what is on its way when the relay wants no more is given up.
    func heard(_ event: SessionEvent) {
        guard case .updateRequested(let id, let parameters) = event, parameters.forward == false,
            let name = client.peer.subscription(id)?.track.name
        else { return }
        _ = wanted[name]?.popLast()
    }

    func begin(_ broadcast: Broadcast, at group: UInt64) {
        logs[broadcast.name] = client.add(broadcast.name)
        begins[broadcast.name] = group
    }

    /// Since when the relay has to be sent an object; nil: it has not.
    func vouches(for place: Location, of name: FullTrackName) -> Instant? {
        guard isSteady, place.group >= begins[name] ?? 0 else { return nil }
        return wanted[name]?.first { $0.floor.map { place > $0 } ?? true }?.since
    }
}

/// A subscriber in a crowd.
final class Viewer {
    /// A subscription that was accepted.
    struct Served {
        let name: FullTrackName
        /// Objects behind this one have to come, if they are published after its acceptance.
        let floor: Location?
        let accepted: Instant
        /// When it was ended by the other end.
        var ended: (at: Instant, code: PublishDoneCode)?
    }

    let client: TestSubscriber
    var served: [RequestID: Served] = [:]
    /// What was asked for by SUBSCRIBE.
    var asked: [RequestID: Broadcast] = [:]
    /// Nothing happened to it but what it asked for.
    var isSteady = true

    init(_ client: TestSubscriber) { self.client = client }
}
