internal import MoQTCodec
package import Wire

/// A data stream to a subscriber: bytes staged from a log, pulled by the connection when it may send.
///
/// ```
///   idle ──data──▶ ready ──pulled──▶ ready | idle
///                    │ flow control ▶ blocked ──writable──▶ ready
///                    └ FIN sent, or reset ▶ closed
/// ```
package class OutgoingStream {
    enum Phase: Equatable {
        /// Nothing to send now.
        case idle
        /// In its queue, to be pulled.
        case ready
        /// Waiting for the peer's flow-control credit.
        case blocked
        /// Waiting for the peer to allow another stream.
        case unopened
        /// Everything that will be sent was sent; to be reset once it is acknowledged.
        case resetting
        case closed
    }

    /// Bytes staged at most before the connection is asked again.
    static let stageLimit = 64 * 1024

    /// Nil until the stream was opened, which happens at the first pull.
    package internal(set) var id: StreamID?
    var phase: Phase = .idle
    let owner: StreamOwner
    /// What follows the last byte instead of FIN: the subgroup was cut off. The reset waits for acknowledgements,
    /// because a reset takes back what was not delivered yet.
    var pendingReset: StreamResetCode?

    private var staged: [Bytes] = []
    private var head = 0
    private(set) var stagedCount = 0
    private(set) var finStaged = false
    /// Bytes that the connection has taken.
    private(set) var sentCount: UInt64 = 0
    private var acknowledgedCount: UInt64 = 0
    /// Objects whose headers are staged and have not left whole, oldest first.
    private var begun = BegunObjects()

    /// Publisher priority and place in the group order; lower goes first.
    let order: SendOrder

    init(owner: StreamOwner, order: SendOrder) {
        self.owner = owner
        self.order = order
    }

    /// Stages more from the log; overridden by what reads one.
    func refill(_ now: Instant) {}
    /// Something is still staged: is it still to be sent?
    func recheck(_ now: Instant) {}
    /// A log has more to read.
    func dataArrived() {
        if phase == .idle { owner.makeReady(self) }
    }

    // MARK: - Staging

    func stage(_ bytes: Bytes) {
        guard !bytes.isEmpty else { return }
        stagedCount += bytes.count
        if head < staged.count, let joined = staged[staged.count - 1].joined(with: bytes) {
            staged[staged.count - 1] = joined
        } else {
            staged.append(bytes)
        }
    }

    func stageFin() { finStaged = true }

    /// What was staged last is the header of an object.
    /// - Parameter arrived: when the object did; nil: how long it takes to pass is not measured.
    func begin(arrived: Instant?) {
        begun.append(BegunObject(end: sentCount + UInt64(stagedCount), arrived: arrived))
    }

    /// The next object whose header has left whole; told once.
    func nextBegun() -> BegunObject? { begun.next(before: sentCount) }

    /// Counts an object that has begun to leave; overridden.
    func count(_ object: BegunObject, _ now: Instant) {}

    var hasStaged: Bool { stagedCount > 0 || finStaged }
    var isFull: Bool { stagedCount >= Self.stageLimit || staged.count - head >= 48 }

    /// Hands the staged slices over without copying; true when FIN follows them.
    func gather(into list: inout [Bytes]) -> Bool {
        for index in head..<min(staged.count, head + 48) { list.append(staged[index]) }
        return finStaged && staged.count - head <= 48
    }

    /// The connection took `count` bytes, and FIN when `fin`.
    func took(_ count: Int, fin: Bool) {
        var left = count
        while left > 0 {
            let first = staged[head]
            if first.count > left {
                staged[head] = first.slice(from: left)
                left = 0
            } else {
                left -= first.count
                staged[head] = Bytes()
                head += 1
            }
        }
        if head == staged.count {
            staged.removeAll(keepingCapacity: true)
            head = 0
        }
        stagedCount -= count
        sentCount += UInt64(count)
        if fin { finStaged = false }
    }

    func acknowledged(_ count: Int) {
        acknowledgedCount += UInt64(count)
    }

    var isAcknowledged: Bool { acknowledgedCount >= sentCount }

    func dropStaged() {
        staged = []
        head = 0
        stagedCount = 0
        finStaged = false
        begun = BegunObjects()
    }
}

/// An object whose header was staged.
struct BegunObject {
    /// Bytes of the stream up to the end of the header.
    var end: UInt64
    /// When the object arrived; nil: it does not matter.
    var arrived: Instant?
}

/// A queue of them, mostly of one, which takes no memory then.
struct BegunObjects {
    private var first: BegunObject?
    private var others: [BegunObject] = []
    /// Those of `others` that are gone.
    private var head = 0

    mutating func append(_ object: BegunObject) {
        if first == nil { first = object } else { others.append(object) }
    }

    /// The first, when it ends at `position` of the stream or before.
    mutating func next(before position: UInt64) -> BegunObject? {
        guard let object = first, object.end <= position else { return nil }
        if head < others.count {
            first = others[head]
            head += 1
        } else {
            first = nil
            others.removeAll(keepingCapacity: true)
            head = 0
        }
        return object
    }
}

/// Where a stream stands among those of one request: publisher priority, then group order, then subgroup id
/// (draft-18 "Scheduling Algorithm").
struct SendOrder: Comparable {
    var publisherPriority: UInt8
    /// Already turned round for descending order.
    var group: UInt64
    var subgroup: UInt64

    static func < (a: Self, b: Self) -> Bool {
        if a.publisherPriority != b.publisherPriority { return a.publisherPriority < b.publisherPriority }
        if a.group != b.group { return a.group < b.group }
        return a.subgroup < b.subgroup
    }
}
