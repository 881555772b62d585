import MoQTCodec
import MoQTSession
import Testing
import Wire

@testable import MoQTRelay

/// Drafts that have a rule.
enum Drafts {
    static let all = Profile.spoken
    static let since15 = since(.draft15)
    static let since16 = since(.draft16)
    static let since17 = since(.draft17)
    static let since18 = since(.draft18)
    static let since19 = since(.draft19)
    static let since20 = since(.draft20)

    private static func since(_ first: Profile) -> [Profile] {
        Array(all[...(all.firstIndex { $0 === first } ?? 0)])
    }
}

extension TestPublisher {
    /// Names of the tracks that it was asked for by SUBSCRIBE.
    var asked: [FullTrackName] {
        events.compactMap { if case .subscribe(let request) = $0 { request.track } else { nil } }
    }

    /// What it was last asked for by SUBSCRIBE.
    var request: Subscribe? {
        for case .subscribe(let request) in events.reversed() { return request }
        return nil
    }

    /// What it was last asked for by an update.
    var update: Parameters? {
        for case .updateRequested(_, let parameters) in events.reversed() { return parameters }
        return nil
    }

    /// It hears of requests, and does nothing.
    func fallSilent() {
        link.near.handle = { [unowned self] in events.append($0) }
    }
}

extension TestSubscriber {
    /// Tracks that it was offered by PUBLISH.
    var offers: [Publish] { events.compactMap { if case .publish(let offer) = $0 { offer } else { nil } } }

    var isClosed: Bool { events.contains { if case .closed = $0 { true } else { false } } }

    /// Why each of its requests was refused.
    var refusals: [RequestErrorCode] {
        events.compactMap { if case .rejected(_, let error) = $0 { error.code } else { nil } }
    }

    func wantTracks(_ prefix: String..., set: (inout Parameters) -> Void = { _ in }) throws {
        var parameters = Parameters()
        set(&parameters)
        _ = try peer.session.subscribeTracks(TrackNamespace(prefix.map { Array($0.utf8) }), parameters)
        peer.flush()
        world.run()
    }
}

/// What a subscriber saw of objects.
final class Sight {
    var objects: [SubgroupObject] = []
    var datagrams: [ObjectDatagram] = []
    var fetched: [FetchObject] = []

    init(of subscriber: TestSubscriber) {
        let handle = subscriber.link.near.handle
        subscriber.link.near.handle = { [unowned self] event in
            switch event {
            case .object(_, let object, _): objects.append(object)
            case .datagramObject(_, let datagram): datagrams.append(datagram)
            case .fetchObject(_, let object, _): fetched.append(object)
            default: break
            }
            handle(event)
        }
    }
}

extension Downlink {
    /// Subscribes to a track, of which an object in a datagram arrives a second before the connection asks for it.
    func waitsASecond(for log: TrackLog, _ terms: SubscriptionTerms) -> Subscription {
        let subscription = Subscription(
            requestID: RequestID(rawValue: 0), alias: TrackAlias(rawValue: 0), track: log, range: (.zero, nil),
            terms: terms, downlink: self)
        log.add(subscription)
        let sent = Instant(nanoseconds: 1_000_000_000)
        log.cache.tell(sent)
        log.putDatagram(0, 0, size: 1, at: sent)
        log.cache.tell(sent + .seconds(1))
        return subscription
    }
}
