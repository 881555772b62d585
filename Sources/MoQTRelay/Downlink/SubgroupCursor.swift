internal import MoQTCodec
internal import Wire

/// One subscription's place in one subgroup.
final class SubgroupCursor: OutgoingStream {
    let log: SubgroupLog
    let subscription: Subscription
    var placeInLog = -1
    var placeInSubscription = -1
    /// The object to read, or being read.
    private var index: Int
    /// The first object that came when this reader was there.
    private let liveFrom: Int
    private var objectStarted = false
    /// Chunk being read, and what of it was staged.
    private var chunk = 0
    private var chunkOffset = 0
    private var taken: UInt64 = 0
    /// Since when it has not had everything, as far as was looked; nil: it has.
    var behindSince: Instant?
    /// Objects before this one are all it gets; nil: every object.
    private var limit: Int?
    /// Bytes that the connection had taken when that object was staged.
    private var objectSentFrom: UInt64 = 0
    /// When the object whose bytes are staged arrived.
    private var stagedArrival = Instant(nanoseconds: 0)
    /// The same for the first byte that is staged, or was last.
    private var stagedFrom = (byte: Instant(nanoseconds: 0), object: Instant(nanoseconds: 0))
    /// An object that the stream should have had did not pass the range filters.
    private var leavesOut = false
    /// Nil until the header was staged, with the first object that is sent.
    private var encoder: SubgroupObjectEncoder?

    /// - Parameter first: the first object to read; nil: what is there.
    init(log: SubgroupLog, subscription: Subscription, from first: Int? = nil) {
        self.log = log
        self.subscription = subscription
        index = first ?? log.firstReadable
        liveFrom = log.objectCount
        let order = SendOrder(
            publisherPriority: log.traits.priority ?? subscription.track.defaultPriority,
            group: subscription.groupOrder == .descending ? ~log.group : log.group, subgroup: log.subgroup)
        super.init(owner: subscription, order: order)
    }

    /// Stream bytes of the publisher that this reader is done with.
    var wirePosition: UInt64 {
        // What is staged for a stream that cannot be opened yet is as far as ever from being read.
        guard id != nil || !hasStaged else { return 0 }
        guard index < log.objectCount else { return log.wireReceived }
        if index == log.objectCount - 1, objectStarted, taken == log[index].received { return log.wireReceived }
        return log[index].wireStart + taken
    }

    /// Object and chunk before which nothing is wanted any more by this reader.
    var needed: (object: Int, chunk: Int) {
        guard index < log.objectCount else { return log.evictable }
        return (index, objectStarted ? chunk : log[index].firstChunk)
    }

    /// What this cursor would read next is gone, or older than it may be.
    func fellBehind() { subscription.cutOff(self, .tooFarBehind) }

    /// The first byte that the connection has not taken: when it arrived, and the object that it belongs to; nil: it has
    /// taken all there is.
    var oldestWaiting: (byte: Instant, object: Instant)? {
        if stagedCount > 0 { return stagedFrom }
        return pendingReset == nil && index < limit ?? .max ? oldestUnstaged : nil
    }

    private var oldestUnstaged: (byte: Instant, object: Instant)? {
        guard index < log.objectCount else { return nil }
        let object = log[index]
        if objectStarted, taken == object.received { return nil }
        return (object.arrival(of: taken), object.arrived)
    }

    /// Ends the stream with what is there now, though the log goes on.
    func cutShort() {
        limit = log.objectCount - (log.isLastWhole ? 0 : 1)
        dataArrived()
    }

    // MARK: - Reading

    override func refill(_ now: Instant) {
        defer { subscription.track.markForCredit(log) }
        guard pendingReset == nil, skipUnwanted() else { return }
        stagedFrom = oldestUnstaged ?? stagedFrom
        while !isFull, index < min(log.objectCount, limit ?? .max) {
            guard !isLate(log[index].arrived, now) else {
                return subscription.cutOff(self, .deliveryTimeout)
            }
            do {
                try stageObjectHeader()
            } catch {
                // The subscriber's draft has no words for the object: its subgroup is not for it.
                subscription.downlink.refuse("\(error)")
                return subscription.cutOff(self, .internalError)
            }
            stagePayload()
            guard taken == log[index].payloadLength else { break }
            nextObject()
            guard skipUnwanted() else { return }
            // What is staged can be dropped when its time is up, so it must be of one age.
            if subscription.hasTimeout { break }
        }
        if !isFull { stageEnd() }
    }

    override func recheck(_ now: Instant) {
        guard subscription.hasTimeout, isLate(stagedArrival, now) else { return }
        subscription.cutOff(self, .deliveryTimeout)
    }

    /// Whether the object that is sent, or goes next, is past its delivery timeout, or was to be begun with before (draft-18
    /// "MAX CACHE DURATION").
    func isLate(_ arrived: Instant, _ now: Instant) -> Bool {
        if subscription.isLate(arrived, log, now) { return true }
        let isBegun = stagedCount > 0 ? sentCount > objectSentFrom : objectStarted
        return !isBegun && !subscription.track.isFresh(arrived, now)
    }

    /// Passes over objects that are not to be sent: those before the range at the start, and anywhere those that do not
    /// pass the range filters, behind which a stream may go on (draft-22 "Closing Subgroup Streams"). False when the
    /// stream has come to its end: behind the range, or before it when it has begun already.
    private func skipUnwanted() -> Bool {
        while index < log.objectCount, !objectStarted {
            let location = Location(group: log.group, object: log[index].id)
            if subscription.isBeyondEnd(location) {
                endUnfinished(.cancelled)
                return false
            }
            if location < subscription.start {
                guard encoder == nil else {
                    subscription.cutOff(self, .cancelled)
                    return false
                }
            } else if let filter = subscription.objectFilter,
                !filter.passes(log[index], of: log, in: subscription.track)
            {
                leavesOut = true
            } else {
                return true
            }
            nextObject()
        }
        return true
    }

    private func nextObject() {
        index += 1
        objectStarted = false
        chunkOffset = 0
        taken = 0
    }

    private func stageObjectHeader() throws(CodecError) {
        guard !objectStarted else { return }
        objectSentFrom = sentCount
        let object = log[index]
        let downlink = subscription.downlink
        if encoder == nil {
            let streams = downlink.profile.streams
            let header = SubgroupHeader(
                trackAlias: subscription.alias, group: log.group,
                subgroup: log.subgroup == 0 ? .zero : .explicit(log.subgroup),
                // A draft without a default has every subgroup state its priority.
                priority: log.traits.priority
                    ?? (streams.defaultPriority == 0 ? subscription.track.defaultPriority : nil),
                hasProperties: log.traits.hasProperties,
                endOfGroup: log.traits.endsGroup,  // It is only a hint: where it cannot be given nothing is lost.
                isFirstObject: streams.firstObject != 0 && log.traits.startsSubgroup && index == 0)
            stage(
                try downlink.arena.encode { out throws(CodecError) in
                    try header.append(to: &out, profile: downlink.profile)
                })
            encoder = SubgroupObjectEncoder(profile: downlink.profile, header: header)
        }
        let fields = SubgroupObject(
            id: object.id, status: object.status, properties: object.properties,
            payloadLength: object.payloadLength)
        stage(try downlink.arena.encode { out throws(CodecError) in try encoder?.append(fields, to: &out) })
        begin(arrived: index >= liveFrom ? object.arrived : nil)
        objectStarted = true
        chunk = object.firstChunk
        chunkOffset = 0
        stagedArrival = object.arrived
    }

    override func count(_ object: BegunObject, _ now: Instant) {
        subscription.downlink.sent.streamObjects += 1
        if let arrived = object.arrived { subscription.downlink.sent.latency.count(now - arrived) }
    }

    private func stagePayload() {
        let end = log.endOfChunks(of: index)
        while chunk < end, !isFull {
            let bytes = log.chunk(chunk)
            if bytes.count > chunkOffset {
                let part = min(bytes.count - chunkOffset, Self.stageLimit)
                stage(bytes.slice(from: chunkOffset, count: part))
                taken += UInt64(part)
                chunkOffset += part
            }
            // The last chunk may still grow in place: stay on it.
            guard chunkOffset == bytes.count, chunk + 1 < end else { break }
            chunk += 1
            chunkOffset = 0
        }
    }

    /// The log has ended and nothing more of it can be read.
    private func stageEnd() {
        if let limit, index >= limit { return endUnfinished(.cancelled) }
        switch log.end {
        case .open: break
        case .finished where index < log.objectCount: break
        case .finished:
            log.wasReadThrough = true
            guard encoder != nil else { return subscription.finishedUnopened(self) }
            // A FIN would say that the subgroup was sent whole from the subscription's start on, and where its last
            // object is: whatever was left out, only a reset is true (draft-22 "Closing Subgroup Streams").
            if leavesOut { pendingReset = .cancelled } else { stageFin() }
        case .reset(let code):
            let isAtBreak = index == log.objectCount - 1 && !log[index].isComplete && taken == log[index].received
            guard isAtBreak || index == log.objectCount else { return }
            endUnfinished(code)
        }
    }

    private func endUnfinished(_ code: StreamResetCode) {
        if encoder != nil { pendingReset = code } else { subscription.finishedUnopened(self) }
    }
}
