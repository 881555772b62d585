internal import Wire

/// Events in order; successive data and acknowledgements of one stream become one event. Stream data never overtakes
/// a datagram, so that a datagram which arrived before the end of its track is not late.
struct EventQueue {
    private var events: [ConnectionEvent] = []
    /// Index of the first event not taken yet.
    private var head = 0
    /// Sequence number of `events[0]`.
    private var base = 0
    /// Sequence number of the last datagram; what precedes it is not extended any more.
    private var lastDatagram = -1

    /// Adds an event and returns its sequence number.
    @discardableResult
    mutating func append(_ event: ConnectionEvent) -> Int {
        events.append(event)
        let sequence = base + events.count - 1
        if case .datagram = event { lastDatagram = sequence }
        return sequence
    }

    mutating func next() -> ConnectionEvent? {
        guard head < events.count else {
            base += events.count
            head = 0
            // A burst should not hold its memory for ever.
            events.removeAll(keepingCapacity: events.capacity <= 1024)
            return nil
        }
        defer { head += 1 }
        // What is taken must not keep its bytes alive here.
        return exchange(&events[head], with: .handshakeConfirmed)
    }

    /// Adds `bytes` to the untaken data event `sequence`; false when it is another's, taken, not adjacent, or
    /// older than a datagram.
    mutating func extend(_ sequence: Int, data bytes: Bytes, fin: Bool) -> Bool {
        guard sequence > lastDatagram, let index = index(of: sequence),
            case .streamData(let id, let held, false) = events[index],
            let joined = held.joined(with: bytes)
        else { return false }
        events[index] = .streamData(id, joined, fin: fin)
        return true
    }

    /// Adds `count` to the untaken acknowledgement `sequence`; false when it has been taken.
    mutating func extend(_ sequence: Int, acknowledged count: Int) -> Bool {
        guard let index = index(of: sequence), case .acknowledged(let id, let held) = events[index] else {
            return false
        }
        events[index] = .acknowledged(id, byteCount: held + count)
        return true
    }

    private func index(of sequence: Int) -> Int? {
        let index = sequence - base
        return index >= head && index < events.count ? index : nil
    }
}
