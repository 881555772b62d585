import Foundation
import MoQTCodec
import MoQTSession
import Testing
import Wire

@testable import MoQTRelay

/// A track that is published, evicted, cut off and handed over at random, and fetched from a relay all the while: what
/// comes is compared with what was published.
final class FetchModel {
    private let seed: UInt64
    private var random: Seeded
    private let world: World
    private let publisher: Publisher
    private let log: TrackLog
    private var source: TestPublisher?
    private var follower: (TestSubscriber, RequestID?)?
    private var fetchers: [TestSubscriber] = []
    /// Those that are gone, whose links are not.
    private var past: [AnyObject] = []
    private var fetches: [Asked] = []

    /// Objects that were published, and where the rest of a group was cut off.
    private var published: Set<Location> = []
    private var cut: [UInt64: UInt64] = [:]
    private var group: UInt64 = 0
    private var next: UInt64 = 0
    private var open: [UInt64: SubgroupLog] = [:]
    private var hasDatagrams = false

    private struct Asked {
        let fetcher: TestSubscriber
        let id: RequestID
        let range: ClosedRange<Location>
        let order: GroupOrder
        /// What had been published by then.
        let published: Set<Location>
        let timeout: UInt64?
        /// The publisher can say what of a range it does not know.
        let hasSigns: Bool
        /// Something happened that may have left it without an answer.
        var isDisturbed: Bool
    }

    init(seed: UInt64) {
        self.seed = seed
        random = Seeded(state: seed)
        // What was fetched may have to go before its reader has it.
        world = World(cache: random.once(in: 2) ? 40_000 : 1 << 20, seed: seed)
        publisher = Publisher(cache: Cache(limit: .max))
        log = publisher.addTrack(track("a"), properties: Properties(), delivery: .lossless)
    }

    func run() {
        connectPublisher()
        for _ in 0..<random.number(1...3) {
            fetchers.append(TestSubscriber(world, world.connect(anyDraft(), windows(), .perfect)))
        }
        world.run()
        for _ in 0..<150 {
            act()
            for _ in 0..<random.number(0...4) { world.step(.milliseconds(20)) }
        }
        for fetcher in fetchers where !fetcher.reads { fetcher.resumeReading() }
        world.run()
        world.pass(.seconds(40))
        world.run()
        check()
    }

    private func windows() -> Side.Windows {
        Side.Windows(data: random.number(500...20_000), uni: 100, bidi: 100_000)
    }

    private func anyDraft() -> Profile { Profile.spoken[random.number(0...Profile.spoken.count - 1)] }

    private func act() {
        switch random.number(0...19) {
        case 0...7: publish()
        case 8: endGroup()
        case 9: if random.once(in: 3) { changePublisher() }
        case 10: follow()
        case 11:
            let fetcher = fetchers[random.number(0...fetchers.count - 1)]
            if fetcher.reads { fetcher.reads = false } else { fetcher.resumeReading() }
        case 12...17: fetch()
        default: world.pass(.milliseconds(500))
        }
    }

    // MARK: - Publishing

    private func connectPublisher() {
        let link = world.connect(anyDraft(), windows(), .random(&random))
        let source = TestPublisher(world, link, of: publisher)
        world.run()
        source.announce("live")
        // It is not asked before the relay has heard of it.
        while !source.isAnnounced { world.step() }
        self.source = source
    }

    private func changePublisher() {
        disturb()
        if let source, random.once(in: 2) {
            source.die()
            past.append(source)
            self.source = nil
        } else if source == nil {
            connectPublisher()
        }
    }

    /// There may be nobody to have the rest from.
    private func disturb() {
        for (index, asked) in fetches.enumerated() where !asked.fetcher.ledger.ended.contains(asked.id) {
            fetches[index].isDisturbed = true
        }
    }

    private func publish() {
        let subgroup = UInt64(random.number(0...2))
        let place = Location(group: group, object: next)
        let size = random.once(in: 5) ? 0 : random.number(1...3000)
        if random.once(in: 8) {
            let small = random.number(1...200)
            log.putDatagram(group, next, size: small, at: world.now)
        } else {
            let target = open[subgroup] ?? log.open(group, subgroup)
            open[subgroup] = target
            log.put(target, next, size: size, at: world.now)
        }
        published.insert(place)
        next += random.once(in: 4) ? 3 : 1
    }

    private func endGroup() {
        let isCut = random.once(in: 6)
        for (_, target) in open.sorted(by: { $0.key < $1.key }) {
            if isCut { cut[group] = min(cut[group] ?? .max, target.lastID.map { $0 + 1 } ?? 0) }
            log.finish(target, isCut ? .reset(.cancelled) : .finished)
        }
        open = [:]
        group += random.once(in: 4) ? 3 : 1
        next = 0
        if random.once(in: 3) {
            let target = log.open(group, endsGroup: true)
            for id in 0..<UInt64(random.number(1...4)) {
                log.put(target, id, size: random.number(0...2000), at: world.now)
                published.insert(Location(group: group, object: id))
            }
            log.finish(target, .finished)
            group += 1
        }
    }

    // MARK: - Reading

    private func follow() {
        if let (subscriber, id) = follower {
            if let id { subscriber.peer.say { try $0.cancel(id) } }
            past.append(subscriber)
            follower = nil
        } else {
            let subscriber = world.subscriber(anyDraft())
            follower = (subscriber, subscriber.subscribe(track("a")))
        }
    }

    private func fetch() {
        let fetcher = fetchers[random.number(0...fetchers.count - 1)]
        let profile = fetcher.peer.session.profile
        let first = Location(
            group: UInt64(random.number(0...Int(group))), object: UInt64(random.once(in: 2) ? 0 : random.number(0...4)))
        let last = first.group + UInt64(random.number(0...6))
        let object = random.once(in: 2) ? nil : first.object + UInt64(random.number(0...6))
        var parameters = Parameters()
        parameters.groupOrder = random.once(in: 3) ? .descending : .ascending
        if profile.parameters.contains(where: { $0.kind == .fillTimeout }), random.once(in: 3) {
            parameters.fillTimeout = random.once(in: 2) ? 0 : UInt64(random.number(1...300))
        }
        let target = Fetch.Target.standalone(
            track: track("a"), start: first, end: RangeEnd(group: last, object: object))
        guard let id = try? fetcher.peer.session.fetch(target, parameters) else { return }
        fetcher.peer.flush()
        if parameters.groupOrder == .descending { fetcher.ledger.descending.insert(id) }
        fetches.append(
            Asked(
                fetcher: fetcher, id: id, range: first...Location(group: last, object: object ?? .max),
                order: parameters.groupOrder ?? .ascending, published: published, timeout: parameters.fillTimeout,
                hasSigns: source.map { $0.peer.session.profile.hasSigns } ?? false, isDisturbed: source == nil))
    }

    // MARK: - Judging

    private func check() {
        for asked in fetches { check(asked) }
        for link in world.links where !link.isCut {
            for request in link.far.peer.requests.values {
                if case .fillAsked = request { complain("the relay still asks") }
                if case .fetchReply = request { complain("the relay still answers") }
            }
        }
    }

    private func complain(_ what: String) { Issue.record("seed \(seed): \(what)") }

    private func check(_ asked: Asked) {
        let ledger = asked.fetcher.ledger
        let what = "\(asked.id) of \(asked.range), \(asked.order), to \(asked.fetcher.peer.session.profile.name)"
        guard ledger.ended.contains(asked.id) else { return complain("\(what) has no end") }
        let came = ledger.objects[asked.id] ?? []
        let wrong = came.filter { !asked.range.contains($0) || !published.contains($0) }
        if !wrong.isEmpty { complain("\(what) brought \(wrong.sorted())") }
        let touchesCut = cut.contains { group, object in
            Location(group: group, object: object) <= asked.range.upperBound
                && Location(group: group, object: .max) >= asked.range.lowerBound
        }
        // What is cut off can be said to be unknown where groups come first to last, in most drafts.
        let isSaid = asked.hasSigns && asked.fetcher.peer.session.profile.hasSigns && asked.order == .ascending
        let mayFail = asked.isDisturbed || asked.timeout != nil || touchesCut && !isSaid
        guard asked.fetcher.fetchedWhole.contains(asked.id), let end = end(of: asked) else {
            let wanted = asked.published.filter { asked.range.contains($0) }
            if !mayFail, !wanted.isEmpty, rejection(of: asked) != .invalidRange { complain("\(what) failed") }
            return
        }
        let wanted = asked.published.filter { asked.range.contains($0) && $0 <= end }
        let lost = wanted.filter { !ledger.accounts(for: $0, of: asked.id) }
        if !lost.isEmpty { complain("\(what) lacks \(lost.sorted())") }
        let unknown = wanted.subtracting(came).filter { place in cut[place.group].map { place.object < $0 } ?? true }
        if !mayFail, !unknown.isEmpty { complain("\(what) does not know \(unknown.sorted())") }
    }

    private func end(of asked: Asked) -> Location? {
        for case .fetchAccepted(asked.id, let answer) in asked.fetcher.events {
            return Location(group: answer.end.group, object: answer.end.object ?? .max)
        }
        return nil
    }

    private func rejection(of asked: Asked) -> RequestErrorCode? {
        for case .rejected(asked.id, let error) in asked.fetcher.events { return error.code }
        return nil
    }
}

extension TestPublisher {
    fileprivate var isAnnounced: Bool {
        events.contains { if case .accepted(namespaceRequest, _) = $0 { true } else { false } }
    }
}

extension Profile {
    /// A FETCH can be told what is unknown.
    fileprivate var hasSigns: Bool { !objects.fetch.gaps.isEmpty }
}

@Suite struct FetchModelTests {
    private static let environment = ProcessInfo.processInfo.environment
    /// `MOQT_SEEDS` asks for more, `MOQT_SEED` for others.
    private static let seeds = environment["MOQT_SEEDS"].flatMap { UInt64($0) } ?? 40
    private static let first = environment["MOQT_SEED"].flatMap { UInt64($0) } ?? 1

    /// draft-18 "FETCH": every object of the range is right to the byte, or said to be unknown.
    @Test(arguments: Self.first..<Self.first + Self.seeds)
    func `a fetch brings what was published, or says that it is unknown`(seed: UInt64) {
        FetchModel(seed: seed).run()
    }
}
