internal import CommandLine
internal import MoQTCodec
internal import MoQTRelay
internal import MoQTSession
internal import Wire

/// One track being received: its request, its order, and what came of it.
///
///     idle ─subscribe─▶ asking ─SUBSCRIBE_OK─▶ receiving ─PUBLISH_DONE─▶ ended
///                         └──── refused, but may wait ───▶ pausing ─▶ asking
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
    private(set) var phase = Phase.idle
    private(set) var end: End?
    private(set) var assembler: ObjectAssembler
    /// Where to begin: nil joins the group in progress from its start.
    private let filter: LocationFilter?
    /// How long a publisher is waited for, each time there is none; nil: not at all.
    private let wait: Interval?
    private var waitUntil: Instant?
    private(set) var requestID: RequestID?
    private(set) var fetchID: RequestID?
    private var peer: Peer?
    /// Between two tries for a track that a server without rendezvous does not have yet.
    private static let pause = Interval.milliseconds(250)

    /// How long what is missing is waited for, in a lossless track and in one with a delivery timeout.
    private static let patience = (lossless: Interval.seconds(2), live: Interval.milliseconds(300))

    /// - Parameter filter: nil takes the group in progress from its start.
    init(_ name: FullTrackName, filter: LocationFilter?, _ settings: SubSettings) {
        self.name = name
        self.filter = filter
        wait = settings.wait
        assembler = ObjectAssembler(
            isUnordered: settings.unordered, patience: Self.patience.lossless, groupLimit: settings.groupLimit)
    }

    var isOver: Bool { end != nil }

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
        parameters.locationFilter = startingPoint
        if let wait {
            let until = waitUntil ?? now + wait
            waitUntil = until
            // Where the draft cannot ask the server to wait, asking again has to do.
            if peer.session.profile.carries(.rendezvousTimeout, in: .subscribe) {
                parameters.rendezvousTimeout = max(1, (until - now).millisecondsRoundedUp)
            }
        }
        guard let id = try? peer.session.subscribe(name, parameters) else {
            return finish(.failed("the session takes no more requests"), now)
        }
        requestID = id
        phase = .asking
        peer.flush()
    }

    private var startingPoint: LocationFilter {
        guard let last = assembler.last, last.object < .max else { return filter ?? .nextObject }
        return .absoluteStart(Location(group: last.group, object: last.object + 1))
    }

    func accepted(_ answer: SubscribeOK, _ now: Instant) {
        guard let peer, let requestID else { return }
        phase = .receiving
        waitUntil = nil
        if answer.trackProperties.objectDeliveryTimeout ?? 0 > 0 {
            assembler.isLive = true
            assembler.patience = Self.patience.live
        }
        if let largest = answer.parameters.largestObject { catchUp(to: largest, requestID, peer) }
        if assembler.last == nil {
            assembler.begins(at: (filter ?? .nextObject).start(largest: answer.parameters.largestObject))
        }
        assembler.resumed(now)
    }

    /// A subscription brings nothing that was published before it: what of that is wanted comes by FETCH, be it
    /// the group in progress or what was missed between two subscriptions.
    private func catchUp(to largest: Location, _ request: RequestID, _ peer: Peer) {
        let start: Location
        let fetch: Fetch.Target
        if let last = assembler.last {
            guard last < largest, last.object < .max else { return }
            start = Location(group: last.group, object: last.object + 1)
            fetch = .standalone(track: name, start: start, end: RangeEnd(group: largest.group, object: largest.object))
        } else {
            guard filter == nil else { return }
            start = Location(group: largest.group, object: 0)
            fetch = .relativeJoining(request: request, groups: 0)
        }
        var parameters = Parameters()
        parameters.groupOrder = .ascending
        guard let id = try? peer.session.fetch(fetch, parameters) else { return }
        fetchID = id
        assembler.fills(from: start, to: largest)
        peer.flush()
    }

    func rejected(_ error: RequestError, _ now: Instant) {
        requestID = nil
        let isAbsent = error.code == .doesNotExist || error.code == .timeout
        if isAbsent, let until = waitUntil {
            let next = now + Self.pause
            guard next < until, error.code != .timeout else { return finish(.lost("no publisher came in time"), now) }
            phase = .pausing(until: next)
            return
        }
        finish(.refused(error), now)
    }

    /// The joining FETCH is over, or was refused: what it did not bring is not to be had.
    func filled(_ now: Instant) {
        fetchID = nil
        assembler.filled(now)
    }

    func publishDone(_ done: PublishDone, _ now: Instant) {
        requestID = nil
        switch done.code {
        case .trackEnded, .subscriptionEnded: finish(.done, now)
        case .internalError, .goingAway, .expired:
            lost(done.reason.string.isEmpty ? "\(done.code)" : done.reason.string, now)
        default: finish(.failed("\(done.code): \(done.reason)"), now)
        }
    }

    /// The publisher or the connection vanished: waited for if `--wait` says so.
    func lost(_ words: String, _ now: Instant) {
        guard !isOver else { return }
        requestID = nil
        fetchID = nil
        guard let wait else { return finish(.lost(words), now) }
        assembler.interrupted()
        waitUntil = now + wait
        phase = .pausing(until: now)
    }

    /// The session is gone, and with it every stream; another may come.
    func disconnected(_ now: Instant) {
        requestID = nil
        fetchID = nil
        peer = nil
        assembler.disconnected(now)
        if !isOver { phase = .idle }
    }

    func finish(_ end: End, _ now: Instant) {
        guard self.end == nil else { return }
        self.end = end
        phase = .ended
        assembler.finish(now)
    }

    /// Enough has come: nothing more is wanted.
    func cancel() {
        if let requestID { peer?.say { try $0.cancel(requestID) } }
        if let fetchID { peer?.say { try $0.cancel(fetchID) } }
        requestID = nil
        fetchID = nil
        if end == nil { end = .done }
        phase = .ended
    }

    // MARK: - Time

    var deadline: Instant? {
        if case .pausing(let until) = phase { return until }
        return assembler.deadline
    }

    func timeReached(_ now: Instant) {
        if case .pausing(let until) = phase, until <= now {
            if let waitUntil, waitUntil <= now { return finish(.lost("no publisher came in time"), now) }
            if let peer { subscribe(on: peer, now) }
        }
        assembler.timeReached(now)
    }

    // MARK: - Data

    func received(_ event: SessionEvent, _ now: Instant) {
        switch event {
        case .subgroupOpened(let stream, _, let header, let wireBytes):
            assembler.opened(
                stream, group: header.group, subgroup: header.subgroup.number, priority: header.priority,
                endsGroup: header.endOfGroup, wireBytes: wireBytes, now)
        case .object(let stream, let object, let wireBytes):
            assembler.beganInSubgroup(object, on: stream, wireBytes: wireBytes, now)
        case .payload(let stream, let bytes):
            assembler.payload(bytes, on: stream, now)
        case .subgroupEnded(let stream, let end, _):
            assembler.ended(stream, finished: end == .fin, now)
        case .fetchOpened(let stream, _, let wireBytes):
            assembler.openedFetch(stream, wireBytes: wireBytes)
        case .fetchObject(let stream, let object, let wireBytes):
            let whole = ReceivedObject(
                location: object.location, subgroup: object.subgroup, status: .normal, priority: object.priority,
                properties: object.properties, payload: [])
            assembler.began(whole, length: object.payloadLength, on: stream, wireBytes: wireBytes, now)
        case .fetchEnded(let stream, _, _):
            assembler.ended(stream, finished: true, now)
            filled(now)
        case .datagramObject(_, let datagram):
            assembler.datagram(ReceivedObject(datagram), now)
        default: break
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
