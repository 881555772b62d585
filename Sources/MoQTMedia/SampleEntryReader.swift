package import Wire

extension MovieHeader {
    /// Whether the samples are in fragments (`mvex` is there).
    package var isFragmented: Bool {
        var file = BoxReader(bytes)
        guard let moov = try? file.firstBox("moov") else { return false }
        var boxes = BoxReader(bytes, in: moov)
        return (try? boxes.firstBox("mvex")) != nil
    }

    /// What a track is, from its sample entry.
    ///
    /// - Parameter name: the MoQT track name it gets.
    /// - Returns: nil for a handler other than video and audio, and for a sample entry that is not known here.
    /// - Throws: what is wrong in the boxes.
    package func describe(_ track: Track, name: String) throws(WireError) -> MediaTrack? {
        guard track.handler == "vide" || track.handler == "soun",
            let mdia = try child("mdia", of: track.trak), let minf = try child("minf", of: mdia),
            let stbl = try child("stbl", of: minf), let stsd = try child("stsd", of: stbl)
        else { return nil }
        var entries = BoxReader(bytes, in: box(stsd))
        try entries.skip(8)
        guard let entry = try entries.nextBox() else { return nil }
        let kind: MediaTrack.Kind = track.handler == "vide" ? .video : .audio
        guard var described = try sampleEntry(entry, kind: kind, name: name, timescale: track.timescale) else {
            return nil
        }
        if kind == .video, let tkhd = try child("tkhd", of: track.trak) {
            described.matrix = try matrix(BoxReader(bytes, in: box(tkhd)))
        }
        if let mdhd = try child("mdhd", of: mdia) { described.language = try language(BoxReader(bytes, in: box(mdhd))) }
        return described
    }

    /// Ticks that the track's edit list takes off every time (ISO/IEC 14496-12 §8.6.6): where its media starts,
    /// less the empty time before it.
    package func editOffset(of track: Track) throws(WireError) -> Int64 {
        guard let edts = try child("edts", of: track.trak), let elst = try child("elst", of: edts) else { return 0 }
        var fields = BoxReader(bytes, in: box(elst))
        let isLong = try fields.u32() >> 24 == 1
        var empty: Int64 = 0
        for _ in 0..<min(16, try fields.u32()) {
            let duration = isLong ? Int64(clamping: try fields.u64()) : Int64(try fields.u32())
            let time = isLong ? Int64(bitPattern: try fields.u64()) : Int64(Int32(bitPattern: try fields.u32()))
            try fields.skip(4)
            if time >= 0 {
                let delay = MediaTime.convert(empty, from: try movieTimescale(), to: track.timescale)
                return time.subtractingReportingOverflow(delay).partialValue
            }
            empty = empty.addingReportingOverflow(duration).partialValue
        }
        return 0
    }

    private func movieTimescale() throws(WireError) -> UInt32 {
        var file = BoxReader(bytes)
        guard let moov = try file.firstBox("moov"), let mvhd = try child("mvhd", of: moov.range) else { return 1000 }
        var fields = BoxReader(bytes, in: box(mvhd))
        let version = try fields.u32() >> 24
        try fields.skip(version == 1 ? 16 : 8)
        return try fields.u32()
    }
}

extension MovieHeader {
    /// The body range of a box of type `type` in the box at `parent`, with its header.
    private func child(_ type: FourCC, of parent: Range<Int>) throws(WireError) -> Range<Int>? {
        var reader = BoxReader(bytes, in: box(parent))
        return try reader.firstBox(type)?.range
    }

    /// A box that was read before, by its range; these have the short header, or what follows is not found.
    private func box(_ range: Range<Int>) -> Box {
        Box(type: "box ", range: range, body: min(range.lowerBound + 8, range.upperBound)..<range.upperBound)
    }

    /// The display matrix; nil when it changes nothing.
    private func matrix(_ tkhd: BoxReader) throws(WireError) -> [UInt32]? {
        var fields = tkhd
        let version = try fields.u32() >> 24
        try fields.skip(version == 1 ? 48 : 36)
        var values: [UInt32] = []
        for _ in 0..<9 { values.append(try fields.u32()) }
        return values == BoxWriter.unity ? nil : values
    }

    private func language(_ mdhd: BoxReader) throws(WireError) -> String? {
        var fields = mdhd
        let version = try fields.u32() >> 24
        try fields.skip(version == 1 ? 28 : 16)
        let packed = try fields.u16()
        let letters = [10, 5, 0].map { UInt8(truncatingIfNeeded: packed >> UInt16($0) & 31) + 0x60 }
        guard letters.allSatisfy({ (0x61...0x7A).contains($0) }) else { return nil }
        let text = String(decoding: letters, as: UTF8.self)
        return text == "und" ? nil : text
    }

    private func sampleEntry(
        _ entry: Box, kind: MediaTrack.Kind, name: String, timescale: UInt32
    ) throws(WireError) -> MediaTrack? {
        var fields = BoxReader(bytes, in: entry)
        try fields.skip(8)
        var size = (width: 0, height: 0), sound = (rate: 0, channels: 0)
        switch kind {
        case .video:
            try fields.skip(16)
            size = (Int(try fields.u16()), Int(try fields.u16()))
            try fields.skip(50)
        case .audio:
            // QuickTime's later versions have another layout.
            guard try fields.u16() == 0 else { return nil }
            try fields.skip(6)
            sound.channels = Int(try fields.u16())
            try fields.skip(6)
            sound.rate = Int(try fields.u32() >> 16)
        }
        guard let codec = try codec(entry.type, boxes: fields) else { return nil }
        var track = MediaTrack(kind: kind, name: name, codec: codec, timescale: timescale)
        (track.width, track.height) = size
        (track.sampleRate, track.channels) = sound
        return track
    }

    /// The codec by its sample entry's type and the boxes in it.
    private func codec(_ type: FourCC, boxes: BoxReader) throws(WireError) -> Codec? {
        var boxes = boxes
        var codec: Codec?
        var extensions: [UInt8] = []
        while let box = try boxes.nextBox() {
            let body = bytes.slice(from: box.body.lowerBound, count: box.body.count).array
            if codec == nil, let found = try Codec(sampleEntry: type, box: box.type, body: body) {
                codec = found
            } else if Codec.extensionBoxes.contains(box.type) {
                extensions += bytes.slice(from: box.range.lowerBound, count: box.range.count).array
            }
        }
        codec?.extensions = extensions
        return codec
    }
}

extension Codec {
    /// Boxes of a sample entry that describe the picture and are kept as they are.
    static let extensionBoxes: Set<FourCC> = ["pasp", "colr", "clap", "mdcv", "clli", "btrt"]

    /// A codec from its configuration box; nil when this box is not the configuration of this sample entry.
    init?(sampleEntry type: FourCC, box: FourCC, body: [UInt8]) throws(WireError) {
        switch (type, box) {
        case ("avc1", "avcC"), ("avc3", "avcC"): self = try .avc(configuration: body)
        case ("hvc1", "hvcC"), ("hev1", "hvcC"): self = try .hevc(configuration: body)
        case ("av01", "av1C"): self = try .av1(configuration: body)
        case ("vp09", "vpcC"): self = try .vp9(configuration: body)
        case ("mp4a", "esds"), ("mp4v", "esds"): self = try .elementaryStream(sampleEntry: type, configuration: body)
        case ("Opus", "dOps"), ("fLaC", "dfLa"), ("ac-3", "dac3"), ("ec-3", "dec3"):
            let string = type == "Opus" ? "opus" : type == "fLaC" ? "flac" : type.description
            self.init(sampleEntry: type, configurationBox: box, configuration: body, string: string)
        default: return nil
        }
        sampleEntry = type
        if type == "avc3" || type == "hev1" { string = type.description + string.dropFirst(4) }
    }

    /// VP9 from the body of a `vpcC` box.
    static func vp9(configuration: [UInt8]) throws(WireError) -> Codec {
        guard configuration.count >= 7 else {
            throw WireError(.truncated(needed: 7), offset: 0, field: "vpcC")
        }
        let parts = [configuration[4], configuration[5], configuration[6] >> 4].map(twoDigits)
        return Codec(
            sampleEntry: "vp09", configurationBox: "vpcC", configuration: configuration,
            string: "vp09." + parts.joined(separator: "."))
    }

    /// A codec from the body of an `esds` box, which names it by object type.
    static func elementaryStream(sampleEntry: FourCC, configuration: [UInt8]) throws(WireError) -> Codec {
        let (objectType, specific) = try decoderConfiguration(Bytes(configuration))
        if objectType == 0x40 {
            var codec = try aac(configuration: specific)
            codec.configuration = configuration
            return codec
        }
        return Codec(
            sampleEntry: sampleEntry, configurationBox: "esds", configuration: configuration,
            string: "\(sampleEntry)." + hex(objectType))
    }

    /// Object type and decoder specific info of an `esds` (ISO/IEC 14496-1 §7.2.6.5).
    private static func decoderConfiguration(_ esds: Bytes) throws(WireError) -> (UInt8, [UInt8]) {
        var reader = BoxReader(esds)
        try reader.skip(4)
        var objectType: UInt8?
        while reader.remaining > 0 {
            let tag = try reader.u8()
            var length = 0
            for _ in 0..<4 {
                let byte = try reader.u8()
                length = length << 7 | Int(byte & 0x7F)
                if byte & 0x80 == 0 { break }
            }
            switch tag {
            case 3:
                try reader.skip(2)
                let flags = try reader.u8()
                try reader.skip(flags & 0x80 != 0 ? 2 : 0)
            case 4:
                objectType = try reader.u8()
                try reader.skip(12)
                if length == 13, let objectType { return (objectType, []) }
            case 5:
                let start = reader.position
                try reader.skip(length)
                if let objectType { return (objectType, esds.slice(from: start, count: length).array) }
            default: try reader.skip(length)
            }
        }
        throw WireError(.invalid("no decoder configuration"), offset: 0, field: "esds")
    }
}
