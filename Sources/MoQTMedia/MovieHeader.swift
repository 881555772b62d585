package import Wire

/// What an init segment (`ftyp` + `moov`) says about its tracks; reads those of other publishers too.
package struct MovieHeader: Sendable {
    package struct Track: Sendable {
        /// Track ID in the segment.
        package var id: UInt32
        /// Ticks per second, 1 or more.
        package var timescale: UInt32
        /// `vide`, `soun`, or another handler.
        package var handler: FourCC
        /// Sample defaults of `trex`.
        var defaults: SampleDefaults
        /// Where the `trak` box lies, and where in it the track ID is.
        var trak: Range<Int>
        var idOffset: Int
    }

    package private(set) var tracks: [Track] = []
    /// The segment it was read from.
    package let bytes: Bytes

    /// Most tracks that are read from one segment.
    private static let trackLimit = 64

    /// - Throws: what is wrong or missing; a segment without a `moov` or without a track is an error.
    package init(_ bytes: Bytes) throws(WireError) {
        self.bytes = bytes
        var file = BoxReader(bytes)
        guard let moov = try file.firstBox("moov") else {
            throw WireError(.invalid("the init segment has no moov"), offset: 0, field: "moov")
        }
        var defaults: [UInt32: SampleDefaults] = [:]
        var boxes = BoxReader(bytes, in: moov)
        while let box = try boxes.nextBox() {
            if box.type == "trak" { try addTrack(box) }
            if box.type == "mvex" { try Self.readDefaults(BoxReader(bytes, in: box), into: &defaults) }
        }
        guard !tracks.isEmpty else {
            throw WireError(.invalid("the init segment has no track"), offset: 0, field: "trak")
        }
        for index in tracks.indices { tracks[index].defaults = defaults[tracks[index].id] ?? SampleDefaults() }
    }

    private mutating func addTrack(_ trak: Box) throws(WireError) {
        guard tracks.count < Self.trackLimit else {
            throw WireError(.tooLong(limit: UInt64(Self.trackLimit)), offset: trak.range.lowerBound, field: "trak")
        }
        var id: (value: UInt32, offset: Int)?
        var media: (timescale: UInt32, handler: FourCC)?
        var boxes = BoxReader(bytes, in: trak)
        while let box = try boxes.nextBox() {
            if box.type == "tkhd" { id = try Self.trackID(BoxReader(bytes, in: box)) }
            if box.type == "mdia" { media = try Self.media(BoxReader(bytes, in: box)) }
        }
        guard let id, let media else {
            throw WireError(.invalid("no tkhd, mdhd or hdlr"), offset: trak.range.lowerBound, field: "trak")
        }
        tracks.append(
            Track(
                id: id.value, timescale: media.timescale, handler: media.handler,
                defaults: SampleDefaults(), trak: trak.range, idOffset: id.offset))
    }

    private static func trackID(_ tkhd: BoxReader) throws(WireError) -> (UInt32, Int) {
        var reader = tkhd
        let version = try reader.u32() >> 24
        try reader.skip(version == 1 ? 16 : 8)
        let offset = reader.position
        return (try reader.u32(), offset)
    }

    private static func media(_ mdia: BoxReader) throws(WireError) -> (UInt32, FourCC)? {
        var reader = mdia
        var timescale: UInt32?
        var handler: FourCC?
        while let box = try reader.nextBox() {
            var fields = BoxReader(mdia.bytes, in: box)
            if box.type == "mdhd" {
                let version = try fields.u32() >> 24
                try fields.skip(version == 1 ? 16 : 8)
                timescale = try fields.u32()
            }
            if box.type == "hdlr" {
                try fields.skip(8)
                handler = FourCC(rawValue: try fields.u32())
            }
        }
        guard timescale != 0 else {
            throw WireError(.invalid("a timescale of 0"), offset: mdia.position, field: "mdhd")
        }
        guard let timescale, let handler else { return nil }
        return (timescale, handler)
    }

    private static func readDefaults(
        _ mvex: BoxReader, into table: inout [UInt32: SampleDefaults]
    ) throws(WireError) {
        var reader = mvex
        while let box = try reader.nextBox(), table.count <= trackLimit {
            guard box.type == "trex" else { continue }
            var fields = BoxReader(mvex.bytes, in: box)
            try fields.skip(4)
            let id = try fields.u32()
            table[id] = SampleDefaults(
                description: try fields.u32(), duration: try fields.u32(), size: try fields.u32(),
                flags: try fields.u32())
        }
    }
}

/// Sample values that hold where a fragment gives none (`trex`, `tfhd`).
struct SampleDefaults: Sendable, Hashable {
    var description: UInt32 = 1
    var duration: UInt32 = 0
    var size: UInt32 = 0
    var flags: UInt32 = 0
}
