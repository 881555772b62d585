@testable import MoQTRelay
import MoQTCodec
import MoQTSession
import Testing
import Wire

/// Random numbers that are the same in every run.
struct Seeded: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}

/// One end of a simulated connection: a peer, and what QUIC would keep for it.
final class Side {
    let peer: Peer
    let role: EndpointRole
    var handle: (SessionEvent) -> Void = { _ in }
    /// Frames on their way to this side.
    var arriving: [Frame] = []
    /// It does nothing at all for now, like a stopped process.
    var isStopped = false
    /// Bytes it may send in one step.
    var bandwidth = 1 << 20

    // What it may send: windows and limits that the other end granted.
    var window: [StreamID: Int] = [:]
    var uniLimit: Int
    var uniOpened = 0
    private var bidiOpened = 0
    var resetStreams: Set<StreamID> = []

    // What it received and gave credit for.
    var received: [StreamID: Int] = [:]
    var credited: [StreamID: Int] = [:]
    var streamsCredited = 0
    var uniArrived: Set<StreamID> = []
    var resetsSent: [(StreamID, StreamResetCode)] = []
    /// Bytes sent on each data stream.
    var sent: [StreamID: [UInt8]] = [:]
    var largestUnread = 0

    init(number: UInt64, role: EndpointRole, streams: Int, _ profile: Profile = .draft18) {
        self.role = role
        peer = Peer(
            number: number, session: Session(role: role, profile: profile, configuration: SessionConfiguration()),
            profile: profile)
        uniLimit = streams
    }

    func openUni() -> StreamID? {
        guard uniOpened < uniLimit else { return nil }
        uniOpened += 1
        return StreamID(rawValue: UInt64(uniOpened - 1) * 4 + (role == .client ? 2 : 3))
    }

    func openBidi() -> StreamID {
        bidiOpened += 1
        return StreamID(rawValue: UInt64(bidiOpened - 1) * 4 + (role == .client ? 0 : 1))
    }
}

enum Frame {
    case data(StreamID, Bytes, fin: Bool)
    case reset(StreamID, StreamResetCode)
    case stopSending(StreamID, StreamResetCode)
    case credit(StreamID, Int)
    case streams(Int)
    case acknowledged(StreamID, Int)
    case datagram(Bytes)
    case closed(SessionCode, String)
}

/// Two sessions joined in memory, with flow control, stream limits and random splits, in virtual time.
final class SimulatedLink {
    let near: Side
    let far: Side
    var random: Seeded
    let streamWindow: Int
    var isCut = false

    init(near: Side, far: Side, seed: UInt64, streamWindow: Int) {
        self.near = near
        self.far = far
        random = Seeded(state: seed)
        self.streamWindow = streamWindow
    }

    /// Carries what both ends have to say; true when anything moved.
    func step(_ now: Instant) -> Bool {
        guard !isCut else { return false }
        let a = run(near, to: far, now)
        let b = run(far, to: near, now)
        return a || b
    }

    /// The connection is lost without a word; each end notices when `notice` is called for it.
    func cut() {
        isCut = true
        near.arriving = []
        far.arriving = []
    }

    func notice(_ side: Side) {
        side.peer.session.transportClosed(by: .transport, code: .internalError, reason: "lost")
        drainEvents(side)
    }

    private func run(_ side: Side, to other: Side, _ now: Instant) -> Bool {
        guard !side.isStopped else { return false }
        var moved = take(side, other, now)
        if let due = side.peer.session.deadline, due <= now { side.peer.session.timeReached(now: now) }
        drainEvents(side)
        side.peer.endSubscriptions()
        drainEvents(side)
        moved = act(side, other) || moved
        moved = send(side, other, now) || moved
        return moved
    }

    private func drainEvents(_ side: Side) {
        while let event = side.peer.session.nextEvent() { side.handle(event) }
    }

    private func take(_ side: Side, _ other: Side, _ now: Instant) -> Bool {
        let frames = side.arriving
        side.arriving = []
        for frame in frames {
            switch frame {
            case .data(let stream, let bytes, let fin):
                if stream.direction == .unidirectional { side.uniArrived.insert(stream) }
                side.received[stream, default: 0] += bytes.count
                let unread = side.received[stream, default: 0] - side.credited[stream, default: 0]
                #expect(unread <= streamWindow, "more than flow control allows")
                side.largestUnread = max(side.largestUnread, unread)
                side.peer.session.received(bytes, on: stream, fin: fin, now: now)
                if !bytes.isEmpty { other.arriving.append(.acknowledged(stream, bytes.count)) }
                drainEvents(side)
            case .reset(let stream, let code):
                if stream.direction == .unidirectional { side.uniArrived.insert(stream) }
                side.peer.session.peerReset(stream, code)
            case .stopSending(let stream, let code):
                if side.peer.downlink.owns(stream) {
                    side.peer.downlink.stopped(stream)
                } else {
                    side.peer.session.peerStopped(stream, code)
                }
            case .credit(let stream, let count):
                side.window[stream, default: streamWindow] += count
                if side.peer.downlink.owns(stream) {
                    side.peer.downlink.writable(stream)
                } else {
                    side.peer.session.writable(stream)
                }
            case .streams(let count):
                side.uniLimit += count
                side.peer.downlink.streamsAvailable()
            case .acknowledged(let stream, let count):
                side.peer.downlink.acknowledged(stream, count, now)
            case .datagram(let bytes): side.peer.session.received(datagram: bytes, now: now)
            case .closed(let code, let reason): side.peer.session.transportClosed(by: .peer, code: code, reason: reason)
            }
            drainEvents(side)
        }
        return !frames.isEmpty
    }

    private func act(_ side: Side, _ other: Side) -> Bool {
        var moved = false
        func tell(_ frame: Frame) {
            other.arriving.append(frame)
            moved = true
        }
        func credit(_ stream: StreamID, _ count: Int) {
            side.credited[stream, default: 0] += count
            tell(.credit(stream, count))
        }
        while let action = side.peer.session.nextTransportAction() {
            switch action {
            case .reset(let stream, let code): tell(.reset(stream, code))
            case .stopSending(let stream, let code): tell(.stopSending(stream, code))
            case .credit(let stream, let bytes): credit(stream, bytes)
            case .creditStreams(.unidirectional, let count):
                side.streamsCredited += count
                tell(.streams(count))
            case .creditStreams(.bidirectional, _): break
            case .close(let code, let reason): tell(.closed(code, reason))
            }
        }
        while let wanted = side.peer.session.wantedStream {
            guard let stream = wanted == .bidirectional ? side.openBidi() : side.openUni() else { break }
            side.peer.session.opened(stream)
        }
        while let (stream, code) = side.peer.downlink.nextReset() {
            side.resetsSent.append((stream, code))
            side.resetStreams.insert(stream)
            tell(.reset(stream, code))
        }
        while let owed = side.peer.nextCredit() { credit(owed.stream, owed.byteCount) }
        let finished = side.peer.takeFinishedStreams()
        if finished > 0 {
            side.streamsCredited += finished
            tell(.streams(finished))
        }
        while let datagram = side.peer.downlink.nextDatagram {
            tell(.datagram(datagram))
            side.peer.downlink.tookDatagram(sent: true)
        }
        return moved
    }

    private func send(_ side: Side, _ other: Side, _ now: Instant) -> Bool {
        var budget = side.bandwidth
        var moved = false
        while budget > 0 {
            var list: [Bytes] = []
            if let stream = side.peer.session.nextSendStream() {
                let fin = side.peer.session.gather(stream, into: &list)
                let (sent, ended) = write(list, fin, on: stream, .max, other)
                side.peer.session.sent(stream, byteCount: sent, fin: ended)
                moved = true
                continue
            }
            guard let stream = side.peer.downlink.nextStream(now, open: { side.openUni() }) else { return moved }
            let fin = side.peer.downlink.gather(into: &list)
            let room = side.window[stream, default: streamWindow]
            let total = list.reduce(0) { $0 + $1.count }
            guard room > 0 || total == 0 else {
                side.peer.downlink.blocked()
                continue
            }
            let most = min(room, budget, Int.random(in: 1...4096, using: &random))
            let (sent, ended) = write(list, fin, on: stream, most, other)
            side.window[stream] = room - sent
            budget -= max(sent, 1)
            side.peer.downlink.took(sent, fin: ended, now)
            moved = true
        }
        return moved
    }

    private func write(_ list: [Bytes], _ fin: Bool, on stream: StreamID, _ most: Int, _ other: Side) -> (Int, Bool) {
        var left = most
        var sent = 0
        for bytes in list where left > 0 {
            let part = bytes.slice(from: 0, count: min(left, bytes.count))
            // Copied, so that it is seen that nobody relies on the sender's memory.
            other.arriving.append(.data(stream, Bytes(part.array), fin: false))
            sent += part.count
            left -= part.count
        }
        let ended = fin && sent == list.reduce(0) { $0 + $1.count }
        if ended { other.arriving.append(.data(stream, Bytes(), fin: true)) }
        return (sent, ended)
    }
}
