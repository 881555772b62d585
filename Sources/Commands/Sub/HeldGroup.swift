internal import MoQTCodec
internal import Wire

/// What is known of a group that is not written yet.
struct HeldGroup {
    /// Since when it has been waited with.
    var since: Instant
    private(set) var openStreams = 0
    private(set) var endedStreams = 0
    /// The id of its last object is known, and so that no more will follow.
    private(set) var isEndKnown = false
    /// A stream of it was cut off before its end, and none has come since.
    private(set) var isCut = false
    /// Flow control that waits for its turn.
    private(set) var credits = ReadCredit()

    /// The id that comes next.
    private var next: UInt64 = 0
    /// Whole objects from ``head`` on, by their ids; those before it have been taken.
    private var objects: [ReceivedObject] = []
    private var head = 0

    init(since: Instant) { self.since = since }

    // MARK: - Streams

    mutating func streamOpened() {
        openStreams += 1
        isCut = false
    }

    mutating func streamEnded(isWhole: Bool, endsGroup: Bool, _ now: Instant) {
        openStreams -= 1
        endedStreams += 1
        if isWhole, endsGroup { isEndKnown = true }
        if !isWhole {
            isCut = true
            since = now
        }
    }

    /// A stream is not read any more, since another subscription brings what it would have.
    mutating func streamLeft(_ now: Instant) {
        let wasCut = isCut
        streamEnded(isWhole: false, endsGroup: false, now)
        isCut = wasCut || openStreams == 0 && !isEndKnown
    }

    /// At most one stream has brought its objects: what that left out is not on its way.
    var isSerial: Bool { openStreams + endedStreams <= 1 }

    mutating func hold(_ stream: Scoped<StreamID>, _ byteCount: Int) { credits.add(stream, byteCount) }
    mutating func holdFinishedStream(of session: UInt64) { credits.addFinishedStream(of: session) }

    mutating func takeCredits() -> ReadCredit {
        defer { credits = ReadCredit() }
        return credits
    }

    // MARK: - Objects

    /// Keeps a whole object, unless it is there or was taken before.
    mutating func add(_ object: ReceivedObject) {
        if object.status == .endOfGroup || object.status == .endOfTrack { isEndKnown = true }
        let id = object.location.object
        guard id >= next else { return }
        var place = objects.count
        while place > head, objects[place - 1].location.object > id { place -= 1 }
        if place > head, objects[place - 1].location.object == id { return }
        objects.insert(object, at: place)
    }

    /// The least of the objects held; nil: none.
    var first: ReceivedObject? { head < objects.count ? objects[head] : nil }

    /// No object before this id will come.
    mutating func begins(at id: UInt64) { next = max(next, id) }

    /// The object that comes next.
    ///
    /// - Parameter anyNext: what is missing before it will not come.
    mutating func take(anyNext: Bool) -> ReceivedObject? {
        guard head < objects.count else { return nil }
        let object = objects[head], id = object.location.object
        guard anyNext || id <= next || object.startsAfterGap(from: next) else { return nil }
        head += 1
        next = id == .max ? id : id + 1
        if head == objects.count || head >= 256 {
            objects.removeFirst(head)
            head = 0
        }
        return object
    }
}

extension ReceivedObject {
    /// Whether it says that nothing lies between it and `id` (draft-18 "Prior Object ID Gap").
    fileprivate func startsAfterGap(from id: UInt64) -> Bool {
        guard !properties.isEmpty, let gap = properties.integer(PropertyType.priorObjectIDGap) else { return false }
        return location.object >= id && location.object - id <= gap
    }
}
