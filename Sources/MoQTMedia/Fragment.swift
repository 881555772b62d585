package import Wire

/// A CMAF chunk (ISO/IEC 23000-19 §7.3.2.3) as it is written here: a `moof` with one sample, and its `mdat`.
package struct FragmentWriter: Sendable {
    private var sequence: UInt32 = 0
    private var header = BoxWriter()

    package init() {}

    /// The chunk of one sample.
    ///
    /// The payload is shorter than 4 GiB; a negative decode time is written as 0.
    package mutating func chunk(_ sample: MediaSample) -> Bytes {
        sequence &+= 1  // a label only: wrapping harms nobody
        header.bytes.removeAll(keepingCapacity: true)
        writeMoof(sample)
        writeMdatHeader(sample.payload.count)
        let slab = Slab(capacity: header.bytes.count + sample.payload.count)
        let front = unsafe header.bytes.withUnsafeBytes { unsafe slab.append($0) }
        _ = unsafe sample.payload.withUnsafeBytes { unsafe slab.append($0) }
        return Bytes(slab: slab, offset: front.offset, count: slab.count)
    }

    private mutating func writeMoof(_ sample: MediaSample) {
        var offsetField = 0
        let number = sequence
        header.box("moof") {
            $0.fullBox("mfhd") { $0.u32(number) }
            $0.box("traf") {
                // default-base-is-moof: data offsets count from the moof, so that a fragment can lie anywhere in a file.
                $0.fullBox("tfhd", flags: 0x2_0000) { $0.u32(InitSegment.trackID) }
                $0.fullBox("tfdt", version: 1) { $0.u64(UInt64(max(0, sample.dts))) }
                $0.fullBox("trun", version: 1, flags: 0xF01) {
                    $0.u32(1)
                    offsetField = $0.bytes.count
                    $0.u32(0)
                    $0.u32(sample.duration)
                    $0.u32(UInt32(clamping: sample.payload.count))
                    $0.u32(sample.isSync ? SampleFlags.sync : SampleFlags.other)
                    $0.integer(Int32(clamping: sample.pts.subtractingReportingOverflow(sample.dts).partialValue))
                }
            }
        }
        header.patch(UInt32(header.bytes.count + 8), at: offsetField)
    }

    private mutating func writeMdatHeader(_ payload: Int) {
        header.u32(UInt32(clamping: payload + 8))
        header.u32(("mdat" as FourCC).rawValue)
    }
}

/// Sample flags of ISO/IEC 14496-12 §8.8.3.1.
enum SampleFlags {
    /// Depends on no other sample.
    static let sync: UInt32 = 0x0200_0000
    /// Depends on others; not a sync sample.
    static let other: UInt32 = 0x0101_0000
    static let nonSyncBit: UInt32 = 0x0001_0000
}
