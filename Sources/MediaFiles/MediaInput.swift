package import MoQTMedia

/// A media file or stream of any container that libavformat reads, as CMAF tracks and their samples.
///
/// Reading blocks: keep an input on a thread of its own. All times are shifted together so that the movie's first
/// decode time is 0 (within a millisecond).
package final class MediaInput {
    /// Audio and video tracks, named `video0`, `audio0`, … in the container's order.
    package let tracks: [MediaTrack]
    /// What the user should know: streams left out, a spooled pipe. One line each, without the file's name.
    package let notes: [String]

    /// Whether the input can be opened again and gives the same.
    let isRepeatable: Bool
    private var reader: Reader
    /// Samples read while the tracks were examined, with times that are not shifted.
    private var ready: ArraySlice<MediaSample>
    /// An error met while the tracks were examined; thrown after the samples before it.
    private let failure: MediaFileError?
    /// Milliseconds taken off every time.
    private let shift: Int64

    /// What gives samples on the container's own time line.
    private enum Reader {
        case container(ContainerSource)
        case fragments(FragmentedSource)

        func next() throws(MediaFileError) -> MediaSample? {
            switch self {
            case .container(let source): try source.next()
            case .fragments(let source): try source.next()
            }
        }
    }

    /// Opens a file, or a pipe that has a path.
    package static func open(path: String) throws(MediaFileError) -> MediaInput {
        try MediaInput(ByteSource(path: path, descriptor: -1), name: path)
    }

    /// Reads a descriptor such as standard input (0), which the caller keeps open for as long and closes.
    package static func open(descriptor: Int32) throws(MediaFileError) -> MediaInput {
        try MediaInput(ByteSource(path: nil, descriptor: descriptor), name: "")
    }

    private init(_ source: ByteSource, name: String) throws(MediaFileError) {
        isRepeatable = source.isSeekable && !name.isEmpty
        var notes: [String] = []
        if !source.isSeekable, source.hasIndexBehindSamples() {
            try source.spool()
            notes.append("the index of this MP4 is at its end: read all of it into a temporary file first")
        }
        if !source.isSeekable, let fragments = FragmentedSource(source) {
            reader = .fragments(fragments)
            (tracks, self.notes) = (fragments.tracks, notes + fragments.notes)
        } else {
            let container = try ContainerSource(source, name: name)
            reader = .container(container)
            (tracks, self.notes) = (container.tracks, notes + container.notes)
        }
        (ready, failure) = Self.beginning(of: reader, tracks)
        if ready.isEmpty, let failure { throw failure }
        shift = Self.firstMillisecond(ready, tracks)
    }

    /// The next sample in the container's order; nil at the end.
    ///
    /// - Throws: what is damaged or cannot be read, after every sample before it.
    package func nextSample() throws(MediaFileError) -> MediaSample? {
        if let sample = ready.popFirst() { return shifted(sample) }
        if let failure { throw failure }
        return try reader.next().map { shifted($0) }
    }

    private func shifted(_ sample: MediaSample) -> MediaSample {
        let offset = Self.ticks(shift, timescale: tracks[sample.track].timescale)
        var sample = sample
        sample.dts = max(0, sample.dts.subtractingReportingOverflow(offset).partialValue)
        sample.pts = sample.pts.subtractingReportingOverflow(offset).partialValue
        return sample
    }
}

extension MediaInput {
    /// What a track may be behind the others, and still say where time starts.
    private static let lateLimit: Int64 = 3_000_000
    private static let sampleLimit = 4096

    /// Reads until every track had a sample, or the limits are reached.
    private static func beginning(of reader: Reader, _ tracks: [MediaTrack]) -> (
        ArraySlice<MediaSample>, MediaFileError?
    ) {
        var samples: ArraySlice<MediaSample> = []
        var seen: Set<Int> = []
        var first = Int64.max
        do {
            while seen.count < tracks.count, samples.count < sampleLimit, let sample = try reader.next() {
                samples.append(sample)
                seen.insert(sample.track)
                let time = MediaTime.microseconds(sample.dts, timescale: tracks[sample.track].timescale)
                first = min(first, time)
                if time.subtractingReportingOverflow(first).partialValue > lateLimit { break }
            }
        } catch {
            return (samples, error)
        }
        return (samples, nil)
    }

    /// The earliest decode time in milliseconds, rounded down.
    private static func firstMillisecond(_ samples: ArraySlice<MediaSample>, _ tracks: [MediaTrack]) -> Int64 {
        samples.map {
            let time = MediaTime.convert($0.dts, from: tracks[$0.track].timescale, to: 1000)
            return $0.dts < 0 ? time.subtractingReportingOverflow(1).partialValue : time
        }.min() ?? 0
    }

    /// Milliseconds in ticks, to the nearest.
    private static func ticks(_ milliseconds: Int64, timescale: UInt32) -> Int64 {
        let product = milliseconds.multipliedReportingOverflow(by: Int64(timescale)).partialValue
        return product.addingReportingOverflow(milliseconds < 0 ? -500 : 500).partialValue / 1000
    }
}
