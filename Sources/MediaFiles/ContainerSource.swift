internal import CAVFormat
internal import MoQTMedia
internal import Wire

/// Samples of any container, through libavformat, on the container's own time line.
final class ContainerSource {
    let tracks: [MediaTrack]
    let notes: [String]
    private let demuxer: Demuxer
    /// By stream index; nil for streams that are left out.
    private var streams: [Stream?]
    /// Packets read while the streams were described.
    private var ready: ArraySlice<DemuxedPacket>
    private let failure: MediaFileError?
    /// Microseconds that are added to every time since the last jump in the container's time line, and before it:
    /// packets of the other streams may still come from there.
    private var jump: Int64 = 0
    private var earlierJump: Int64 = 0
    /// A step of a stream's decode time beyond this is a jump, in microseconds.
    private static let jumpLimit: Int64 = 10_000_000

    struct Stream {
        var track: Int
        var timeline: StreamTimeline
        var framing: StreamFraming
        var configuration: [UInt8]
        /// Decode time that the next sample should have, in microseconds of the movie; nil before the first.
        var expected: Int64?
    }

    init(_ source: ByteSource, name: String) throws(MediaFileError) {
        source.examine()
        demuxer = try Demuxer(source, name: name)
        let prelude = try Prelude(demuxer)
        guard !prelude.tracks.isEmpty else {
            throw MediaFileError(
                prelude.notes.isEmpty ? .noStreams : .unsupported,
                (["no audio or video that can be published"] + prelude.notes).joined(separator: "; "))
        }
        (tracks, notes, streams) = (prelude.tracks, prelude.notes, prelude.streams)
        (ready, failure) = (prelude.packets[...], prelude.failure)
    }

    /// The next sample; nil at the end.
    func next() throws(MediaFileError) -> MediaSample? {
        while let packet = ready.popFirst() {
            if let sample = try sample(packet) { return sample }
        }
        if let failure { throw failure }
        while let packet = try demuxer.next() {
            if let sample = try sample(packet) { return sample }
        }
        return nil
    }

    /// The packet as a sample; nil for one of a stream that is left out.
    private func sample(_ packet: DemuxedPacket) throws(MediaFileError) -> MediaSample? {
        guard packet.stream < streams.count, let stream = streams[packet.stream] else { return nil }
        let name = tracks[stream.track].name
        if let new = packet.newConfiguration, !stream.configuration.isEmpty, new != stream.configuration {
            throw MediaFileError(.unsupported, "\(name): the codec configuration changes in mid-stream")
        }
        guard var times = streams[packet.stream]?.timeline.times(of: packet) else {
            throw MediaFileError(.damaged, "\(name): a time stamp out of range")
        }
        if demuxer.isDiscontinuous { joinTimes(&times, stream: packet.stream, timescale: stream.timeline.timescale) }
        do {
            return MediaSample(
                track: stream.track, dts: times.dts, pts: times.pts, duration: UInt32(clamping: times.duration),
                isSync: packet.isKey, payload: try stream.framing.sample(packet.payload))
        } catch {
            throw MediaFileError(.damaged, "\(name): \(error)")
        }
    }

    /// Lets the movie's time go on where the container's jumps.
    private func joinTimes(_ times: inout StreamTimeline.Times, stream: Int, timescale: UInt32) {
        let time = MediaTime.microseconds(times.dts, timescale: timescale)
        let offset = MediaTime.convert(self.offset(at: time, stream: stream), from: 1_000_000, to: timescale)
        times.dts = times.dts.addingReportingOverflow(offset).partialValue
        times.pts = times.pts.addingReportingOverflow(offset).partialValue
        streams[stream]?.expected = MediaTime.microseconds(
            times.dts.addingReportingOverflow(times.duration).partialValue, timescale: timescale)
    }

    /// Microseconds to add to a decode time of `stream`.
    private func offset(at time: Int64, stream: Int) -> Int64 {
        guard let expected = streams[stream]?.expected else { return jump }
        for offset in [jump, earlierJump] {
            let step = time.addingReportingOverflow(offset).partialValue.subtractingReportingOverflow(expected)
                .partialValue
            if step.magnitude <= Self.jumpLimit { return offset }
        }
        // Behind the end of every stream, so that none goes back in time.
        let end = streams.compactMap { $0?.expected }.max() ?? expected
        earlierJump = jump
        jump = end.subtractingReportingOverflow(time).partialValue
        return jump
    }
}
