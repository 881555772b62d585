package import MoQTCodec
internal import Wire

// Joining a track that is under way: up to draft-19 by a FETCH that goes with the subscription, since then by the fill
// of a SUBSCRIBE or REQUEST_UPDATE (draft-22 "Joining an Ongoing Track").

/// What of a track's past precedes a subscription, which brings only what is new.
package enum Join: Hashable, Sendable {
    /// The group in progress, and as many groups before it.
    case groups(before: UInt64)
    /// Everything from the Location on.
    case from(Location)

    /// Where it begins, if the publisher is at `largest`.
    package func start(largest: Location) -> Location {
        switch self {
        case .groups(let count):
            Location(group: largest.group >= count ? largest.group - count : 0, object: 0)
        case .from(let start): start
        }
    }

    /// The range in FILL_PARAMETERS, evaluated by the publisher.
    var filter: LocationFilter {
        switch self {
        case .groups(let count): .relativeStart(groups: count.addingSaturating(1))
        case .from(.zero): .unfiltered
        case .from(let start): .absoluteStart(start)
        }
    }
}

/// A join that is not over.
struct JoinProgress {
    let join: Join
    /// The message that asks for it: a FETCH, or the SUBSCRIBE or REQUEST_UPDATE with the fill; nil: none yet.
    var carrier: RequestID?
    /// The fill stream.
    var stream: StreamID?
}

extension FillParameters {
    /// In ascending order, so that what comes can be put before the subscription's objects.
    init(_ filter: LocationFilter) {
        self.init()
        locationFilter = filter
        groupOrder = .ascending
    }
}

// MARK: As subscriber

extension Session {
    var fillsStreams: Bool { profile.behaviours.contains(.fillStreams) }

    /// Asks for what precedes a subscription of ours, or one the peer began by PUBLISH, up to the Largest Object that
    /// the peer stated last. It comes from `fetchOpened` to `fetchEnded` under the ID of the subscription, if there is
    /// any; `joinEnded` follows in any case, unless the subscription ends otherwise than by `publishDone`.
    package mutating func join(_ subscription: RequestID, _ join: Join) throws(SessionError) {
        let state = try open(subscription)
        guard state.isSubscriber, state.phase == .established, state.forward, state.subscription.done == nil else {
            throw .notAllowed(subscription, "not a subscription that brings objects")
        }
        guard state.subscription.join == nil else { throw .notAllowed(subscription, "it is being joined") }
        requests[subscription]?.subscription.join = JoinProgress(join: join)
        startJoin(of: subscription)
    }

    /// The peer has said how far it is: sends what asks for the past, unless there is none.
    mutating func startJoin(of id: RequestID) {
        guard let request = requests[id], let progress = request.subscription.join, progress.stream == nil else {
            return
        }
        guard let largest = request.subscription.largest, progress.join.start(largest: largest) <= largest else {
            return endJoin(of: id, isWhole: true)
        }
        guard progress.carrier == nil else { return }
        do throws(SessionError) {
            if fillsStreams {
                try fill(id, progress.join, upTo: largest)
            } else {
                try joiningFetch(id, request, progress.join, upTo: largest)
            }
        } catch {
            endJoin(of: id, isWhole: false)
        }
    }

    private mutating func fill(_ id: RequestID, _ join: Join, upTo largest: Location) throws(SessionError) {
        let range = LocationFilter.absoluteRange(
            start: join.start(largest: largest), end: RangeEnd(group: largest.group, object: largest.object))
        var parameters = Parameters()
        parameters.fill = FillParameters(range)
        try update(id, parameters)
    }

    private mutating func joiningFetch(
        _ id: RequestID, _ request: Request, _ join: Join, upTo largest: Location
    ) throws(SessionError) {
        var parameters = Parameters()
        parameters.groupOrder = .ascending
        parameters.subscriberPriority = request.parameters.subscriberPriority
        parameters.rangeFilters = request.parameters.rangeFilters
        guard let track = request.track else { throw .unknownRequest(id) }
        let told = Fetch.Target.standalone(
            track: track, start: join.start(largest: largest),
            end: RangeEnd(group: largest.group, object: largest.object))
        var joining: RequestID?
        // Some drafts join only at Largest Object, where a subscription need not be: the range can be told, too.
        if case .groups(let count) = join {
            joining = try? fetch(.relativeJoining(request: id, groups: count), parameters)
        }
        let carrier: RequestID
        if let joining { carrier = joining } else { carrier = try fetch(told, parameters) }
        requests[carrier]?.fetch.joins = id
        expectJoin(of: id, by: carrier)
    }

    func isJoined(_ subscription: RequestID, by carrier: RequestID) -> Bool {
        requests[subscription]?.subscription.join?.carrier == carrier
    }

    /// What comes under `carrier` is what precedes the subscription `id`.
    mutating func expectJoin(of id: RequestID, by carrier: RequestID) {
        requests[id]?.subscription.join?.carrier = carrier
        if fillsStreams { fills[carrier] = id }
    }

    /// Nothing more precedes the subscription.
    /// - Parameter isWhole: everything that there is has come.
    mutating func endJoin(of id: RequestID, isWhole: Bool) {
        guard let join = requests[id]?.subscription.join else { return }
        requests[id]?.subscription.join = nil
        if let carrier = join.carrier { fills[carrier] = nil }
        events.append(.joinEnded(id, isWhole: isWhole))
        checkDone(id)
    }

    /// The subscription has ended, and with it its join.
    mutating func forgetJoin(of request: Request, _ code: StreamResetCode) {
        guard let join = request.subscription.join, let carrier = join.carrier else { return }
        fills[carrier] = nil
        if let stream = join.stream { abandonFetch(stream, code) }
        if !fillsStreams { end(carrier, cancellingWith: code) }
    }
}

// MARK: Fill streams

extension Session {
    /// Whether a fill stream may be read by now: its subscription is established.
    mutating func openFill(_ carrier: RequestID, on stream: StreamID) -> FillState? {
        guard let id = fills[carrier], isJoined(id, by: carrier), let request = requests[id],
            request.subscription.join?.stream == nil
        else { return nil }
        requests[id]?.subscription.join?.stream = stream
        requests[id]?.subscription.streamsSeen += 1
        fetches[stream]?.request = id
        fetches[stream]?.decoder.order = .ascending
        return request.phase == .pending && request.isOurs ? .waits : .opens(id)
    }

    /// The subscription `id` is established: the fill stream that came before the answer goes on.
    mutating func releaseFill(of id: RequestID) {
        guard let stream = requests[id]?.subscription.join?.stream, let state = fetches[stream], state.isHeld else {
            return
        }
        fetches[stream]?.isHeld = false
        fetches[stream]?.held = []
        events.append(.fetchOpened(stream, id, wireBytes: fetches[stream]?.takeWireBytes() ?? 0))
        for bytes in state.held { receivedData(bytes, on: stream, fin: false) }
        switch state.heldEnd {
        case .fin: receivedData(Bytes(), on: stream, fin: true)
        case .reset(let code): resetData(stream, code)
        case .stopped, nil: break
        }
    }

    mutating func fillEnded(of id: RequestID, _ end: StreamEnd) {
        requests[id]?.subscription.join?.stream = nil
        endJoin(of: id, isWhole: end == .fin)
    }
}

/// What becomes of a fill stream whose header has come.
enum FillState {
    /// It belongs to this subscription.
    case opens(RequestID)
    /// It is held until its subscription is established.
    case waits
}
