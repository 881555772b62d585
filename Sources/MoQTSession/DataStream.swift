internal import MoQTCodec
internal import Wire

/// A unidirectional stream whose type has not come whole.
struct UnrecognizedStream {
    var recognizer: UniStreamRecognizer
    /// Bytes that have come.
    var byteCount = 0

    init(profile: Profile) { recognizer = UniStreamRecognizer(profile: profile) }
}

/// A subgroup stream without a track: its header is not whole, or its alias is not established.
struct WaitingStream {
    var decoder: SubgroupStreamDecoder
    /// Nil until the header is whole.
    var header: SubgroupHeader?
    /// What came behind the header.
    var held: [Bytes] = []
    /// Bytes the decoder has taken.
    var wireBytes = 0
    /// It ended while it waited.
    var end: StreamEnd?
    /// When it is given up.
    var deadline: Instant

    init(profile: Profile, deadline: Instant) {
        decoder = SubgroupStreamDecoder(profile: profile)
        self.deadline = deadline
    }
}

/// A subgroup stream of a subscription.
struct SubgroupStream {
    let request: RequestID
    var decoder: SubgroupStreamDecoder
    /// Bytes taken that no event stands for yet.
    var wireBytes = 0
}

/// A fetch stream; it has no request until its header is whole.
struct FetchStream {
    var request: RequestID?
    var decoder: FetchStreamDecoder
    /// Bytes taken that no event stands for yet.
    var wireBytes = 0
    /// The subscription that it fills is not established: what follows the header is kept.
    var isHeld = false
    var held: [Bytes] = []
    /// How it ended while it was held.
    var heldEnd: StreamEnd?

    init(profile: Profile) { decoder = FetchStreamDecoder(profile: profile) }
}

/// A datagram whose alias is not established.
struct WaitingDatagram {
    var datagram: ObjectDatagram
    var deadline: Instant
}

/// Whose objects an alias of the peer names.
struct AliasOwner {
    var request: RequestID
    /// The subscription is established: its objects may pass.
    var isEstablished: Bool
}

/// What has ended but may still be named by what comes late. Only the latest are kept.
struct Latest<Element: Hashable> {
    private static var limit: Int { 1024 }
    private var order = Queue<Element>()
    private var elements: Set<Element> = []

    var count: Int { elements.count }

    func contains(_ element: Element) -> Bool { elements.contains(element) }

    mutating func insert(_ element: Element) {
        guard elements.insert(element).inserted else { return }
        order.append(element)
        if order.count > Self.limit, let oldest = order.popFirst() { elements.remove(oldest) }
    }

    /// - Returns: whether it was there.
    @discardableResult
    mutating func remove(_ element: Element) -> Bool { elements.remove(element) != nil }
}
