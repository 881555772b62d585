package import Wire

/// A sample as a fragment lists it.
package struct FragmentSample: Sendable, Hashable {
    /// Decode time in ticks.
    package var dts: UInt64
    /// Presentation time minus decode time, in ticks.
    package var compositionOffset: Int64
    package var duration: UInt32
    package var size: UInt32
    /// Where its first byte is, counted from the first byte of the `moof`.
    package var offset: Int64
    package var isSync: Bool
}

extension Fragment {
    /// The samples of one track, in decode order.
    ///
    /// - Parameters:
    ///   - object: the bytes the fragment was read from.
    ///   - header: the track's entry in its init segment.
    ///   - position: where the `moof` is in its file, for fragments whose data offsets count from there.
    /// - Throws: a run that ends before its samples do; a sample count beyond 65,536 in one fragment.
    package func samples(of track: Track, in object: Bytes, header: MovieHeader.Track, position: UInt64 = 0)
        throws(WireError) -> [FragmentSample]
    {
        var samples: [FragmentSample] = []
        var time = track.decodeTime
        // Without a base, data offsets count from the moof: so they do for the first or only track at least.
        let base = track.base.map { Int64(bitPattern: $0 &- position) } ?? 0
        var next = base
        for run in track.runs {
            try SampleRun(defaults: track.defaults, trex: header.defaults)
                .read(BoxReader(object, in: run), base: base, next: &next, time: &time, into: &samples)
        }
        return samples
    }
}

/// Reads one `trun` (ISO/IEC 14496-12 §8.8.8).
private struct SampleRun {
    static let sampleLimit = 65_536
    var defaults: Fragment.TrackDefaults
    var trex: SampleDefaults

    /// - Parameters:
    ///   - base: what a data offset counts from.
    ///   - next: where the data of the run before ended; this run's begins there if it has no offset.
    func read(
        _ trun: BoxReader, base: Int64, next: inout Int64, time: inout UInt64, into samples: inout [FragmentSample]
    ) throws(WireError) {
        var fields = trun
        let word = try fields.u32()
        let flags = word & 0xFF_FFFF
        let count = Int(try fields.u32())
        guard samples.count + count <= Self.sampleLimit else {
            throw WireError(.tooLong(limit: UInt64(Self.sampleLimit)), offset: trun.position, field: "trun")
        }
        if flags & 0x1 != 0 { next = base &+ Int64(Int32(bitPattern: try fields.u32())) }
        let firstFlags = flags & 0x4 != 0 ? try fields.u32() : nil
        for index in 0..<count {
            let duration = flags & 0x100 != 0 ? try fields.u32() : defaults.duration ?? trex.duration
            let size = flags & 0x200 != 0 ? try fields.u32() : defaults.size ?? trex.size
            var sampleFlags = flags & 0x400 != 0 ? try fields.u32() : defaults.flags ?? trex.flags
            if index == 0, let firstFlags { sampleFlags = firstFlags }
            let offset = flags & 0x800 != 0 ? try fields.u32() : 0
            samples.append(
                FragmentSample(
                    dts: time,
                    compositionOffset: word >> 24 == 0 ? Int64(offset) : Int64(Int32(bitPattern: offset)),
                    duration: duration, size: size, offset: next, isSync: sampleFlags & SampleFlags.nonSyncBit == 0))
            // Wrapping is what a 64-bit decode time does past its end; whoever uses an
            // offset checks it against the bytes there are.
            time &+= UInt64(duration)
            next &+= Int64(size)
        }
    }
}
