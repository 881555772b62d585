internal import CAVFormat
internal import MoQTMedia
internal import Wire

/// Reads a fragmented MP4 from a pipe, fragment by fragment, with the times that it says.
///
/// libavformat could read it too, but only with seeking does it know the largest negative composition offset ahead,
/// by which it delays every presentation time; and it waits for more of the stream before it gives the first sample.
final class FragmentedSource {
    let tracks: [MediaTrack]
    let notes: [String]
    private let source: ByteSource
    private let header: MovieHeader
    /// The movie's tracks by track ID.
    private var selected: [UInt32: (index: Int, header: MovieHeader.Track, editOffset: Int64)] = [:]
    /// Bytes of the file before the next box.
    private var position: UInt64
    private var samples: ArraySlice<MediaSample> = []
    private var moof: (bytes: Bytes, position: UInt64)?
    private var failure: MediaFileError?

    /// Longest `moov` or `moof`, and longest `mdat`, that are read.
    private static let headerLimit = 16 << 20
    private static let dataLimit = 512 << 20

    /// - Returns: nil where the pipe carries anything but a fragmented MP4 whose audio and video tracks are all
    ///   known here; it is then as if nothing had been read.
    init?(_ source: ByteSource) {
        guard let moov = source.movieHeader(limit: Self.headerLimit),
            let header = try? MovieHeader(Bytes(Array(source.peek(moov.upperBound)[moov]))), header.isFragmented
        else { return nil }
        var tracks: [MediaTrack] = []
        var notes: [String] = []
        for (number, track) in header.tracks.enumerated() {
            guard track.handler == "vide" || track.handler == "soun" else {
                notes.append("stream \(number) (\(track.handler)) is neither audio nor video: left out")
                continue
            }
            let kind: MediaTrack.Kind = track.handler == "vide" ? .video : .audio
            let name = "\(kind)\(tracks.count { $0.kind == kind })"
            guard let described = try? header.describe(track, name: name),
                let offset = try? header.editOffset(of: track)
            else { return nil }
            selected[track.id] = (tracks.count, track, offset)
            tracks.append(described)
        }
        if tracks.isEmpty { return nil }
        (self.source, self.header, self.tracks, self.notes) = (source, header, tracks, notes)
        position = UInt64(moov.upperBound)
        source.discard(moov.upperBound)
    }

    /// The next sample, its times not shifted; nil at the end.
    ///
    /// - Throws: what is damaged or ends early, after the samples before it.
    func next() throws(MediaFileError) -> MediaSample? {
        while samples.isEmpty {
            if let failure { throw failure }
            guard try readBox() else { return nil }
        }
        return samples.removeFirst()
    }

    /// Reads one box of the file; false at its end.
    private func readBox() throws(MediaFileError) -> Bool {
        let start = position
        guard let (type, size) = try boxHeader() else { return false }
        switch type {
        case "moof":
            guard size <= UInt64(Self.headerLimit) else { throw Self.damaged("a moof of \(size) bytes") }
            moof = (Bytes(Self.box("moof", body: try read(Int(size), mayEnd: false))), start)
        case "mdat":
            guard size <= UInt64(Self.dataLimit) else {
                throw MediaFileError(.unsupported, "a fragment of \(size) bytes; the most is \(Self.dataLimit)")
            }
            let bodyPosition = position
            let data = try read(Int(size), mayEnd: true)
            if data.count < Int(size) { failure = Self.damaged("it ends inside a fragment") }
            try addSamples(data, at: bodyPosition)
        case "moov":
            guard size <= UInt64(Self.headerLimit) else { throw Self.damaged("a moov of \(size) bytes") }
            guard Bytes(Self.box("moov", body: try read(Int(size), mayEnd: false))) == header.bytes else {
                throw MediaFileError(.unsupported, "the codec configuration changes in mid-stream")
            }
        default: try skip(size)
        }
        return true
    }

    private func addSamples(_ data: Bytes, at dataPosition: UInt64) throws(MediaFileError) {
        guard let moof else { return }
        var found: [(time: Int64, sample: MediaSample)] = []
        do {
            for fragment in try Fragment.all(in: moof.bytes) {
                for part in fragment.tracks {
                    guard let track = selected[part.id] else { continue }
                    let listed = try fragment.samples(
                        of: part, in: moof.bytes, header: track.header, position: moof.position)
                    for entry in listed {
                        let start = entry.offset.addingReportingOverflow(
                            Int64(bitPattern: moof.position &- dataPosition))
                        guard !start.overflow, start.partialValue >= 0,
                            start.partialValue <= Int64(data.count) - Int64(entry.size)
                        else { continue }
                        let payload = data.slice(from: Int(start.partialValue), count: Int(entry.size))
                        found.append(Self.sample(entry, payload, track.index, track.header.timescale, track.editOffset))
                    }
                }
            }
        } catch {
            throw Self.damaged("\(error)")
        }
        // One fragment may hold a stretch of each track after the other.
        let order = found.indices.sorted { (found[$0].time, $0) < (found[$1].time, $1) }
        samples = order.map { found[$0].sample }[...]
    }

    private static func sample(
        _ entry: FragmentSample, _ payload: Bytes, _ track: Int, _ timescale: UInt32, _ editOffset: Int64
    ) -> (Int64, MediaSample) {
        let dts = Int64(clamping: entry.dts).subtractingReportingOverflow(editOffset).partialValue
        let pts = dts.addingReportingOverflow(entry.compositionOffset).partialValue
        return (
            MediaTime.microseconds(dts, timescale: timescale),
            MediaSample(
                track: track, dts: dts, pts: pts, duration: entry.duration, isSync: entry.isSync, payload: payload)
        )
    }
}

extension FragmentedSource {
    private static func damaged(_ what: String) -> MediaFileError {
        MediaFileError(.damaged, "truncated or damaged: \(what)")
    }

    private static func box(_ type: FourCC, body: Bytes) -> [UInt8] {
        let size = UInt32(body.count + 8)
        return [size, type.rawValue].flatMap { word in
            [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: word >> UInt32($0)) }
        } + body.array
    }

    /// Type and body size of the next box; nil at the end of the file.
    private func boxHeader() throws(MediaFileError) -> (FourCC, UInt64)? {
        let short = try read(8, mayEnd: true)
        if short.isEmpty { return nil }
        guard short.count == 8 else { throw Self.damaged("it ends inside a box") }
        let type = FourCC(rawValue: UInt32(truncatingIfNeeded: Self.integer(short.array[4...])))
        let size = Self.integer(short.array[..<4])
        if size == 1 {
            let long = Self.integer(try read(8, mayEnd: false).array[...])
            guard long >= 16 else { throw Self.damaged("a box smaller than its header") }
            return (type, long - 16)
        }
        guard size >= 8 else { throw Self.damaged("a box smaller than its header") }
        return (type, size - 8)
    }

    private static func integer(_ bytes: ArraySlice<UInt8>) -> UInt64 { bytes.reduce(0) { $0 << 8 | UInt64($1) } }

    /// Reads `count` bytes; fewer only where the file `mayEnd`.
    private func read(_ count: Int, mayEnd: Bool) throws(MediaFileError) -> Bytes {
        if count == 0 { return Bytes() }
        let slab = Slab(capacity: count)
        while slab.room > 0 {
            let chunk = slab.fill { max(0, source.read(into: $0)) }
            if source.failure != 0 { throw ByteSource.error(source.failure) }
            if chunk.isEmpty { break }
        }
        guard slab.count == count || mayEnd else { throw Self.damaged("it ends inside a box") }
        position += UInt64(slab.count)
        return Bytes(slab: slab, offset: 0, count: slab.count)
    }

    private func skip(_ size: UInt64) throws(MediaFileError) {
        var left = size
        while left > 0 {
            let read = try read(Int(min(left, 1 << 16)), mayEnd: true)
            // A pipe may end in padding that was cut.
            if read.isEmpty { return }
            left -= UInt64(read.count)
        }
    }
}
