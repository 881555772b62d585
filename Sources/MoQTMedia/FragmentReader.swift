package import Wire

/// A `moof` and the `mdat`s behind it, as found in an object of a CMAF track.
package struct Fragment: Sendable {
    /// One `traf`.
    package struct Track: Sendable {
        package var id: UInt32
        /// Decode time of the first sample in ticks; 0 where no `tfdt` says it.
        package var decodeTime: UInt64
        var idOffset: Int
        /// Where the base data offset (64 bits) is, if the fragment has one, and its value.
        var baseOffset: Int?
        var base: UInt64?
        /// Where the decode time is and whether it has 64 bits.
        var timeField: (offset: Int, isLong: Bool)?
        var defaults: TrackDefaults
        /// Where the bodies of the `trun`s lie.
        var runs: [Box]
    }

    /// The values of `tfhd`; nil means the one of `trex`.
    struct TrackDefaults: Sendable {
        var duration: UInt32?
        var size: UInt32?
        var flags: UInt32?
    }

    package internal(set) var tracks: [Track] = []
    /// The `moof` in the object, and what follows it up to the next `moof`.
    let moof: Range<Int>
    var data: Range<Int>
    var sequenceOffset: Int?

    /// Most track fragments and runs that are read from one `moof`.
    private static let limit = 1024

    /// Every fragment of an object, in order. Boxes that carry no samples (`styp`, `prft`, `emsg`, `sidx`) are
    /// passed over.
    ///
    /// - Throws: what is wrong; an object without any `moof` gives an empty list.
    package static func all(in object: Bytes) throws(WireError) -> [Fragment] {
        var fragments: [Fragment] = []
        var reader = BoxReader(object)
        while let box = try reader.nextBox() {
            if box.type == "moof" { fragments.append(try Fragment(object, moof: box)) }
            guard box.type == "mdat", let last = fragments.indices.last else { continue }
            let start = fragments[last].data.isEmpty ? box.range.lowerBound : fragments[last].data.lowerBound
            fragments[last].data = start..<box.range.upperBound
        }
        return fragments
    }

    private init(_ object: Bytes, moof box: Box) throws(WireError) {
        moof = box.range
        data = box.range.upperBound..<box.range.upperBound
        var reader = BoxReader(object, in: box)
        while let child = try reader.nextBox() {
            if child.type == "mfhd", child.body.count >= 8 { sequenceOffset = child.body.lowerBound + 4 }
            guard child.type == "traf" else { continue }
            guard tracks.count < Self.limit else {
                throw WireError(.tooLong(limit: UInt64(Self.limit)), offset: child.range.lowerBound, field: "traf")
            }
            tracks.append(try Track(BoxReader(object, in: child)))
        }
    }
}

extension Fragment.Track {
    fileprivate init(_ traf: BoxReader) throws(WireError) {
        var reader = traf
        self.init(id: 0, decodeTime: 0, idOffset: 0, baseOffset: nil, timeField: nil, defaults: .init(), runs: [])
        var hasHeader = false
        while let box = try reader.nextBox() {
            let fields = BoxReader(traf.bytes, in: box)
            switch box.type {
            case "tfhd":
                try readHeader(fields)
                hasHeader = true
            case "tfdt": try readTime(fields)
            case "trun" where runs.count < 1024: runs.append(box)
            default: break
            }
        }
        guard hasHeader else {
            throw WireError(.invalid("no tfhd"), offset: traf.position, field: "traf")
        }
    }

    private mutating func readHeader(_ tfhd: BoxReader) throws(WireError) {
        var fields = tfhd
        let flags = try fields.u32() & 0xFF_FFFF
        idOffset = fields.position
        id = try fields.u32()
        if flags & 0x1 != 0 {
            baseOffset = fields.position
            base = try fields.u64()
        }
        if flags & 0x2 != 0 { try fields.skip(4) }
        if flags & 0x8 != 0 { defaults.duration = try fields.u32() }
        if flags & 0x10 != 0 { defaults.size = try fields.u32() }
        if flags & 0x20 != 0 { defaults.flags = try fields.u32() }
    }

    private mutating func readTime(_ tfdt: BoxReader) throws(WireError) {
        var fields = tfdt
        let isLong = try fields.u32() >> 24 == 1
        timeField = (fields.position, isLong)
        decodeTime = isLong ? try fields.u64() : UInt64(try fields.u32())
    }
}
