internal import Wire

/// What is handed over for writing and not written yet; while that is much, the publisher gets no credit.
///
/// So a reader that does not read holds the publisher up, not this process's memory.
struct OutputBacklog {
    /// Cost of what is not written, see ``OutputPump/Job/cost``.
    private var unwritten = 0
    private var held = ReadCredit()
    /// Cost that may wait to be written.
    private static let limit = 16 << 20

    private var isFull: Bool { unwritten > Self.limit }

    mutating func handedOver(_ cost: Int) { unwritten += cost }

    mutating func wrote(_ cost: Int) { unwritten -= cost }

    mutating func hold(_ credit: ReadCredit) { held.add(credit) }

    /// What may be given now.
    mutating func take() -> ReadCredit {
        guard !isFull, !held.isEmpty else { return ReadCredit() }
        defer { held = ReadCredit() }
        return held
    }
}
