internal import CommandLine
internal import MoQTCodec
internal import MoQTRelay
internal import MoQTSession
internal import Wire

/// One track being received: its request, its order, and what came of it.
///
///     idle ─subscribe─▶ asking ─SUBSCRIBE_OK─▶ receiving ─PUBLISH_DONE─▶ ended
///                         └──── refused, but may wait ───▶ pausing ─▶ asking
///
/// While it moves to another session, a ``successor`` to its subscription is there as well.
final class TrackReceiver {
    enum Phase {
        case idle, asking, receiving
        /// Refused or lost, and asked for again at that time.
        case pausing(until: Instant)
        case ended
    }

    /// Why a track is over.
    enum End {
        case done
        /// The publisher vanished, or never came.
        case lost(String)
        case refused(RequestError)
        case failed(String)
    }

    let name: FullTrackName
    var phase = Phase.idle
    private(set) var end: End?
    var assembler: ObjectAssembler
    private let start: Start
    /// What objects are asked for; empty: all.
    private let filters: [RangeFilter]
    /// Where the first subscription began; nil: it was not accepted yet.
    private var begin: Location?
    /// How long a publisher is waited for, each time there is none; nil: not at all.
    let wait: Interval?
    var waitUntil: Instant?
    /// Its subscription in ``peer``'s session; nil: there is none.
    var requestID: RequestID?
    var peer: Peer?
    /// What takes over from the subscription once it has caught up.
    var successor: Successor?
    /// The subscription was a successor's, made without what precedes it.
    var isPromoted = false
    /// What precedes the subscription follows what an earlier one brought.
    private var isResumed = false
    /// Nothing was said to be missing of what precedes a subscription.
    private var isPastWhole = true
    /// Between two tries for a track that a server without rendezvous does not have yet.
    static let pause = Interval.milliseconds(250)

    /// How long what is missing is waited for, in a lossless track and in one with a delivery timeout.
    private static let patience = (lossless: Interval.seconds(2), live: Interval.milliseconds(300))

    /// Where to begin: what is asked for of the track's future, and of its past.
    struct Start {
        var filter: LocationFilter
        /// Nil: nothing of the past.
        var join: Join?
    }

    init(_ name: FullTrackName, _ start: Start, _ settings: SubSettings) {
        self.name = name
        self.start = start
        wait = settings.wait
        filters = settings.filters
        assembler = ObjectAssembler(
            isUnordered: settings.unordered, patience: Self.patience.lossless, groupLimit: settings.groupLimit,
            end: settings.to)
        assembler.isFiltered = !filters.isEmpty
    }

    var isOver: Bool { end != nil }

    /// Its subscriptions, one as a rule.
    var requests: [Scoped<RequestID>] {
        var requests: [Scoped<RequestID>] = []
        if let peer, let requestID { requests.append(Scoped(peer, requestID)) }
        if let successor, let id = successor.requestID { requests.append(Scoped(successor.peer, id)) }
        return requests
    }

    /// What has become whole, in order.
    func takeReady() -> [ReceivedObject] {
        defer { assembler.ready.removeAll(keepingCapacity: true) }
        return assembler.ready
    }

    func takeCredit() -> ReadCredit {
        defer { assembler.credit = ReadCredit() }
        return assembler.credit
    }

    // MARK: - Asking

    /// Asks for the track, from where it was left.
    func subscribe(on peer: Peer, _ now: Instant) {
        guard !isOver else { return }
        self.peer = peer
        var parameters = Parameters()
        if let wait {
            let until = waitUntil ?? now + wait
            waitUntil = until
            // Where the draft cannot ask the server to wait, asking again has to do.
            if peer.session.profile.carries(.rendezvousTimeout, in: .subscribe) {
                parameters.rendezvousTimeout = max(1, (until - now).millisecondsRoundedUp)
            }
        }
        do throws(SessionError) {
            isPromoted = false
            requestID = try ask(peer, parameters, startingPoint)
            phase = .asking
        } catch .goingAway {
            // Where it wants us to go, it has said or will say.
            requestID = nil
            phase = .pausing(until: now + Self.pause)
        } catch .closed {
            // Why, the end of the session says, which is to come.
            requestID = nil
            phase = .idle
        } catch .invalid(let why) {
            finish(.failed(why), now)
        } catch {
            finish(.failed("the session takes no more requests"), now)
        }
    }

    func ask(_ peer: Peer, _ parameters: Parameters, _ point: Start) throws(SessionError) -> RequestID {
        var parameters = parameters
        parameters.locationFilter = point.filter
        parameters.rangeFilters = filters
        let id = try peer.session.subscribe(name, parameters, join: point.join)
        peer.flush()
        return id
    }

    /// A subscription brings nothing that was published before it: what of that is wanted precedes it, be it the group
    /// in progress or what was missed between two subscriptions.
    var startingPoint: Start {
        guard let last = assembler.last, last.object < .max else {
            return begin.map { Start(filter: .absoluteStart($0), join: .from($0)) } ?? start
        }
        let next = Location(group: last.group, object: last.object + 1)
        return Start(filter: .absoluteStart(next), join: .from(next))
    }

    func accepted(_ answer: SubscribeOK, _ now: Instant) {
        phase = .receiving
        waitUntil = nil
        learn(answer)
        let largest = answer.parameters.largestObject
        let point = startingPoint
        if isPromoted {
            if let largest { joinLate(largest: largest) }
        } else if let largest, let from = point.join?.start(largest: largest), from <= largest {
            precede(from: from, to: largest)
        }
        begin =
            begin
            ?? (point.join.flatMap { join in largest.map { join.start(largest: $0) } }
                ?? point.filter.start(largest: largest))
        if assembler.last == nil { assembler.begins(at: point.filter.start(largest: largest)) }
        assembler.resumed(now)
    }

    /// What the answer says of the track.
    func learn(_ answer: SubscribeOK) {
        guard answer.trackProperties.objectDeliveryTimeout ?? 0 > 0 else { return }
        assembler.isLive = true
        assembler.patience = Self.patience.live
    }

    /// - Parameter isLeaving: the server has sent us on, and may refuse what it likes.
    func rejected(_ error: RequestError, isLeaving: Bool, _ now: Instant) {
        requestID = nil
        if successor != nil { return succeed(now) }
        if isLeaving || error.code == .goingAway { return phase = .pausing(until: now + Self.pause) }
        let isAbsent = error.code == .doesNotExist || error.code == .timeout
        if isAbsent, let until = waitUntil {
            let next = now + Self.pause
            guard next < until, error.code != .timeout else { return finish(.lost("no publisher came in time"), now) }
            phase = .pausing(until: next)
            return
        }
        finish(.refused(error), now)
    }

    /// What precedes the subscription has come: what of it did not is not to be had.
    /// - Returns: whether nothing is missing of it.
    func filled(isWhole: Bool, _ now: Instant) -> Bool {
        assembler.filled(now)
        if !isWhole { isPastWhole = false }
        return isPastWhole
    }

    /// Where the track was left before, something is missing that is never missing of a lossless one.
    private var hasHole: Bool { isResumed && !isPastWhole && !assembler.isLive }

    /// Objects are on their way that precede the subscription.
    func precede(from: Location, to largest: Location) {
        isResumed = assembler.last != nil
        assembler.fills(from: from, to: largest)
    }

    func publishDone(_ done: PublishDone, _ now: Instant) {
        requestID = nil
        switch done.code {
        case .trackEnded, .subscriptionEnded:
            finish(hasHole ? .failed("objects were lost from one subscription to the next") : .done, now)
        case .internalError, .goingAway, .expired:
            lost(done.reason.string.isEmpty ? "\(done.code)" : done.reason.string, now)
        default: finish(.failed("\(done.code): \(done.reason)"), now)
        }
    }

    /// The publisher or the connection vanished: waited for if `--wait` says so.
    func lost(_ words: String, _ now: Instant) {
        guard !isOver else { return }
        requestID = nil
        if successor != nil { return succeed(now) }
        guard let wait else { return finish(.lost(words), now) }
        assembler.interrupted()
        waitUntil = now + wait
        phase = .pausing(until: now)
    }

    /// The session is gone, and with it every stream; another may come.
    func disconnected(_ peer: Peer, _ now: Instant) {
        if peer === successor?.peer { successor = nil }
        guard peer === self.peer else { return }
        requestID = nil
        self.peer = nil
        assembler.disconnected(peer.number, now)
        if successor != nil { return succeed(now) }
        if !isOver { phase = .idle }
    }

    func finish(_ end: End, _ now: Instant) {
        guard self.end == nil else { return }
        self.end = end
        phase = .ended
        dropSuccessor()
        assembler.finish(now)
    }

    /// Enough has come: nothing more is wanted.
    func cancel() {
        if let requestID { peer?.say { try $0.cancel(requestID) } }
        requestID = nil
        dropSuccessor()
        if end == nil { end = .done }
        phase = .ended
    }

    // MARK: - Time

    var deadline: Instant? {
        if case .pausing(let until) = phase { return until }
        return [assembler.deadline, successor?.retryAt, successor?.endsAt].compactMap { $0 }.min()
    }

    func timeReached(_ now: Instant) {
        if case .pausing(let until) = phase, until <= now {
            if let waitUntil, waitUntil <= now { return finish(.lost("no publisher came in time"), now) }
            if let peer { subscribe(on: peer, now) }
        }
        successorTimeReached(now)
        assembler.timeReached(now)
    }

    // MARK: - Data

    func received(_ event: SessionEvent, from peer: Peer, _ now: Instant) {
        func scoped(_ stream: StreamID) -> Scoped<StreamID> { Scoped(peer, stream) }
        switch event {
        case .subgroupOpened(let stream, _, let header, let wireBytes):
            assembler.opened(
                scoped(stream), group: header.group, subgroup: header.subgroup.number, priority: header.priority,
                endsGroup: header.endOfGroup, wireBytes: wireBytes, now)
        case .object(let stream, let object, let wireBytes):
            assembler.beganInSubgroup(object, on: scoped(stream), wireBytes: wireBytes, now)
        case .payload(let stream, let bytes):
            assembler.payload(bytes, on: scoped(stream), now)
        case .subgroupEnded(let stream, let end, _):
            assembler.ended(scoped(stream), finished: end == .fin, now)
        case .fetchOpened(let stream, _, let wireBytes):
            assembler.openedFetch(scoped(stream), wireBytes: wireBytes)
        case .fetchObject(let stream, let object, let wireBytes):
            let whole = ReceivedObject(
                location: object.location, subgroup: object.subgroup, status: .normal, priority: object.priority,
                properties: object.properties, payload: [])
            assembler.began(whole, length: object.payloadLength, on: scoped(stream), wireBytes: wireBytes, now)
        case .fetchGap(let stream, let gap, let wireBytes):
            if gap.reason != .doesNotExist { isPastWhole = false }
            assembler.skipped(on: scoped(stream), wireBytes: wireBytes)
        case .fetchEnded(let stream, _, _):
            assembler.ended(scoped(stream), finished: true, now)
        case .datagramObject(_, let datagram):
            assembler.datagram(ReceivedObject(datagram), of: peer.number, now)
        default: break
        }
    }
}

extension TrackReceiver.Start {
    /// - Parameter ofMedia: nothing can be played before the start of a group.
    init(_ settings: SubSettings, ofMedia: Bool) {
        filter = .nextObject
        if let count = settings.join {
            join = .groups(before: count - 1)
            return
        }
        switch settings.from {
        case .now: join = ofMedia ? .groups(before: 0) : nil
        case .next: filter = .nextGroup
        case .start, .location(.zero): join = .from(.zero)
        case .back(let count): join = .groups(before: count)
        case .location(let start): (filter, join) = (.absoluteStart(start), .from(start))
        }
    }
}

extension SubgroupHeader.SubgroupID {
    /// Nil until the first object has come.
    var number: UInt64? {
        switch self {
        case .zero: 0
        case .explicit(let number): number
        case .firstObject: nil
        }
    }
}

extension ReceivedObject {
    init(_ datagram: ObjectDatagram) {
        var payload: [Bytes] = []
        var status = ObjectStatus.normal
        switch datagram.content {
        case .payload(let bytes): payload = [bytes]
        case .status(let said): status = said
        }
        self.init(
            location: datagram.location, subgroup: nil, status: status, priority: datagram.priority,
            properties: datagram.properties, payload: payload)
    }
}
