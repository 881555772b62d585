@testable import MoQTRelay
import MoQTCodec
import MoQTSession
import Testing
import Wire

/// Two sessions joined by a simulated network in virtual time: packets take their time, overtake each other, are lost
/// and come twice, as the seed has it; streams are whole and in order all the same, and independent of each other.
final class SimulatedLink {
    let near: Side
    let far: Side
    let number: UInt64
    /// The relay's loop that has it.
    var home = 0
    var random: Seeded
    let path: PathConditions
    var isCut = false
    var trace: Trace?

    init(near: Side, far: Side, number: UInt64, seed: UInt64, path: PathConditions) {
        self.near = near
        self.far = far
        self.number = number
        random = Seeded(state: seed)
        self.path = path
    }

    /// Carries what both ends have to say; true when anything moved.
    /// - Parameter all: also of an end that did not say that it has something.
    func step(_ now: Instant, all: Bool = true) -> Bool {
        guard !isCut else { return false }
        let a = (all || isDue(near, now)) && run(near, to: far, now)
        let b = (all || isDue(far, now)) && run(far, to: near, now)
        return a || b
    }

    /// An end has something to send.
    var isDirty: Bool { !isCut && [near, far].contains { $0.isDirty && !$0.isStopped } }

    private func isDue(_ side: Side, _ now: Instant) -> Bool {
        if side.isDirty || side.arrivals.next ?? .max <= now.nanoseconds { return true }
        return side.peer.session.deadline.map { $0 <= now } ?? false
    }

    /// When something is due; nil: nothing is.
    var deadline: Instant? {
        guard !isCut else { return nil }
        var earliest = UInt64.max
        for side in [near, far] where !side.isStopped {
            earliest = min(earliest, side.arrivals.next ?? .max, side.peer.session.deadline?.nanoseconds ?? .max)
        }
        return earliest == .max ? nil : Instant(nanoseconds: earliest)
    }

    /// The connection is lost without a word; each end notices when `notice` is called for it.
    func cut() {
        isCut = true
        near.arrivals.clear()
        far.arrivals.clear()
    }

    func notice(_ side: Side) {
        side.peer.session.transportClosed(by: .transport, code: .internalError, reason: "lost")
        side.drainEvents()
    }

    private func run(_ side: Side, to other: Side, _ now: Instant) -> Bool {
        guard !side.isStopped else { return false }
        side.isDirty = false
        var moved = false
        while let frames = side.arrivals.pop(now) {
            moved = true
            for frame in frames where !side.isClosed {
                trace?.note(frame, now, link: number, to: side.role)
                side.take(frame, now)
            }
        }
        if let due = side.peer.session.deadline, due <= now {
            moved = true
            side.peer.session.timeReached(now: now)
        }
        side.drainEvents()
        side.peer.endSubscriptions()
        side.drainEvents()
        act(side, now)
        send(side, now)
        // What was sent may have ended streams of a session.
        act(side, now)
        return deliver(from: side, to: other, now) || moved
    }

    // MARK: - Packets

    private func deliver(from side: Side, to other: Side, _ now: Instant) -> Bool {
        guard !side.outbox.isEmpty else { return false }
        let frames = side.outbox
        side.outbox = []
        guard !isCut else { return true }
        guard frames.count > path.framesPerPacket else {
            transmit(frames, from: side, to: other, at: now.nanoseconds)
            return true
        }
        var rest = frames[...]
        while !rest.isEmpty {
            let packet = Array(rest.prefix(path.framesPerPacket))
            rest = rest.dropFirst(path.framesPerPacket)
            transmit(packet, from: side, to: other, at: now.nanoseconds)
        }
        return true
    }

    /// Decides at once what becomes of a packet, and of what is sent again because of it.
    private func transmit(_ frames: [Frame], from side: Side, to other: Side, at time: UInt64) {
        let millisecond: UInt64 = 1_000_000
        var frames = frames
        var sent = time
        while !frames.isEmpty {
            let isLost = path.lost > 0 && random.number(1...100) <= path.lost
            let isRepeated = isLost || path.duplicated > 0 && random.number(1...100) <= path.duplicated
            if !isLost {
                let late = path.jitter > 0 ? random.number(0...path.jitter) : 0
                other.arrivals.insert(frames, at: sent + UInt64(path.delay + late) * millisecond)
            }
            guard isRepeated else { return }
            sent += UInt64(path.patience) * millisecond
            frames = frames.filter(side.isWorthRepeating)
        }
    }

    // MARK: - What a driver does

    private func act(_ side: Side, _ now: Instant) {
        while let action = side.peer.session.nextTransportAction() {
            switch action {
            case .reset(let stream, let code): side.reset(stream, code)
            case .stopSending(let stream, let code): side.stopSending(stream, code)
            case .credit(let stream, let bytes): side.credit(stream, bytes)
            case .creditStreams(let direction, let count): side.creditStreams(direction, count)
            case .close(let code, let reason):
                side.isClosed = true
                side.outbox.append(.closed(code, reason))
            }
        }
        while let wanted = side.peer.session.wantedStream {
            guard let stream = side.open(wanted) else { break }
            side.peer.session.opened(stream)
        }
        while let (stream, code) = side.peer.downlink.nextReset() {
            side.resetsSent.append((stream, code))
            side.reset(stream, code)
        }
        while let owed = side.peer.nextCredit() { side.credit(owed.stream, owed.byteCount) }
        let finished = side.peer.takeFinishedStreams()
        if finished > 0 { side.creditStreams(.unidirectional, finished) }
        while let datagram = side.peer.downlink.nextDatagram {
            side.outbox.append(.datagram(datagram))
            side.peer.downlink.tookDatagram(now)
        }
    }

    private func send(_ side: Side, _ now: Instant) {
        var budget = side.bandwidth
        while budget > 0 {
            var list: [Bytes] = []
            if let stream = side.peer.session.nextSendStream() {
                let fin = side.peer.session.gather(stream, into: &list)
                guard side.room(on: stream) > 0 || list.allSatisfy(\.isEmpty) else {
                    side.peer.session.blocked(stream)
                    continue
                }
                let (count, ended) = side.write(list, fin, on: stream, .max)
                side.peer.session.sent(stream, byteCount: count, fin: ended)
                continue
            }
            guard let stream = side.peer.downlink.nextStream(now, open: { _ in side.open(.unidirectional) }) else {
                return
            }
            let fin = side.peer.downlink.gather(into: &list)
            guard side.room(on: stream) > 0 || list.allSatisfy(\.isEmpty) else {
                side.peer.downlink.blocked()
                continue
            }
            let (count, ended) = side.write(list, fin, on: stream, min(budget, random.number(1...4096)))
            budget -= max(count, 1)
            side.peer.downlink.took(count, fin: ended, now)
        }
    }
}
