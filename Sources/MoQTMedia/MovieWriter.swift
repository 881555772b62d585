package import Wire

/// Writes the objects of several CMAF tracks as one fragmented MP4.
///
/// Give it objects with ``append(_:track:)`` in each track's order, and drain ``nextOutput()`` after each call. The
/// output may be cut after any fragment and is a playable file. Tracks are interleaved by decode time; a track
/// that falls behind the others by more than the limits is not waited for. Payloads are referenced, not copied.
package struct MovieWriter: Sendable {
    /// Media time a track may be behind before the others are written without it, in microseconds.
    private static let waitLimit: Int64 = 5_000_000
    /// Bytes that may wait for interleaving.
    private static let byteLimit = 32 << 20

    private struct Track: Sendable {
        var id: UInt32
        var timescale: UInt32
        var sourceID: UInt32
        var waiting: Deque<Pending> = Deque()
        var isFinished = false
    }

    private struct Pending: Sendable {
        var object: Bytes
        var fragment: Fragment
        /// Decode time in microseconds.
        var time: Int64
    }

    private var tracks: [Track] = []
    private var output: Deque<Bytes> = Deque()
    private var waitingBytes = 0
    /// Latest decode time seen, in microseconds.
    private var newest = Int64.min
    private var written: UInt64 = 0
    private var sequence: UInt32 = 0
    /// Whole seconds taken off every decode time, so that a file cut from a long broadcast starts near 0 and no
    /// timescale has to round; nil until the first fragment is written.
    private var shift: UInt64?

    /// - Parameter headers: the init segments of the tracks, one each; of a segment with several tracks the first
    ///   is taken.
    package init(_ headers: [MovieHeader]) {
        for (index, header) in headers.enumerated() {
            guard let first = header.tracks.first else { continue }
            tracks.append(Track(id: UInt32(index + 1), timescale: first.timescale, sourceID: first.id))
        }
        emit(Bytes(Self.movieHeader(headers)))
    }

    /// Bytes that wait for other tracks.
    package var pendingBytes: Int { waitingBytes }

    /// Takes the next object of a track.
    ///
    /// - Parameter track: index in the list of headers.
    /// - Throws: what is wrong in the object's boxes; the object is then left out and the file stays whole.
    package mutating func append(_ object: Bytes, track: Int) throws(WireError) {
        for fragment in try Fragment.all(in: object) {
            guard let time = decodeTime(of: fragment, track: track) else { continue }
            tracks[track].waiting.append(Pending(object: object, fragment: fragment, time: time))
            waitingBytes += fragment.moof.count + fragment.data.count
            newest = max(newest, time)
        }
        release()
    }

    /// Says that no more objects of `track` will come, so nothing waits for it.
    package mutating func finish(track: Int) {
        tracks[track].isFinished = true
        release()
    }

    /// Writes everything that waits; call it at the end, or when the movie is interrupted.
    package mutating func finish() {
        for index in tracks.indices { tracks[index].isFinished = true }
        release()
    }

    /// The next bytes of the file, or nil when more input is needed.
    package mutating func nextOutput() -> Bytes? { output.popFirst() }
}

extension MovieWriter {
    private func decodeTime(of fragment: Fragment, track: Int) -> Int64? {
        guard let part = fragment.tracks.first(where: { $0.id == tracks[track].sourceID }) ?? fragment.tracks.first
        else { return nil }
        return MediaTime.microseconds(Int64(clamping: part.decodeTime), timescale: tracks[track].timescale)
    }

    private mutating func release() {
        while let track = nextTrack() {
            guard let pending = tracks[track].waiting.popFirst() else { return }
            waitingBytes -= pending.fragment.moof.count + pending.fragment.data.count
            write(pending, track: track)
        }
    }

    /// The track whose oldest fragment is next, or nil while a slower track is waited for.
    private func nextTrack() -> Int? {
        var best: (track: Int, time: Int64)?
        var isWaiting = false
        for (index, track) in tracks.enumerated() {
            guard let first = track.waiting.first else {
                if !track.isFinished { isWaiting = true }
                continue
            }
            if best.map({ first.time < $0.time }) ?? true { best = (index, first.time) }
        }
        guard let best else { return nil }
        let isLate =
            waitingBytes > Self.byteLimit
            || newest.subtractingReportingOverflow(best.time).partialValue > Self.waitLimit
        return isWaiting && !isLate ? nil : best.track
    }

    private mutating func write(_ pending: Pending, track: Int) {
        if shift == nil { shift = UInt64(max(0, pending.time) / 1_000_000) }
        sequence &+= 1  // a label only
        let patched = rewrite(pending, track: tracks[track])
        emit(Bytes(patched))
        emit(pending.object.slice(from: pending.fragment.data.lowerBound, count: pending.fragment.data.count))
    }

    private mutating func emit(_ bytes: Bytes) {
        written += UInt64(bytes.count)
        output.append(bytes)
    }

    /// The `moof` with our track ID, sequence number, position and shifted decode time.
    private func rewrite(_ pending: Pending, track: Track) -> [UInt8] {
        let start = pending.fragment.moof.lowerBound
        var moof = pending.object.slice(from: start, count: pending.fragment.moof.count).array
        if let offset = pending.fragment.sequenceOffset { moof.put(UInt64(sequence), width: 4, at: offset - start) }
        for part in pending.fragment.tracks {
            moof.put(UInt64(track.id), width: 4, at: part.idOffset - start)
            // An absolute base points at the moof in the publisher's file; here the moof lies elsewhere.
            if let offset = part.baseOffset { moof.put(written, width: 8, at: offset - start) }
            if let field = part.timeField {
                let ticks = (shift ?? 0).multipliedReportingOverflow(by: UInt64(track.timescale)).partialValue
                let time = part.decodeTime > ticks ? part.decodeTime - ticks : 0
                moof.put(time, width: field.isLong ? 8 : 4, at: field.offset - start)
            }
        }
        return moof
    }

    /// One `ftyp` and `moov` with the first `trak` of every header, as tracks 1, 2, ….
    private static func movieHeader(_ headers: [MovieHeader]) -> [UInt8] {
        var writer = BoxWriter()
        writer.ftyp()
        writer.box("moov") {
            $0.mvhd(nextTrackID: UInt32(headers.count + 1))
            for (index, header) in headers.enumerated() {
                guard let track = header.tracks.first else { continue }
                var trak = header.bytes.slice(from: track.trak.lowerBound, count: track.trak.count).array
                trak.put(UInt64(index + 1), width: 4, at: track.idOffset - track.trak.lowerBound)
                $0.append(trak)
            }
            $0.box("mvex") {
                for (index, header) in headers.enumerated() {
                    guard let track = header.tracks.first else { continue }
                    $0.trex(id: UInt32(index + 1), defaults: track.defaults)
                }
            }
        }
        return writer.bytes
    }
}

extension [UInt8] {
    /// Overwrites `width` bytes with `value`, big-endian.
    fileprivate mutating func put(_ value: UInt64, width: Int, at offset: Int) {
        for index in 0..<width {
            self[offset + index] = UInt8(truncatingIfNeeded: value >> UInt64(8 * (width - 1 - index)))
        }
    }
}
