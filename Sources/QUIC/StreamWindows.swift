internal import Wire

/// What the peer may have waiting on its unidirectional streams: a first window on each, and the largest on those that
/// use theirs, out of an allowance that all of them share. So there is a bound to it, and yet no stream that is not read
/// stops another: at the worst they go on in their first windows.
struct StreamWindows {
    /// What a stream gets beyond its first window.
    private let growth: Int
    /// Bytes of a stream with which it has used half of its first window.
    private let threshold: Int
    /// Bytes that can be given to streams.
    private(set) var allowance: Int
    /// Streams that the peer may open besides those that it has.
    private var places: Int
    /// Whether those had grown that are over while their places have not been given back, oldest first.
    private var ended: [Bool] = []
    private var head = 0
    /// Places that were given back before their streams were over.
    private var owed = 0

    init(_ settings: QUICSettings) {
        let growth = max(settings.largestStreamWindow - settings.unidirectionalStreamWindow, 0)
        self.growth = settings.windowAllowance > 0 ? growth : 0
        threshold = settings.unidirectionalStreamWindow / 2
        allowance = settings.windowAllowance
        places = settings.unidirectionalStreams
    }

    /// The peer has opened a stream.
    /// - Returns: whether it can open no other for now.
    mutating func opened() -> Bool {
        places -= 1
        return places == 0
    }

    /// Bytes of a stream of the peer came.
    /// - Returns: how much more credit it gets; nil: it wants some, but there is none.
    mutating func received(_ count: Int, on stream: Stream) -> Int? {
        let before = stream.received
        stream.received += count
        guard growth > 0, before < threshold, stream.received >= threshold else { return 0 }
        guard allowance >= growth else { return nil }
        allowance -= growth
        stream.hasGrown = true
        return growth
    }

    /// A stream of the peer is over. What it brought may still wait, until its place is given back.
    mutating func ended(_ stream: Stream) {
        guard owed == 0 else {
            owed -= 1
            return release(stream.hasGrown)
        }
        ended.append(stream.hasGrown)
    }

    /// The peer may open more streams, in place of those that were read.
    mutating func returned(_ count: Int) {
        places += count
        for _ in 0..<count {
            guard head < ended.count else {
                owed += 1
                continue
            }
            release(ended[head])
            head += 1
        }
        guard head > 64, head > ended.count / 2 else { return }
        ended.removeFirst(head)
        head = 0
    }

    private mutating func release(_ hasGrown: Bool) { if hasGrown { allowance += growth } }
}
