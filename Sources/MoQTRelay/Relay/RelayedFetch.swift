internal import MoQTCodec
internal import MoQTSession
internal import Wire

/// A FETCH of what the relay does not have: a publisher is asked, and what it sends is passed on as it comes (draft-18
/// "FETCH", "Relays"). Nothing of it is kept.
final class RelayedFetch: StreamOwner {
    /// What was asked for.
    let request: Fetch
    let track: FullTrackName
    let requester: Peer
    /// Who is asked, and for what, when the publisher refuses.
    var others: [Peer] = []
    var range: LocationFilter?
    private let publisher: Peer
    private let askedID: RequestID
    private var encoder: FetchObjectEncoder
    /// What is passed on; nil: everything. The publisher is asked for all of the range.
    private let filter: ObjectFilter?
    /// The object that comes is not passed on.
    private var isSkipping = false
    private var stream: RelayedStream?
    /// The publisher's stream, and bytes of it that its credit is owed for.
    private var source: StreamID?
    private var owed = 0
    /// The requester has had FETCH_OK.
    private var isAccepted = false
    /// The publisher has sent its last.
    private var hasEnded = false
    /// The requester has had its last.
    private var isSent = false
    private var isOver = false

    init(_ request: Fetch, of track: FullTrackName, for requester: Peer, from publisher: Peer, asked id: RequestID) {
        self.request = request
        self.track = track
        self.requester = requester
        self.publisher = publisher
        askedID = id
        filter = ObjectFilter(request.parameters.rangeFilters)
        encoder = FetchObjectEncoder(
            profile: requester.downlink.profile, order: request.parameters.groupOrder ?? .ascending)
        super.init(
            requestID: request.requestID,
            subscriberPriority: request.parameters.subscriberPriority ?? Parameters.defaultSubscriberPriority,
            downlink: requester.downlink)
    }

    // MARK: - Told by the publisher

    func accepted(_ answer: FetchOK) {
        guard !isOver, !isAccepted else { return }
        do throws(SessionError) {
            do throws(SessionError) {
                try accept(answer, answer.end)
            } catch {
                // Where the last object must be named, the last there can be.
                guard answer.end.object == nil else { throw error }
                let last = min(downlink.profile.integers.maximum, .max - 1)
                try accept(answer, RangeEnd(group: answer.end.group, object: last))
            }
            isAccepted = true
            requester.flush()
            finish()
        } catch {
            requester.refuse(requestID, error)
            cancel()
        }
    }

    private func accept(_ answer: FetchOK, _ end: RangeEnd) throws(SessionError) {
        try requester.session.acceptFetch(
            requestID, end: end, endOfTrack: answer.endOfTrack, properties: answer.trackProperties)
    }

    func opened(_ source: StreamID) { self.source = source }

    func begin(_ object: FetchObject, wireBytes: Int) {
        owed += wireBytes
        isSkipping = filter.map { !$0.passes(object) } ?? false
        if isSkipping { return pay(wireBytes) }
        stage { fetch, out throws(CodecError) in
            try fetch.encoder.append(object, to: &out)
            fetch.downlink.sent.fetchedObjects += 1
        }
    }

    func append(_ payload: Bytes) {
        owed += payload.count
        if isSkipping { return pay(payload.count) }
        guard let stream, stream.pendingReset == nil else { return pay(owed) }
        stream.stage(payload)
        stream.dataArrived()
    }

    func skip(_ gap: FetchGap, wireBytes: Int) {
        owed += wireBytes
        let gaps = downlink.profile.objects.fetch.gaps
        // Where there is no sign for it, what is left out does not exist.
        guard gap.reason != .doesNotExist || gaps.contains(.doesNotExist) else { return pay(owed) }
        var gap = gap
        if !gaps.contains(gap.reason) { gap.reason = .unknown }
        // The end of a group is the largest number that a draft can write.
        if gap.end.object >= publisher.downlink.profile.integers.maximum {
            gap.end.object = downlink.profile.integers.maximum
        }
        stage { fetch, out throws(CodecError) in try fetch.encoder.append(gap, to: &out) }
    }

    func ended(_ end: StreamEnd) {
        hasEnded = true
        switch end {
        case .fin:
            // Something of it could not be passed on.
            if let stream = openStream(), stream.pendingReset == nil { stream.stageFin() }
        case .reset(let code), .stopped(let code): fail(code)
        }
        stream?.dataArrived()
        finish()
    }

    /// The publisher is gone, or has refused or given up what it had begun.
    func lost(_ error: RequestError) {
        guard !isOver, !hasEnded || !isAccepted else { return }
        hasEnded = true
        if isAccepted { fail(.internalError) } else { refuse(error) }
    }

    private func refuse(_ error: RequestError) {
        cancel()
        requester.say { try $0.reject(requestID, error.code, reason: error.reason.string) }
    }

    // MARK: - To the requester

    private func stage(_ body: (RelayedFetch, inout [UInt8]) throws(CodecError) -> Void) {
        guard let stream = openStream(), stream.pendingReset == nil else { return pay(owed) }
        do throws(CodecError) {
            stream.stage(
                try downlink.arena.encode { out throws(CodecError) in try body(self, &out) })
        } catch {
            downlink.refuse("\(error)")
            fail(.internalError)
        }
        stream.dataArrived()
    }

    /// The stream, which begins with its header; nil: it is over.
    private func openStream() -> RelayedStream? {
        if isOver || isSent { return nil }
        if let stream { return stream }
        let stream = RelayedStream(
            owner: self, order: SendOrder(publisherPriority: 128, group: 0, subgroup: 0))
        self.stream = stream
        do throws(CodecError) {
            stream.stage(
                try downlink.arena.encode { out throws(CodecError) in
                    try encoder.appendHeader(requestID, to: &out)
                })
        } catch {
            stream.pendingReset = .internalError
        }
        return stream
    }

    /// What was staged still goes, then the reset follows.
    private func fail(_ code: StreamResetCode) {
        guard let stream = openStream(), stream.pendingReset == nil else { return }
        stream.pendingReset = code
        stream.dataArrived()
    }

    /// Gives the publisher credit for bytes that are on their way.
    fileprivate func took(_ count: Int, isEmpty: Bool) { pay(isEmpty ? owed : min(owed, count)) }

    private func pay(_ count: Int) {
        owed -= count
        if let source { publisher.credit(source, count) }
    }

    override func streamClosed(_ stream: OutgoingStream) {
        self.stream = nil
        isSent = true
        pay(owed)
        guard !hasEnded else { return finish() }
        giveUp()
        if isAccepted { finish() } else { refuse(RequestError()) }
    }

    override func stopped(_ stream: OutgoingStream) {
        stream.dropStaged()
        downlink.reset(stream, .cancelled)
    }

    // MARK: - Ends

    /// Nothing of it has been passed on.
    var isUntouched: Bool { !isOver && !isAccepted && !isSent && stream == nil }

    /// Somebody else answers the requester.
    func letGo() {
        isOver = true
        requester.requests[requestID] = nil
    }

    private func finish() {
        guard isAccepted, hasEnded, !isOver else { return }
        publisher.requests[askedID] = nil
        guard isSent else { return }
        isOver = true
        requester.requests[requestID] = nil
        requester.say { try $0.fetchDone(requestID) }
    }

    /// The requester does not want it any more, or has been refused.
    func cancel(_ code: StreamResetCode = .cancelled) {
        guard !isOver else { return }
        letGo()
        if let stream {
            stream.dropStaged()
            downlink.reset(stream, code)
        }
        if !hasEnded { giveUp() }
    }

    private func giveUp() {
        hasEnded = true
        publisher.requests[askedID] = nil
        publisher.say { try $0.cancel(askedID) }
    }
}

/// The stream to who asked.
private final class RelayedStream: OutgoingStream {
    override func took(_ count: Int, fin: Bool) {
        super.took(count, fin: fin)
        (owner as? RelayedFetch)?.took(count, isEmpty: stagedCount == 0)
    }
}
