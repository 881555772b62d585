package import MoQTMedia

/// A media file played again and again, as one movie whose times go on.
///
/// Each round begins where the longest track of the first one ended.
package final class LoopingInput {
    private let path: String
    private var input: MediaInput
    /// Rounds still to begin; nil for no end.
    private var roundsLeft: Int?
    private var round: Int64 = 0
    /// Length of a round: the end of the longest track, in ticks of its timescale.
    private var length: (ticks: Int64, timescale: UInt32) = (0, 1)

    package var tracks: [MediaTrack] { input.tracks }
    package var notes: [String] { input.notes }

    /// - Parameters:
    ///   - path: a regular file; what cannot be read twice is refused.
    ///   - rounds: how often it is played, 1 or more; nil for ever.
    package init(path: String, rounds: Int?) throws(MediaFileError) {
        self.path = path
        input = try MediaInput.open(path: path)
        roundsLeft = rounds.map { max(0, $0 - 1) }
        guard input.isRepeatable || roundsLeft == 0 else {
            throw MediaFileError(.unsupported, "only a file can be looped, not a pipe")
        }
    }

    /// The next sample; nil after the last round.
    package func nextSample() throws(MediaFileError) -> MediaSample? {
        if let sample = try input.nextSample() { return placed(sample) }
        guard roundsLeft != 0, length.ticks > 0 else { return nil }
        roundsLeft = roundsLeft.map { $0 - 1 }
        round += 1
        let again = try MediaInput.open(path: path)
        guard again.tracks == input.tracks else {
            throw MediaFileError(.damaged, "the file changed while it was looped")
        }
        input = again
        return try input.nextSample().map { placed($0) }
    }

    private func placed(_ sample: MediaSample) -> MediaSample {
        let timescale = tracks[sample.track].timescale
        if round == 0 { measure(sample, timescale: timescale) }
        // From the start each time, so that rounding never adds up.
        let offset = MediaTime.convert(
            round.multipliedReportingOverflow(by: length.ticks).partialValue, from: length.timescale, to: timescale)
        var sample = sample
        sample.dts += offset
        sample.pts += offset
        return sample
    }

    private func measure(_ sample: MediaSample, timescale: UInt32) {
        let end = sample.dts + Int64(sample.duration)
        if !MediaTime.isAtOrAfter(length.ticks, length.timescale, end, timescale) { length = (end, timescale) }
    }
}
