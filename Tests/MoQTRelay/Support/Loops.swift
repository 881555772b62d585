@testable import MoQTRelay
import MoQTCodec
import Wire

/// The loops of one relay, each with clients of its own, joined by pipes.
final class Loops {
    /// One loop, with what the others have posted to it.
    private final class Loop {
        let relay: Relay
        /// By the number of the loop at the other end.
        var pipes: [Int: Pipe] = [:]
        var mail: [(at: Instant, from: Int, messages: [PipeMessage])] = []

        init(_ relay: Relay) { self.relay = relay }
    }

    private let loops: [Loop]
    /// How long what one posts takes to be heard, as of a loop that has other things to do; it comes in order.
    var lag: () -> Interval = { .zero }

    var relays: [Relay] { loops.map(\.relay) }
    var pipes: [Pipe] { loops.flatMap(\.pipes.values) }

    init(_ count: Int, _ now: Instant, _ make: () -> Relay) {
        loops = (0..<count).map { _ in Loop(make()) }
        for (index, loop) in loops.enumerated() {
            for other in loops.indices where other != index {
                let pipe = Pipe(
                    loop.relay, number: UInt64(1_000_000 + other), role: index < other ? .client : .server)
                loop.pipes[other] = pipe
                pipe.start(now)
            }
        }
        while carry(now) {}
    }

    /// A loop that wakes takes its mail before anything else.
    func takeMail(_ index: Int, _ now: Instant) -> Bool {
        // A wake takes all that is there.
        guard let due = loops[index].mail.first?.at, due <= now else { return false }
        let mail = loops[index].mail
        loops[index].mail = []
        for (_, sender, messages) in mail { loops[index].pipes[sender]?.take(messages, now) }
        return true
    }

    /// At the end of a round, what it has for the others is posted.
    func post(_ index: Int, _ now: Instant) {
        for (other, pipe) in loops[index].pipes.sorted(by: { $0.key < $1.key }) where pipe.isDirty {
            let messages = pipe.flush(now)
            if !messages.isEmpty { loops[other].mail.append((now + lag(), index, messages)) }
        }
    }

    /// Every loop wakes; true when there was mail.
    func carry(_ now: Instant) -> Bool {
        var moved = false
        for index in loops.indices {
            moved = takeMail(index, now) || moved
            for pipe in loops[index].pipes.values { pipe.timeReached(now) }
            loops[index].relay.settle(now)
            if let due = loops[index].relay.deadline, due <= now { loops[index].relay.timeReached(now) }
            post(index, now)
        }
        return moved
    }

    /// When something is due; nil: nothing is.
    var deadline: Instant? {
        (relays.compactMap(\.deadline) + pipes.compactMap(\.deadline) + loops.compactMap(\.mail.first?.at)).min()
    }

    /// A loop has mail to take.
    func hasMail(_ now: Instant) -> Bool { loops.contains { $0.mail.first.map { $0.at <= now } ?? false } }
}

/// The tracks of loops on one thread.
final class TrackNames: TrackCensus {
    private(set) var counts: [FullTrackName: Int] = [:]

    func add(_ name: FullTrackName) { counts[name, default: 0] += 1 }

    func remove(_ name: FullTrackName) {
        counts[name, default: 0] -= 1
        if counts[name] == 0 { counts[name] = nil }
    }

    func hasRoom(for name: FullTrackName, limit: Int) -> Bool { counts.count < limit || counts[name] != nil }
}
