package import MoQTCodec
internal import MoQTSession
package import Wire

/// All data a session has to send: picks the stream that goes next, holds nothing that could still be dropped.
///
/// The connection pulls (``nextStream(_:open:)``, ``gather(into:)``, ``took(_:fin:_:)``) while it fills packets.
package final class Downlink {
    /// Datagrams waiting at most; the oldest is dropped beyond (a datagram track never waits).
    package var datagramLimit = 2048
    /// How many were.
    private(set) var overflowed: UInt64 = 0

    let profile: Profile
    /// Whom it leads to. Siblings are told only of what this relay's own clients publish.
    let kind: PeerKind
    var isSibling: Bool { kind.isSibling }
    var arena = HeaderArena()
    /// Requests with something ready.
    private var listed: [StreamOwner] = []
    private var streams: [StreamID: OutgoingStream] = [:]
    private var unopened: [OutgoingStream] = []
    private var current: OutgoingStream?
    private var turn: UInt64 = 0
    private var datagrams = Fifo<QueuedDatagram>()
    /// What was handed to the connection, and what was not.
    package internal(set) var sent = Traffic.Sent()
    /// When the peer last acknowledged stream data, or got some after all was acknowledged.
    package private(set) var lastProgress = Instant(nanoseconds: 0)
    private var unacknowledged = 0

    private var resets = Fifo<(StreamID, StreamResetCode)>()
    private var endings = Fifo<Ending>()
    /// Called when there is something to send after there was nothing.
    package var wake: (() -> Void)?

    /// Told each time why something can't be said in the peer's draft.
    package var toldOfRefusal: ((String) -> Void)?

    private struct QueuedDatagram {
        let bytes: Bytes
        /// When the object arrived.
        let arrived: Instant
        /// When it is too late for it, by whose clock; nil: never (draft-18 "Delivery Timeouts and Data Reliability").
        let deadline: (time: Instant, clock: Cache)?

        var isLate: Bool { deadline.map { $0.time < $0.clock.clock } ?? false }
    }

    /// A subscription whose last stream has been closed: PUBLISH_DONE is due.
    package struct Ending {
        package let requestID: RequestID
        package let code: PublishDoneCode
        package let reason: String
        package let streamCount: UInt64
    }

    /// - Parameter profile: of the session's draft.
    package init(profile: Profile, kind: PeerKind = .client) {
        self.profile = profile
        self.kind = kind
    }

    /// Whether what comes from `publisher` is for its peer.
    func hears(_ publisher: Peer) -> Bool { !(kind.isSibling && publisher.isSibling) }

    // MARK: - Pulled by the connection

    /// The stream to write next, opened by `open` if need be, which is told for what request; nil: nothing to send now.
    package func nextStream(_ now: Instant, open: (RequestID) -> StreamID?) -> StreamID? {
        while let owner = bestOwner() {
            guard let stream = owner.best else { continue }
            if stream.hasStaged { stream.recheck(now) } else { stream.refill(now) }
            guard stream.phase == .ready else { continue }
            guard stream.hasStaged else {
                owner.unready(stream)
                resetIfAcknowledged(stream)
                continue
            }
            guard let id = stream.id ?? opened(stream, open) else { continue }
            turn += 1
            owner.turn = turn
            current = stream
            return id
        }
        return nil
    }

    /// Slices of the stream ``nextStream(_:open:)`` returned last; true when FIN follows.
    package func gather(into list: inout [Bytes]) -> Bool {
        current?.gather(into: &list) ?? false
    }

    /// The connection took bytes of the current stream.
    package func took(_ count: Int, fin: Bool, _ now: Instant) {
        guard let stream = current else { return }
        if unacknowledged == 0 { lastProgress = now }
        unacknowledged += count
        sent.bytes += UInt64(count)
        stream.took(count, fin: fin)
        while let object = stream.nextBegun() { stream.count(object, now) }
        if fin { close(stream) }
    }

    /// The current stream has no flow-control credit.
    package func blocked() {
        guard let stream = current, stream.phase == .ready else { return }
        stream.owner.unready(stream)
        stream.phase = .blocked
    }

    /// The current stream can't be written any more.
    package func refused() {
        guard let stream = current else { return }
        stream.dropStaged()
        close(stream)
    }

    private func bestOwner() -> StreamOwner? {
        var best: StreamOwner?
        var index = 0
        while index < listed.count {
            let owner = listed[index]
            guard owner.hasReady else {
                owner.isListed = false
                listed.swapAt(index, listed.count - 1)
                listed.removeLast()
                continue
            }
            if best.map({ precedes(owner, $0) }) ?? true { best = owner }
            index += 1
        }
        return best
    }

    /// Subscriber priority, then publisher priority, then what precedes a subscription, then whoever waited longest
    /// (draft-18 "Scheduling Algorithm").
    private func precedes(_ a: StreamOwner, _ b: StreamOwner) -> Bool {
        if a.subscriberPriority != b.subscriberPriority { return a.subscriberPriority < b.subscriberPriority }
        let left = a.best?.order.publisherPriority ?? 255
        let right = b.best?.order.publisherPriority ?? 255
        if left != right { return left < right }
        return a.goesBefore(b) ?? b.goesBefore(a).map { !$0 } ?? (a.turn < b.turn)
    }

    private func opened(_ stream: OutgoingStream, _ open: (RequestID) -> StreamID?) -> StreamID? {
        guard let id = open(stream.owner.requestID) else {
            stream.owner.unready(stream)
            stream.phase = .unopened
            unopened.append(stream)
            return nil
        }
        stream.id = id
        streams[id] = stream
        stream.owner.opened(stream)
        return id
    }

    // MARK: - Told by the connection

    /// Whether the stream is one of those it sends.
    package func owns(_ id: StreamID) -> Bool { streams[id] != nil }

    package func writable(_ id: StreamID) {
        guard let stream = streams[id], stream.phase == .blocked else { return }
        stream.owner.makeReady(stream)
    }

    /// Streams that would be opened if they could be.
    package var unopenedCount: Int { unopened.count }

    package func streamsAvailable() {
        let waiting = unopened
        unopened = []
        for stream in waiting where stream.phase == .unopened {
            stream.phase = .idle
            stream.owner.makeReady(stream)
        }
    }

    package func acknowledged(_ id: StreamID, _ count: Int, _ now: Instant) {
        lastProgress = now
        unacknowledged = max(0, unacknowledged - count)
        guard let stream = streams[id] else { return }
        stream.acknowledged(count)
        if stream.phase == .resetting { resetIfAcknowledged(stream) }
    }

    /// STOP_SENDING came.
    package func stopped(_ id: StreamID) {
        guard let stream = streams[id] else { return }
        stream.owner.stopped(stream)
    }

    // MARK: - Told by requests

    func list(_ owner: StreamOwner) {
        guard !owner.isListed else { return }
        owner.isListed = true
        listed.append(owner)
        wake?()
    }

    func reset(_ stream: OutgoingStream, _ code: StreamResetCode) {
        if let id = stream.id, stream.phase != .closed {
            resets.append((id, code))
            sent.resets.count(code)
            wake?()
        }
        close(stream)
    }

    func finished(_ subscription: Subscription, _ code: PublishDoneCode, _ reason: String) {
        sent.endings.count(code)
        endings.append(
            Ending(
                requestID: subscription.requestID, code: code, reason: reason,
                streamCount: subscription.streamCount))
        wake?()
    }

    /// The session is gone: nothing is sent any more.
    func shutDown() {
        listed = []
        streams = [:]
        unopened = []
        current = nil
        datagrams = Fifo()
        resets = Fifo()
        endings = Fifo()
        wake = nil
    }

    private func close(_ stream: OutgoingStream) {
        guard stream.phase != .closed else { return }
        stream.owner.unready(stream)
        if stream.phase == .unopened { unopened.removeAll { $0 === stream } }
        stream.phase = .closed
        if let id = stream.id { streams[id] = nil }
        if current === stream { current = nil }
        stream.owner.streamClosed(stream)
    }

    private func resetIfAcknowledged(_ stream: OutgoingStream) {
        guard let code = stream.pendingReset else { return }
        if stream.isAcknowledged { reset(stream, code) } else { stream.phase = .resetting }
    }

    // MARK: - Drained by the driver

    /// A stream to reset, with its code.
    package func nextReset() -> (StreamID, StreamResetCode)? { resets.popFirst() }

    /// Nil while datagrams wait: PUBLISH_DONE follows the last of them (draft-18 "PUBLISH_DONE").
    package func nextEnding() -> Ending? { datagrams.isEmpty ? endings.popFirst() : nil }

    /// The peer's draft has no words for a track or an object.
    func refuse(_ why: String) {
        sent.inexpressible += 1
        toldOfRefusal?(why)
    }

    // MARK: - Datagrams

    /// - Parameter defaultPriority: of the track; stated where the draft has no default.
    func send(
        _ datagram: LoggedDatagram, group: UInt64, alias: TrackAlias, defaultPriority: UInt8,
        until deadline: (Instant, Cache)?
    ) {
        if datagrams.count >= datagramLimit {
            overflowed += 1
            dropDatagram()
        }
        let object = ObjectDatagram(
            trackAlias: alias, location: Location(group: group, object: datagram.object.id),
            priority: datagram.priority ?? (profile.datagrams.defaultPriority == 0 ? defaultPriority : nil),
            endOfGroup: datagram.endsGroup, properties: datagram.object.properties,
            content: datagram.object.status == .normal ? .payload(datagram.payload) : .status(datagram.object.status))
        do {
            let bytes = try arena.encode { out throws(CodecError) in
                try object.appendHeader(to: &out, profile: profile)
                datagram.payload.append(to: &out)
            }
            datagrams.append(QueuedDatagram(bytes: bytes, arrived: datagram.object.arrived, deadline: deadline))
        } catch {
            sent.droppedDatagrams += 1
            refuse("\(error)")
        }
        wake?()
    }

    /// The datagram to send next; stays queued until ``tookDatagram(_:)`` or ``dropDatagram()``.
    package var nextDatagram: Bytes? {
        while let first = datagrams.first, first.isLate { dropDatagram() }
        return datagrams.first?.bytes
    }

    /// The connection took it.
    package func tookDatagram(_ now: Instant) {
        guard let datagram = popDatagram() else { return }
        sent.datagramObjects += 1
        sent.bytes += UInt64(datagram.bytes.count)
        sent.latency.count(now - datagram.arrived)
    }

    /// The connection has no way to send it.
    package func dropDatagram() {
        if popDatagram() != nil { sent.droppedDatagrams += 1 }
    }

    private func popDatagram() -> QueuedDatagram? {
        guard let datagram = datagrams.popFirst() else { return nil }
        if datagrams.isEmpty, !endings.isEmpty { wake?() }
        return datagram
    }

    /// Nothing is waiting to be sent.
    package var isIdle: Bool {
        !listed.contains { $0.hasReady } && streams.isEmpty && unopened.isEmpty && datagrams.isEmpty && endings.isEmpty
    }
}
