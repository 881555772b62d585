internal import Wire

/// Turns the samples of a movie into MoQT objects: groups by random access point, one chunk per object.
///
/// The first video track leads: each of its random access points starts a group. The other tracks follow with the
/// same group IDs: a group of theirs starts at the first of their random access points (every audio frame is one)
/// that arrives behind the leader's and is not presented before it. Without video, the first track leads with a
/// group for each second. Every sample is packaged: those ahead of the first random access point make a group of
/// their own, and leading pictures stay in decode order.
package struct Packager: Sendable {
    private struct Track: Sendable {
        var timescale: UInt32
        var group: UInt64
        var nextObject: UInt64 = 0
        var writer = FragmentWriter()
    }

    /// A group that the leader started and some follower has not reached.
    private struct Boundary: Sendable {
        var group: UInt64
        var time: Int64
    }

    private var tracks: [Track]
    private let leader: Int
    private let leaderIsVideo: Bool
    /// Boundaries ahead of the slowest follower, oldest first.
    private var boundaries: [Boundary] = []
    /// Decode time at which the leader's group started, in its ticks.
    private var groupStart: Int64 = 0

    /// Boundaries kept for a follower that sends nothing; beyond that it joins at a later group.
    private static let boundaryLimit = 64

    /// - Parameters:
    ///   - tracks: the movie's tracks; samples name them by index.
    ///   - firstGroup: group ID of every track's first group.
    package init(_ tracks: [MediaTrack], firstGroup: UInt64 = 0) {
        self.tracks = tracks.map { Track(timescale: max(1, $0.timescale), group: firstGroup) }
        let video = tracks.firstIndex { $0.kind == .video }
        leader = video ?? 0
        leaderIsVideo = video != nil
    }

    /// The object of one sample.
    package mutating func package(_ sample: MediaSample) -> MediaObject {
        if sample.track == leader { lead(sample) } else { follow(sample) }
        let number = tracks[sample.track].nextObject
        tracks[sample.track].nextObject += 1
        return MediaObject(
            track: sample.track, group: tracks[sample.track].group, object: number,
            time: MediaTime.microseconds(sample.dts, timescale: tracks[sample.track].timescale),
            payload: tracks[sample.track].writer.chunk(sample))
    }

    private mutating func lead(_ sample: MediaSample) {
        let elapsed = sample.dts.subtractingReportingOverflow(groupStart).partialValue
        let starts = leaderIsVideo ? sample.isSync : elapsed >= Int64(tracks[leader].timescale)
        guard starts || tracks[leader].nextObject == 0 else { return }
        groupStart = sample.dts
        guard tracks[leader].nextObject > 0 else { return }
        start(tracks[leader].group + 1, of: leader)
        if boundaries.count == Self.boundaryLimit { boundaries.removeFirst() }
        if tracks.count > 1 { boundaries.append(Boundary(group: tracks[leader].group, time: sample.pts)) }
    }

    private mutating func follow(_ sample: MediaSample) {
        let current = tracks[sample.track]
        guard sample.isSync else { return }
        let reached = boundaries.last {
            $0.group > current.group
                && MediaTime.isAtOrAfter(sample.pts, current.timescale, $0.time, tracks[leader].timescale)
        }
        guard let reached else { return }
        start(reached.group, of: sample.track)
        let slowest = tracks.indices.map { tracks[$0].group }.min() ?? 0
        boundaries.removeAll { $0.group <= slowest }
    }

    private mutating func start(_ group: UInt64, of track: Int) {
        tracks[track].group = group
        tracks[track].nextObject = 0
    }
}
