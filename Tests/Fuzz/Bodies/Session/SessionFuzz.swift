import MoQTCodec
import MoQTRelay
import MoQTSession
import Wire

/// A session and its peer, which may be another session, or send what the input says.
///
/// The options: bit 0 the transport; bit 1 whether a relay (a server's) or a publisher (a client's) answers instead of
/// the input; bit 2 narrow limits; bit 3 whether SETUPs pass before anything else.
func fuzzSession(_ role: EndpointRole, _ input: [UInt8]) throws(FuzzFailure) {
    guard let choices = FuzzChoices(input) else { return }
    let run = SessionFuzz(role, choices, FuzzCursor(input, from: 2))
    try run.play()
}

final class SessionFuzz {
    /// The one that is tested, and the one that talks to it.
    private let end: FuzzEnd
    private let other: FuzzEnd
    private var choices: FuzzCursor
    private var now = Instant(nanoseconds: 1_000_000_000)
    /// The other end has only said what a session says: neither may find fault with the other.
    private var isRightful = true
    private let relay: Relay?
    private let publisher: Publisher?

    init(_ role: EndpointRole, _ chosen: FuzzChoices, _ choices: FuzzCursor) {
        self.choices = choices
        var configuration = SessionConfiguration()
        if chosen.options & 1 != 0 { configuration.transport = .webTransport }
        if chosen.options & 4 != 0 {
            configuration.requestLimit = 3
            configuration.updateLimit = 2
            configuration.heldStreamLimit = 2
            configuration.heldDatagramLimit = 2
            configuration.namespaceLimit = 2
            configuration.tokenCacheSize = 64
            configuration.filterRangeLimit = 1
        }
        end = FuzzEnd(role, chosen.profile, configuration)
        other = FuzzEnd(role == .client ? .server : .client, chosen.profile, configuration)
        let isServed = chosen.options & 2 != 0
        relay = isServed && role == .server ? Relay(settings: Relay.Settings(), cache: Cache(limit: 4096)) : nil
        publisher = isServed && role == .client ? Publisher(cache: Cache(limit: .max)) : nil
        serve()
        isRightful = chosen.options & 8 != 0
        begin(with: isRightful)
    }

    private func serve() {
        if let relay {
            relay.add(end.peer)
            end.handler = { [unowned self] in relay.handle($0, from: end.peer, now: now) }
        }
        if let publisher {
            var one = FuzzCursor([], from: 0)
            let log = publisher.addTrack(one.track(), properties: Properties(), delivery: .lossless)
            let group = log.openSubgroup(group: 0, subgroup: 0, traits: SubgroupTraits(endsGroup: false))
            log.begin(LoggedObject(id: 0, payloadLength: 3, arrived: now), in: group)
            log.append(Bytes([1, 2, 3]), to: group)
            end.handler = { [unowned self] in _ = publisher.handle($0, from: end.peer) }
        }
    }

    private func begin(with setups: Bool) {
        end.peer.session.transportReady(now: now)
        guard setups else { return }
        other.peer.session.transportReady(now: now)
        try? exchange()
    }

    func play() throws(FuzzFailure) {
        while !choices.isAtEnd {
            try step()
            try settle()
            try check()
        }
        try exchange()
        try check()
    }

    private func settle() throws(FuzzFailure) {
        relay?.settle(now)
        try end.drain(now)
        try other.drain(now)
    }

    private func check() throws(FuzzFailure) {
        for end in [end, other] where isRightful {
            if let fault = end.violation { throw FuzzFailure("one session finds fault with another: \(fault)") }
        }
        // What is said follows from what was heard and commanded.
        if end.bytesOut > 65_536 + 64 * end.bytesIn {
            throw FuzzFailure("\(end.bytesOut) bytes in answer to \(end.bytesIn)")
        }
    }

    // MARK: - Steps

    private func step() throws(FuzzFailure) {
        let kind = choices.byte() % 32
        if kind >= 25 { isRightful = false }
        switch kind {
        case 0...3: end.command(&choices, now)
        case 4...7: other.command(&choices, now)
        case 8, 9: end.answer(&choices)
        case 10, 11: other.answer(&choices)
        case 12...15: try exchange()
        case 16, 17: try deliverOne(from: other, to: end)
        case 18: try deliverOne(from: end, to: other)
        case 19, 20:
            isRightful = false
            other.publish(&choices)
        case 21:
            isRightful = false
            end.publish(&choices)
        case 22: try pass()
        case 23: stop()
        case 24: end.sendLimit = choices.flag() ? .max : 1 + choices.number(below: 16)
        case 25: block()
        case 26: divert()
        case 27: disturb()
        case 28: try end.hear(choices.flag() ? .reset(.cancelled) : .stop(.cancelled), on: anyStream(), now)
        case 29: end.peer.session.received(datagram: Bytes(choices.bytes(choices.number(below: 24))), now: now)
        case 30: end.peer.session.peerOpened(anyStream())
        default:
            let bytes = choices.bytes(choices.number(below: 48))
            try end.hear(.data(bytes, fin: choices.number(below: 4) == 0), on: anyStream(), now)
        }
    }

    private func anyStream() -> StreamID { StreamID(rawValue: UInt64(choices.byte() & 31)) }

    /// Everything arrives, on both ends, whole and in order.
    private func exchange() throws(FuzzFailure) {
        for _ in 0..<1000 {
            try settle()
            var moved = false
            for (from, to) in [(end, other), (other, end)] {
                while let stream = from.streams.first, let flight = from.take(stream, limit: .max) {
                    try to.hear(flight, on: stream, now)
                    moved = true
                }
                for datagram in from.datagrams { to.peer.session.received(datagram: datagram, now: now) }
                from.datagrams = []
            }
            guard moved else { return }
        }
        throw FuzzFailure("two sessions do not come to rest")
    }

    private func deliverOne(from: FuzzEnd, to: FuzzEnd) throws(FuzzFailure) {
        guard let stream = choices.element(of: from.streams) else { return }
        if let flight = from.take(stream, limit: 1 + choices.number(below: 16)) { try to.hear(flight, on: stream, now) }
    }

    /// Until the next timer, or for a while.
    private func pass() throws(FuzzFailure) {
        let due = choices.flag() ? end.peer.session.deadline : nil
        now = max(now, due ?? now + .milliseconds(UInt64(choices.byte()) * 50))
        try end.reachTime(now)
        if let due = relay?.deadline, due <= now { relay?.timeReached(now) }
    }

    private func stop() {
        if let stream = choices.element(of: end.incoming) { end.peer.session.stop(stream, code: .cancelled) }
    }

    private func block() {
        let stream = anyStream()
        switch choices.number(below: 3) {
        case 0: end.peer.session.blocked(stream)
        case 1: end.peer.session.writable(stream)
        default: end.peer.session.refused(stream)
        }
    }

    /// What was meant for one stream comes on another.
    private func divert() {
        guard let stream = choices.element(of: other.streams), let flight = other.take(stream, limit: .max) else {
            return
        }
        other.send(flight, on: anyStream())
    }

    /// A byte of what is on its way is changed.
    private func disturb() {
        guard let stream = choices.element(of: other.streams),
            case .data(var bytes, let fin)? = other.flights[stream]?.first, !bytes.isEmpty
        else { return }
        bytes[choices.number(below: min(bytes.count, 256))] = choices.byte()
        other.flights[stream]?[0] = .data(bytes, fin: fin)
    }
}
