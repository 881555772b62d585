internal import MoQTCodec
internal import MoQTSession
package import Wire

/// One end of a session between two loops of one relay, over memory in place of a connection.
///
/// It does for its peer what a link does with QUIC: opens streams, carries bytes and credit. What it gives by
/// ``flush(_:)`` goes to the other end's ``take(_:_:)``, whole and in order. Payload crosses by reference.
package final class Pipe {
    /// The draft the loops speak with each other: the newest in which a subscription begins with the group in progress,
    /// as one does that is answered from the log itself.
    static let profile = Profile.draft19
    /// Bytes of a data stream that the other end has not read, at most.
    package static let streamWindow = 256 << 10

    package let peer: Peer
    /// Data streams of a request that the other end has not read, at most: as many as a publisher's connection may have.
    var streamLimit = 1000
    /// Called when there is something to flush after there was nothing.
    package var wake: (() -> Void)?
    /// There is something to flush.
    package private(set) var isDirty = true
    private var isFlushing = false

    private unowned let relay: Relay
    private let role: EndpointRole
    private var outbox: [PipeMessage] = []
    private var openCounts: [StreamDirection: UInt64] = [:]
    private var sending: [StreamID: Sending] = [:]
    /// Streams of the other end that have not ended, and whether they were told to stop.
    private var receiving: [StreamID: Bool] = [:]
    /// Bytes read of each data stream since the last flush.
    private var credits: [StreamID: Int] = [:]
    /// Data streams per request that the other end has not read.
    private var unreadStreams: [RequestID: Int] = [:]
    private var hasRefused = false
    /// Behind what is flushed next.
    private var pings = 0
    private var pongs = 0
    /// Data streams that the other end has not read.
    var unreadCount: Int { unreadStreams.values.reduce(0, +) }

    /// The half of a stream that this end sends.
    private struct Sending {
        /// Of a data stream, which has flow control.
        var request: RequestID?
        /// Bytes that were sent and are not read.
        var unread = 0
        /// FIN or a reset was sent.
        var hasEnded = false
    }

    /// - Parameters:
    ///   - number: ``Peer/number``.
    ///   - role: the client's on one end, the server's on the other.
    package init(_ relay: Relay, number: UInt64, role: EndpointRole) {
        self.relay = relay
        self.role = role
        peer = Peer(
            number: number,
            session: Session(role: role, profile: Self.profile, configuration: Self.configuration),
            profile: Self.profile, kind: .loop)
        peer.needsFlush = { [weak self] in self?.mark() }
        peer.ping = { [weak self] in
            self?.pings += 1
            self?.mark()
        }
        relay.add(peer)
    }

    /// Between loops there is nobody to be afraid of: each holds its own clients to its limits.
    private static var configuration: SessionConfiguration {
        var configuration = SessionConfiguration()
        configuration.requestLimit = .max / 4
        configuration.updateLimit = .max / 4
        configuration.namespaceLimit = .max
        configuration.heldStreamLimit = .max
        configuration.heldDatagramLimit = .max
        configuration.setupTimeout = .seconds(3600)
        return configuration
    }

    /// Begins the session.
    package func start(_ now: Instant) { peer.session.transportReady(now: now) }

    /// When ``timeReached(_:)`` is due; nil: not at all.
    package var deadline: Instant? { peer.session.deadline }

    package func timeReached(_ now: Instant) {
        guard let due = deadline, due <= now else { return }
        peer.session.timeReached(now: now)
        hand(now)
        mark()
    }

    private func mark() {
        guard !isDirty else { return }
        isDirty = true
        if !isFlushing { wake?() }
    }

    private func hand(_ now: Instant) {
        while let event = peer.session.nextEvent() { relay.handle(event, from: peer, now: now) }
    }

    // MARK: - From the other end

    /// Takes in what the other end has flushed.
    package func take(_ messages: [PipeMessage], _ now: Instant) {
        for message in messages {
            take(message, now)
            hand(now)
        }
        mark()
    }

    private func take(_ message: PipeMessage, _ now: Instant) {
        switch message {
        case .data(let stream, let bytes, let fin): take(bytes, on: stream, fin, now)
        case .reset(let stream, let code):
            open(stream)
            receiving[stream] = nil
            peer.session.peerReset(stream, code)
        case .stop(let stream, let code): stopped(stream, code)
        case .credit(let stream, let byteCount): credited(stream, byteCount)
        case .datagram(let bytes): peer.session.received(datagram: bytes, now: now)
        case .ping: pongs += 1
        case .pong: relay.hasCaughtUp(peer)
        case .closed(let code, let reason): peer.session.transportClosed(by: .peer, code: code, reason: reason)
        }
    }

    /// The other end's first word on a stream of its own.
    private func open(_ stream: StreamID) {
        guard receiving[stream] == nil, stream.isServerInitiated == (role == .client) else { return }
        receiving[stream] = false
        if stream.direction == .bidirectional { sending[stream] = Sending() }
        peer.session.peerOpened(stream)
    }

    private func take(_ bytes: Bytes, on stream: StreamID, _ fin: Bool, _ now: Instant) {
        open(stream)
        let isStopped = receiving[stream] ?? false
        if fin { receiving[stream] = nil }
        if isStopped {
            // Nothing but the end matters any more.
            guard fin else { return }
            return peer.session.received(Bytes(), on: stream, fin: true, now: now)
        }
        peer.session.received(bytes, on: stream, fin: fin, now: now)
    }

    /// RFC 9000 §3.5: a reset answers.
    private func stopped(_ stream: StreamID, _ code: StreamResetCode) {
        guard sending[stream].map({ !$0.hasEnded }) ?? false else { return }
        reset(stream, code)
        if peer.downlink.owns(stream) { peer.downlink.stopped(stream) } else { peer.session.peerStopped(stream, code) }
    }

    private func credited(_ stream: StreamID, _ byteCount: Int) {
        guard var state = sending[stream] else { return }
        state.unread -= byteCount
        sending[stream] = state
        if state.hasEnded { forgetIfRead(stream) } else { peer.downlink.writable(stream) }
    }

    private func forgetIfRead(_ stream: StreamID) {
        guard let state = sending[stream], state.hasEnded, state.unread <= 0 || state.request == nil else { return }
        sending[stream] = nil
        guard let request = state.request, let count = unreadStreams[request] else { return }
        unreadStreams[request] = count > 1 ? count - 1 : nil
        guard hasRefused else { return }
        hasRefused = false
        peer.downlink.streamsAvailable()
    }

    // MARK: - To the other end

    /// What is to be handed to the other end now.
    package func flush(_ now: Instant) -> [PipeMessage] {
        isFlushing = true
        defer { isFlushing = false }
        while isDirty {
            isDirty = false
            hand(now)
            peer.endSubscriptions()
            hand(now)
            act(now)
            send(now)
            // What was sent may have ended streams of a session.
            act(now)
        }
        for (stream, byteCount) in credits { outbox.append(.credit(stream, byteCount: byteCount)) }
        credits.removeAll(keepingCapacity: true)
        outbox += Array(repeating: .ping, count: pings) + Array(repeating: .pong, count: pongs)
        (pings, pongs) = (0, 0)
        defer { outbox = [] }
        return outbox
    }

    private func act(_ now: Instant) {
        while let action = peer.session.nextTransportAction() { perform(action) }
        while let direction = peer.session.wantedStream {
            let stream = nextStream(direction)
            sending[stream] = Sending()
            if direction == .bidirectional { receiving[stream] = false }
            peer.session.opened(stream)
        }
        while let (stream, code) = peer.downlink.nextReset() { reset(stream, code) }
        while let credit = peer.nextCredit() { credits[credit.stream, default: 0] += credit.byteCount }
        // Each stream that was read is told by its credit.
        _ = peer.takeFinishedStreams()
        while let datagram = peer.downlink.nextDatagram {
            outbox.append(.datagram(datagram))
            peer.downlink.tookDatagram(now)
        }
    }

    private func perform(_ action: TransportAction) {
        switch action {
        case .reset(let stream, let code): reset(stream, code)
        case .stopSending(let stream, let code):
            if receiving[stream] != nil { receiving[stream] = true }
            outbox.append(.stop(stream, code))
        case .credit(let stream, let bytes): credits[stream, default: 0] += bytes
        case .creditStreams: break
        case .close(let code, let reason): outbox.append(.closed(code, reason: reason))
        }
    }

    private func reset(_ stream: StreamID, _ code: StreamResetCode) {
        guard sending[stream].map({ !$0.hasEnded }) ?? false else { return }
        sending[stream]?.hasEnded = true
        // What is on its way still counts as unread, but nobody owes credit for it.
        sending[stream]?.unread = 0
        outbox.append(.reset(stream, code))
        forgetIfRead(stream)
    }

    private func nextStream(_ direction: StreamDirection) -> StreamID {
        let number = openCounts[direction, default: 0]
        openCounts[direction] = number + 1
        return StreamID(rawValue: number * 4 + (direction == .bidirectional ? 0 : 2) + (role == .client ? 0 : 1))
    }

    private func openDataStream(for request: RequestID) -> StreamID? {
        guard unreadStreams[request, default: 0] < streamLimit else {
            hasRefused = true
            return nil
        }
        unreadStreams[request, default: 0] += 1
        let stream = nextStream(.unidirectional)
        sending[stream] = Sending(request: request)
        return stream
    }

    private func send(_ now: Instant) {
        var list: [Bytes] = []
        while true {
            list.removeAll(keepingCapacity: true)
            if let stream = peer.session.nextSendStream() {
                let fin = peer.session.gather(stream, into: &list)
                let count = post(list, fin, on: stream, .max)
                peer.session.sent(stream, byteCount: count, fin: fin)
                continue
            }
            guard let stream = peer.downlink.nextStream(now, open: { openDataStream(for: $0) }) else { return }
            sendData(stream, &list, now)
        }
    }

    private func sendData(_ stream: StreamID, _ list: inout [Bytes], _ now: Instant) {
        let fin = peer.downlink.gather(into: &list)
        let total = list.reduce(0) { $0 + $1.count }
        let room = Self.streamWindow - (sending[stream]?.unread ?? 0)
        guard room > 0 || total == 0 else { return peer.downlink.blocked() }
        let count = post(list, fin && total <= room, on: stream, room)
        peer.downlink.took(count, fin: fin && count == total, now)
        // Nothing that was posted is lost.
        peer.downlink.acknowledged(stream, count, now)
    }

    /// Posts as much of `list` as `room` allows; returns how much that is, in bytes.
    private func post(_ list: [Bytes], _ fin: Bool, on stream: StreamID, _ room: Int) -> Int {
        var left = room
        for (index, bytes) in list.enumerated() where left > 0 {
            let part = bytes.count > left ? bytes.slice(from: 0, count: left) : bytes
            left -= part.count
            outbox.append(.data(stream, part, fin: fin && index == list.count - 1))
        }
        if list.isEmpty, fin { outbox.append(.data(stream, Bytes(), fin: true)) }
        let count = room - left
        sending[stream]?.unread += count
        if fin {
            sending[stream]?.hasEnded = true
            forgetIfRead(stream)
        }
        return count
    }
}
