internal import MoQTCodec
internal import MoQTSession
internal import Wire

/// FETCH from the log, and of what is not there from publishers.
extension Relay {
    func fetch(_ request: Fetch, of name: FullTrackName, from peer: Peer) {
        let track = tracks[name]
        // How far a publisher is that sends nothing is not known, nor what another loop goes on with that is not read.
        if let log = track?.log, track?.isFollowed(for: peer) ?? false || !mayAsk(request, name, for: peer) {
            return _ = peer.answer(request, with: log, by: self)
        }
        for log in [track?.log, track?.fetched].compactMap(\.self) where peer.knowsEnd(of: request, in: log) {
            return _ = peer.answer(request, with: log, by: self)
        }
        if request.parameters.fillTimeout != 0, open(request, of: name, for: peer) { return }
        answer(request, from: track?.fetched ?? track?.log, to: peer, .doesNotExist, "no such track")
    }

    /// Somebody may say how far the track goes.
    private func mayAsk(_ request: Fetch, _ name: FullTrackName, for peer: Peer) -> Bool {
        guard case .standalone = request.target else { return false }
        return !sources(of: name, for: peer).isEmpty
    }

    /// From what there is here of a track that is not followed.
    private func answer(
        _ request: Fetch, from log: TrackLog?, to peer: Peer, _ code: RequestErrorCode, _ reason: String
    ) {
        if let log, log.largest != nil { return _ = peer.answer(request, with: log, by: self) }
        peer.say { try $0.reject(request.requestID, code, reason: reason) }
    }

    // MARK: - What is missing

    /// Has what is unknown of a reply's range asked for when it is its turn (draft-18 "FILL TIMEOUT Parameter").
    ///
    /// - Parameter timeout: in milliseconds; 0 waits for no publisher, nil for as long as they take.
    func fill(_ reply: FetchReply, for peer: Peer, within timeout: UInt64?) {
        guard timeout != 0 else { return reply.losePatience(.unknown) }
        reply.ask = { [weak self, weak peer] reply, place, now in
            guard let self, let peer else { return false }
            return fill(reply, from: place, for: peer, now)
        }
        guard let timeout else { return }
        reply.fillTimeout = timeout
        timed.append(reply)
    }

    /// Starts what a subscriber wants of the past.
    func start(_ fill: FetchReply, for peer: Peer) {
        self.fill(fill, for: peer, within: fill.fillTimeout)
        fill.start()
    }

    /// Gaps of a reply that are asked for at once: the next are asked for when they are reached.
    private static let gapsAtOnce = 4

    /// Asks for what is unknown from a place on, but for what is coming already.
    /// - Returns: whether the place is coming.
    private func fill(_ reply: FetchReply, from place: Location, for peer: Peer, _ now: Instant) -> Bool {
        let log = reply.track
        for gap in gaps(of: reply, from: place, now) {
            var missing = LocationSet()
            missing.insert(gap)
            for range in reply.missed.ranges { missing.remove(range) }
            for fill in log.fills where reply.hears(fill) { fill.coming.forEach { missing.remove($0) } }
            let ranges = Array(missing.ranges)
            for range in reply.order == .ascending ? ranges : ranges.reversed() {
                let end = RangeEnd(
                    group: range.upperBound.group,
                    object: range.upperBound.object == .max ? nil : range.upperBound.object)
                let filter = LocationFilter.absoluteRange(start: range.lowerBound, end: end)
                let fill = Fill(log, range, reply.order, now: now)
                guard ask(sources(of: log.name, for: peer), for: fill, filter) else {
                    fill.end(isWhole: false)
                    reply.misses(range)
                    continue
                }
                reply.join(fill, isOwn: true)
            }
        }
        return log.fills.contains { $0.isComing(place) && reply.hears($0) }
    }

    /// What is unknown of what a reply has not come to.
    private func gaps(of reply: FetchReply, from place: Location, _ now: Instant) -> [ClosedRange<Location>] {
        let (log, range, limit) = (reply.track, reply.range, Self.gapsAtOnce)
        guard reply.order == .descending else {
            return log.unknown(in: place...range.upperBound, .ascending, limit: limit, now)
        }
        let last = range.lastLocation(of: place.group), first = range.firstLocation(of: place.group)
        // What precedes it in its group may be gone since it was read.
        guard first < place else { return log.unknown(in: range.lowerBound...last, .descending, limit: limit, now) }
        let found = log.unknown(in: place...last, .descending, limit: limit, now)
        guard range.lowerBound < first, found.count < limit else { return found }
        return found + log.unknown(in: range.lowerBound...first.previous, .descending, limit: limit - found.count, now)
    }

    /// Asks the first of `publishers` that can be asked (draft-18 "FETCH"); false when there is none.
    private func ask(_ publishers: [Peer], for fill: Fill, _ range: LocationFilter?) -> Bool {
        for (index, publisher) in publishers.enumerated() {
            guard let id = ask(publisher, fill.log.name, range, fill.order) else { continue }
            // The others would say the same, but for other loops, each of which knows its own publishers only.
            let others = publishers[(index + 1)...].filter { publisher.isSibling || $0.isSibling }
            follow(fill, id, from: publisher, range)
            fill.retry = { [weak self, weak fill] in
                guard let self, let fill else { return false }
                return ask(others, for: fill, range)
            }
            return true
        }
        return false
    }

    private func ask(
        _ publisher: Peer, _ name: FullTrackName, _ range: LocationFilter?, _ order: GroupOrder?
    ) -> RequestID? {
        var parameters = Parameters()
        parameters.groupOrder = order
        if let id = try? publisher.session.fetch(.standalone(track: name, range: range), parameters) { return id }
        // Some drafts must be told an end: the last that they can say.
        guard range?.end == nil, let start = (range ?? .unfiltered).absoluteStart else { return nil }
        let end = RangeEnd(group: publisher.session.profile.integers.maximum)
        return try? publisher.session.fetch(.standalone(track: name, start: start, end: end), parameters)
    }

    private func follow(_ fill: Fill, _ id: RequestID, from publisher: Peer, _ range: LocationFilter?) {
        publisher.requests[id] = .fillAsked(fill)
        fill.isFromSibling = publisher.isSibling
        fill.isReleased = false
        if !fills.contains(where: { $0 === fill }) { fills.append(fill) }
        fill.done = { [weak self, weak fill, weak publisher] in
            publisher?.requests[id] = nil
            self?.fills.removeAll { $0 === fill }
        }
        fill.abandoned = { [weak fill, weak publisher] in
            fill?.end(isWhole: false)
            publisher?.say { try $0.cancel(id) }
        }
        fill.renew = { [weak self, weak fill, weak publisher] other in
            guard let self, let fill, let next = ask(other, fill.log.name, range, fill.order) else { return }
            publisher?.requests[id] = nil
            publisher?.say { try $0.cancel(id) }
            follow(fill, next, from: other, range)
        }
        publisher.flush()
    }

    func accepted(_ fill: Fill, _ answer: FetchOK, by publisher: Peer) {
        var end = Location(group: answer.end.group, object: answer.end.object ?? .max)
        let profile = publisher.session.profile
        let log = fill.log
        // The end of a group is about the largest number that a draft can write; or the last object there is in one that
        // is followed by others (draft-18 "FETCH_OK").
        let isFollowed =
            profile.behaviours.contains(.fetchOKNamesObject) && log.largest.map { $0.group > end.group } ?? false
        if isFollowed || end.object >= min(profile.integers.maximum, .max - 1) { end.object = .max }
        guard let opening = openings.first(where: { $0.fill === fill }) else {
            fill.accepted(start: fill.range.lowerBound, end: end)
            return fill.isLeaving ? move(fill, to: publisher) : ()
        }
        log.properties = answer.trackProperties
        log.reached(end)
        if answer.endOfTrack { log.final = end }
        openings.removeAll { $0 === opening }
        fill.accepted(start: (opening.filter ?? .unfiltered).start(largest: end), end: end)
        for waiting in opening.waiting.values {
            waiting.peer.requests[waiting.request.requestID] = nil
            guard let reply = waiting.peer.answer(waiting.request, with: log, by: self) else { continue }
            reply.join(fill, isOwn: opening.isFor(waiting.request))
        }
        if fill.readers.isEmpty { fill.abandoned?() }
        if fill.isLeaving { move(fill, to: publisher) }
    }

    /// A publisher that was asked has refused, or is gone.
    func failed(_ fill: Fill, _ error: RequestError) {
        // Whoever knows that a range lies in the future need not be asked twice.
        if fill.isUntouched, error.code != .invalidRange, let retry = fill.retry.take(), retry() { return }
        // Where there are no objects up to what has been published, there will be none.
        let isEmpty = error.code == .noObjects && fill.log.largest.map { fill.range.upperBound <= $0 } ?? false
        if isEmpty { fill.accepted(start: fill.range.lowerBound, end: fill.range.upperBound) }
        fill.end(isWhole: isEmpty)
        if let opening = openings.first(where: { $0.fill === fill }) { close(opening, error) }
    }

    /// The stream of a fill is over before its end: what has not come is unknown.
    /// - Parameter error: what FETCHes are refused with that have no answer yet.
    func cutOff(_ fill: Fill, _ error: RequestError = RequestError()) {
        fill.end(isWhole: false)
        if let opening = openings.first(where: { $0.fill === fill }) { close(opening, error) }
    }

    // MARK: - Tracks that are not followed

    /// Asks a publisher for a range of a track of which it is not known how far it goes; false: there is none to ask.
    private func open(_ request: Fetch, of name: FullTrackName, for peer: Peer) -> Bool {
        guard case .standalone(_, let filter) = request.target else { return false }
        if let opening = openings.first(where: {
            $0.fill.log.name == name && $0.covers(filter) && !(peer.isSibling && $0.fill.isFromSibling)
        }) {
            wait(request, of: peer, for: opening)
            return true
        }
        let order = request.parameters.groupOrder ?? .ascending
        let start = (filter ?? .unfiltered).absoluteStart
        var range = (start ?? .zero)...max(start ?? .zero, filter.lastLocation)
        var asked = filter
        if let known = tracks[name]?.fetched, start != nil, let missing = known.firstUnknown(in: range, cache.clock) {
            range = missing...range.upperBound
            asked = filter?.end.map { .absoluteRange(start: missing, end: $0) } ?? .absoluteStart(missing)
        }
        let publishers = sources(of: name, for: peer)
        guard let publisher = publishers.first else { return false }
        let track = track(name)
        let log =
            track.fetched
            ?? TrackLog(name: name, properties: Properties(), delivery: .lossless, cache: cache, isOriginal: false)
        track.fetched = log
        track.fetchedFrom = publisher.number
        let fill = Fill(log, range, order, startIsOpen: start == nil, now: cache.clock)
        guard ask(publishers, for: fill, asked) else {
            fill.end(isWhole: false)
            dropUnread(log)
            return false
        }
        let opening = Opening(fill, filter)
        openings.append(opening)
        wait(request, of: peer, for: opening)
        return true
    }

    private func wait(_ request: Fetch, of peer: Peer, for opening: Opening) {
        let timeout = request.parameters.fillTimeout.map(Interval.milliseconds)
        opening.waiting[RequestKey(peer, request.requestID)] = .init(
            peer: peer, request: request, deadline: timeout.map { cache.clock + $0 })
        peer.requests[request.requestID] = .openingFetch(opening)
    }

    private func close(_ opening: Opening, _ error: RequestError) {
        openings.removeAll { $0 === opening }
        for waiting in opening.waiting.values {
            waiting.peer.requests[waiting.request.requestID] = nil
            // What is refused of a longer range, or in another order, need not be of its own.
            let name = opening.fill.log.name
            if !opening.isFor(waiting.request), open(waiting.request, of: name, for: waiting.peer) { continue }
            answer(waiting.request, from: opening.fill.log, to: waiting.peer, error.code, error.reason.string)
        }
        opening.waiting = [:]
        dropUnread(opening.fill.log)
    }

    /// A track of which nothing was had is not kept.
    private func dropUnread(_ log: TrackLog) {
        guard let track = tracks[log.name], track.fetched === log, log.largest == nil, !log.hasReaders,
            !openings.contains(where: { $0.fill.log === log })
        else { return }
        cache.remove(log)
        track.fetched = nil
        dropIfIdle(track)
    }

    /// A FETCH that waits is given up; the publisher is told when it was the last.
    func leave(_ opening: Opening, _ key: RequestKey) {
        opening.waiting[key] = nil
        guard opening.waiting.isEmpty else { return }
        openings.removeAll { $0 === opening }
        opening.fill.abandoned?()
        dropUnread(opening.fill.log)
    }

    // MARK: - Time

    /// When the first of those that wait for publishers has waited long enough; nil: nobody minds.
    var fillDeadline: Instant? {
        var first: Instant?
        for reply in timed { if let due = reply.deadline { first = min(first ?? due, due) } }
        for opening in openings {
            for waiting in opening.waiting.values { if let due = waiting.deadline { first = min(first ?? due, due) } }
        }
        return first
    }

    /// Who has waited for publishers long enough gets what there is.
    func expireFills(_ now: Instant) {
        timed.removeAll { !$0.isLive || $0.impatience != nil }
        for reply in timed { if let due = reply.deadline, due <= now { reply.losePatience(.timedOut) } }
        for fill in fills where fill.isAwaited && now - fill.lastProgress > Cache.patience { fill.abandoned?() }
        for opening in openings { expire(opening, now) }
    }

    private func expire(_ opening: Opening, _ now: Instant) {
        let isStuck = now - opening.fill.lastProgress > Cache.patience
        for (key, waiting) in opening.waiting where isStuck || waiting.deadline.map({ $0 <= now }) ?? false {
            waiting.peer.requests[waiting.request.requestID] = nil
            waiting.peer.say {
                try $0.reject(waiting.request.requestID, .timeout, reason: "no publisher answered in time")
            }
            leave(opening, key)
        }
    }

    // MARK: - What precedes a subscription of the relay's

    /// Fetches the beginning of the group in progress, unless it is there.
    func startFill(_ upstream: Upstream, upTo largest: Location) {
        guard let log = upstream.track.log, log.largest.map({ $0 < largest }) ?? true else { return }
        log.reached(largest)
        if upstream.forwards { fill(upstream, upTo: largest) } else { upstream.unfilled = largest }
    }

    /// A publisher that had been told to wait sends: what it published before is fetched now.
    func fillLate(_ upstream: Upstream, upTo largest: Location?) {
        guard upstream.forwards, let missing = upstream.unfilled else { return }
        upstream.unfilled = nil
        fill(upstream, upTo: largest ?? missing)
    }

    private func fill(_ upstream: Upstream, upTo largest: Location) {
        let track = upstream.track
        guard let log = track.log, !track.upstreams.contains(where: { $0.fill != nil }) else { return }
        if !upstream.isJoining {
            guard (try? upstream.peer.session.join(upstream.requestID, .groups(before: 0))) != nil else { return }
            upstream.isJoining = true
        }
        upstream.fill = Fill(
            log, Location(group: largest.group, object: 0)...largest, .ascending, isAccepted: true,
            followsReaders: false, now: cache.clock)
        upstream.fill?.isFromSibling = upstream.peer.isSibling
        upstream.peer.flush()
    }

    /// What precedes the subscription to a publisher has come, or will not.
    func joinEnded(_ upstream: Upstream, isWhole: Bool) {
        upstream.isJoining = false
        guard let fill = upstream.fill.take() else { return }
        fill.end(isWhole: isWhole)
        abandonIfUnwanted(upstream.track)
    }
}
