@testable import MoQTRelay
import MoQTCodec
import MoQTSession
import Testing
import Wire

/// One end of a simulated connection: a peer, and what QUIC would keep for it.
final class Side {
    /// The half of a stream that this end sends.
    struct Sending {
        var limit: Int
        var offset = 0
        var acknowledged = 0
        var isReset = false
        /// All of it has reached the other end.
        var isDelivered = false
    }

    /// The half of a stream that this end receives.
    struct Receiving {
        var limit: Int
        /// Bytes that have come without a gap, and were handed on.
        var next = 0
        /// What came behind a gap.
        var held: [(offset: Int, bytes: Bytes)] = []
        var size: Int?
        /// STOP_SENDING was sent.
        var isStopped = false
        /// FIN or reset was handed on.
        var isOver = false
    }

    let peer: Peer
    let role: EndpointRole
    var handle: (SessionEvent) -> Void = { _ in }
    /// Frames to send.
    var outbox: [Frame] = []
    /// Packets on their way to this side.
    var arrivals = Arrivals()
    /// It does nothing at all for now, like a stopped process.
    var isStopped = false
    /// Its peer has something to send, for all that is known.
    var isDirty = true
    /// The connection was closed by either end.
    var isClosed = false
    /// Bytes it may send in one step.
    var bandwidth = 1 << 20

    let windows: Windows
    var sending: [StreamID: Sending] = [:]
    var receiving: [StreamID: Receiving] = [:]
    /// Streams of each direction that this end may open, has opened, and has let the other end open.
    var limits: [StreamDirection: Int]
    var opened: [StreamDirection: Int] = [.bidirectional: 0, .unidirectional: 0]
    var granted: [StreamDirection: Int]
    /// Unidirectional streams of the other end.
    var uniArrived: Set<StreamID> = []
    var bidiArrived = 0
    var resetsSent: [(StreamID, StreamResetCode)] = []

    /// What both ends allow each other at first: bytes of a stream, and streams.
    struct Windows {
        var data = 65_536
        var control = 65_536
        var uni = 100
        var bidi = 100
    }

    init(
        number: UInt64, role: EndpointRole, windows: Windows, _ profile: Profile = .draft18,
        _ configuration: SessionConfiguration = SessionConfiguration(), kind: PeerKind = .client
    ) {
        self.role = role
        self.windows = windows
        peer = Peer(
            number: number, session: Session(role: role, profile: profile, configuration: configuration),
            profile: profile, kind: kind)
        limits = [.bidirectional: windows.bidi, .unidirectional: windows.uni]
        granted = limits
        peer.needsFlush = { [weak self] in self?.isDirty = true }
    }

    /// Streams that the other end may open in place of ended ones.
    var streamsCredited: Int { granted[.unidirectional, default: 0] - windows.uni }
    var requestStreamsCredited: Int { granted[.bidirectional, default: 0] - windows.bidi }

    func open(_ direction: StreamDirection) -> StreamID? {
        let number = opened[direction, default: 0]
        guard number < limits[direction, default: 0] else { return nil }
        opened[direction] = number + 1
        let kind: UInt64 = direction == .bidirectional ? 0 : 2
        return StreamID(rawValue: UInt64(number) * 4 + kind + (role == .client ? 0 : 1))
    }

    /// Bytes of a stream that the other end got credit for.
    func credited(_ stream: StreamID) -> Int { receiving[stream].map { $0.limit - window(stream) } ?? 0 }

    func isOurs(_ stream: StreamID) -> Bool { stream.isServerInitiated == (role == .server) }

    private func window(_ stream: StreamID) -> Int {
        stream.direction == .bidirectional ? windows.control : windows.data
    }

    func drainEvents() {
        while let event = peer.session.nextEvent() { handle(event) }
    }

    // MARK: - Receiving

    func take(_ frame: Frame, _ now: Instant) {
        switch frame {
        case .data(let stream, let offset, let bytes, let fin): take(stream, offset, bytes, fin, now)
        case .reset(let stream, let code):
            noteArrival(stream)
            guard receiving[stream]?.isOver == false else { return }
            receiving[stream]?.isOver = true
            receiving[stream]?.held = []
            peer.session.peerReset(stream, code)
        case .stopSending(let stream, let code): stopped(stream, code)
        case .streamLimit(let stream, let limit):
            guard limit > sending[stream]?.limit ?? window(stream) else { return }
            sending[stream, default: Sending(limit: limit)].limit = limit
            if peer.downlink.owns(stream) { peer.downlink.writable(stream) } else { peer.session.writable(stream) }
        case .streamCount(let direction, let count):
            guard count > limits[direction, default: 0] else { return }
            limits[direction] = count
            if direction == .unidirectional { peer.downlink.streamsAvailable() }
        case .acknowledged(let stream, let count, let fin):
            guard let state = sending[stream], !state.isReset else { return }
            if count > state.acknowledged { peer.downlink.acknowledged(stream, count - state.acknowledged, now) }
            sending[stream]?.acknowledged = max(count, state.acknowledged)
            if fin { sending[stream]?.isDelivered = true }
        case .datagram(let bytes): peer.session.received(datagram: bytes, now: now)
        case .closed(let code, let reason):
            isClosed = true
            peer.session.transportClosed(by: .peer, code: code, reason: reason)
        }
        drainEvents()
    }

    /// A frame of a stream that the other end sends on.
    private func noteArrival(_ stream: StreamID) {
        guard receiving[stream] == nil else { return }
        receiving[stream] = Receiving(limit: window(stream))
        guard !isOurs(stream) else { return }
        #expect(Int(stream.rawValue / 4) < granted[stream.direction, default: 0], "more streams than allowed")
        if stream.direction == .unidirectional { uniArrived.insert(stream) } else { bidiArrived += 1 }
        peer.session.peerOpened(stream)
    }

    private func take(_ stream: StreamID, _ offset: Int, _ bytes: Bytes, _ fin: Bool, _ now: Instant) {
        noteArrival(stream)
        guard var state = receiving[stream], !state.isOver else { return }
        #expect(offset + bytes.count <= state.limit, "more than flow control allows")
        if fin { state.size = offset + bytes.count }
        if offset > state.next {
            state.held.append((offset, bytes))
            receiving[stream] = state
            return
        }
        receiving[stream] = state
        hand(bytes, at: offset, on: stream, now)
        while let index = receiving[stream]?.held.firstIndex(where: { $0.offset <= receiving[stream]?.next ?? 0 }),
            let piece = receiving[stream]?.held.remove(at: index)
        {
            hand(piece.bytes, at: piece.offset, on: stream, now)
        }
        guard let state = receiving[stream] else { return }
        outbox.append(.acknowledged(stream, state.next, fin: state.size == state.next))
    }

    private func hand(_ bytes: Bytes, at offset: Int, on stream: StreamID, _ now: Instant) {
        guard var state = receiving[stream], !state.isOver else { return }
        let known = min(state.next - offset, bytes.count)
        state.next += bytes.count - known
        state.isOver = state.size == state.next
        receiving[stream] = state
        guard known < bytes.count || state.isOver else { return }
        // After STOP_SENDING nothing more is handed on but the end.
        let rest = state.isStopped ? Bytes() : bytes.slice(from: known)
        guard !rest.isEmpty || state.isOver else { return }
        peer.session.received(rest, on: stream, fin: state.isOver, now: now)
        drainEvents()
    }

    private func stopped(_ stream: StreamID, _ code: StreamResetCode) {
        guard let state = sending[stream], !state.isDelivered else { return }
        // RFC 9000 §3.5: a reset answers, whatever the application does.
        reset(stream, code)
        if peer.downlink.owns(stream) { peer.downlink.stopped(stream) } else { peer.session.peerStopped(stream, code) }
    }

    // MARK: - Sending

    func reset(_ stream: StreamID, _ code: StreamResetCode) {
        var state = sending[stream] ?? Sending(limit: window(stream))
        guard !state.isReset, !state.isDelivered else { return }
        state.isReset = true
        sending[stream] = state
        outbox.append(.reset(stream, code))
    }

    func stopSending(_ stream: StreamID, _ code: StreamResetCode) {
        var state = receiving[stream] ?? Receiving(limit: window(stream))
        guard !state.isStopped, !state.isOver else { return }
        state.isStopped = true
        receiving[stream] = state
        outbox.append(.stopSending(stream, code))
    }

    func credit(_ stream: StreamID, _ count: Int) {
        guard let state = receiving[stream] else { return }
        receiving[stream]?.limit += count
        if !state.isOver { outbox.append(.streamLimit(stream, state.limit + count)) }
    }

    func creditStreams(_ direction: StreamDirection, _ count: Int) {
        granted[direction, default: 0] += count
        outbox.append(.streamCount(direction, granted[direction, default: 0]))
    }

    /// Sends of `list` what is not more than `most` and flow control allow.
    func write(_ list: [Bytes], _ fin: Bool, on stream: StreamID, _ most: Int) -> (count: Int, fin: Bool) {
        var state = sending[stream] ?? Sending(limit: window(stream))
        let total = list.reduce(0) { $0 + $1.count }
        let count = min(total, most, state.limit - state.offset)
        let ended = fin && count == total
        guard count > 0 || ended else { return (0, false) }
        // Copied, so that it is seen that nobody relies on the sender's memory.
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count)
        for part in list where bytes.count < count {
            part.slice(from: 0, count: min(part.count, count - bytes.count)).append(to: &bytes)
        }
        if !state.isReset { outbox.append(.data(stream, offset: state.offset, Bytes(bytes), fin: ended)) }
        state.offset += count
        sending[stream] = state
        return (count, ended)
    }

    func room(on stream: StreamID) -> Int {
        sending[stream].map { $0.isReset ? Int.max : $0.limit - $0.offset } ?? window(stream)
    }

    /// Whether what was lost is to be sent again.
    func isWorthRepeating(_ frame: Frame) -> Bool {
        switch frame {
        case .datagram: false
        case .data(let stream, _, _, _): sending[stream]?.isReset == false
        default: true
        }
    }
}
