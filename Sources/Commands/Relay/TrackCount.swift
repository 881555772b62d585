internal import EventLoop
internal import MoQTCodec
internal import MoQTRelay

/// The tracks that the loops of a relay have, for whichever thread asks.
final class TrackCount: TrackCensus, Sendable {
    /// By how many loops each is had.
    private let loops = Guarded<[FullTrackName: Int]>([:])

    func add(_ name: FullTrackName) { loops.withLock { $0[name, default: 0] += 1 } }

    func remove(_ name: FullTrackName) {
        loops.withLock { loops in
            guard let count = loops[name] else { return }
            loops[name] = count > 1 ? count - 1 : nil
        }
    }

    func hasRoom(for name: FullTrackName, limit: Int) -> Bool {
        loops.withLock { $0.count < limit || $0[name] != nil }
    }
}
