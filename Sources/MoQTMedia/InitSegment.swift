internal import Wire

/// A CMAF header (ISO/IEC 23000-19 §7.3.1): `ftyp` and a `moov` with one `trak` and no samples.
package enum InitSegment {
    /// Track ID in every init segment and fragment that is written here; a CMAF track has a file of its own.
    package static let trackID: UInt32 = 1

    /// The header of one track.
    package static func bytes(for track: MediaTrack) -> [UInt8] {
        var writer = BoxWriter()
        writer.ftyp()
        writer.box("moov") {
            $0.mvhd(nextTrackID: trackID + 1)
            $0.trak(track, id: trackID)
            $0.box("mvex") { $0.trex(id: trackID, defaults: SampleDefaults()) }
        }
        return writer.bytes
    }
}

extension BoxWriter {
    mutating func ftyp() {
        box("ftyp") {
            $0.u32(("iso6" as FourCC).rawValue)
            $0.u32(0)  // minor version
            for brand in ["iso6", "cmfc", "mp41"] as [FourCC] { $0.u32(brand.rawValue) }
        }
    }

    mutating func mvhd(nextTrackID: UInt32) {
        fullBox("mvhd") {
            $0.zeros(8)  // creation and modification time
            $0.u32(1000)
            $0.u32(0)  // duration: in the fragments
            $0.u32(0x1_0000)  // rate 1.0
            $0.u16(0x100)  // volume 1.0
            $0.zeros(10)
            $0.matrix()
            $0.zeros(24)
            $0.u32(nextTrackID)
        }
    }

    mutating func trex(id: UInt32, defaults: SampleDefaults) {
        fullBox("trex") {
            for value in [id, defaults.description, defaults.duration, defaults.size, defaults.flags] { $0.u32(value) }
        }
    }

    static let unity: [UInt32] = [0x1_0000, 0, 0, 0, 0x1_0000, 0, 0, 0, 0x4000_0000]

    mutating func matrix(_ values: [UInt32]? = nil) {
        for value in values.flatMap({ $0.count == 9 ? $0 : nil }) ?? Self.unity { u32(value) }
    }

    mutating func trak(_ track: MediaTrack, id: UInt32) {
        box("trak") {
            $0.tkhd(track, id: id)
            $0.box("mdia") {
                $0.mdhd(track)
                $0.hdlr(track.kind)
                $0.minf(track)
            }
        }
    }

    private mutating func tkhd(_ track: MediaTrack, id: UInt32) {
        fullBox("tkhd", flags: 3) {  // enabled, in the movie
            $0.zeros(8)
            $0.u32(id)
            $0.zeros(4)
            $0.u32(0)  // duration
            $0.zeros(8)
            $0.u16(0)  // layer
            $0.u16(track.kind == .audio ? 1 : 0)  // alternate group
            $0.u16(track.kind == .audio ? 0x100 : 0)  // volume
            $0.u16(0)
            $0.matrix(track.matrix)
            $0.u32(UInt32(UInt16(clamping: track.width)) << 16)
            $0.u32(UInt32(UInt16(clamping: track.height)) << 16)
        }
    }

    private mutating func mdhd(_ track: MediaTrack) {
        fullBox("mdhd") {
            $0.zeros(8)
            $0.u32(track.timescale)
            $0.u32(0)
            $0.u16(Self.packedLanguage(track.language))
            $0.u16(0)
        }
    }

    /// ISO 639-2/T letters in five bits each; "und" for anything else.
    private static func packedLanguage(_ language: String?) -> UInt16 {
        let letters = Array((language ?? "und").utf8)
        guard letters.count == 3, letters.allSatisfy({ (0x61...0x7A).contains($0) }) else { return 0x55C4 }
        return letters.reduce(0) { $0 << 5 | UInt16($1 - 0x60) }
    }

    private mutating func hdlr(_ kind: MediaTrack.Kind) {
        fullBox("hdlr") {
            $0.u32(0)
            $0.u32((kind == .video ? "vide" : "soun" as FourCC).rawValue)
            $0.zeros(12)
            $0.append((kind == .video ? "video" : "audio").utf8)
            $0.u8(0)
        }
    }

    private mutating func minf(_ track: MediaTrack) {
        box("minf") {
            switch track.kind {
            case .video: $0.fullBox("vmhd", flags: 1) { $0.zeros(8) }
            case .audio: $0.fullBox("smhd") { $0.zeros(4) }
            }
            $0.box("dinf") {
                $0.fullBox("dref") {
                    $0.u32(1)
                    $0.fullBox("url ", flags: 1) { _ in }
                }
            }
            $0.stbl(track)
        }
    }

    private mutating func stbl(_ track: MediaTrack) {
        box("stbl") {
            $0.fullBox("stsd") {
                $0.u32(1)
                $0.sampleEntry(track)
            }
            for type in ["stts", "stsc", "stco"] as [FourCC] { $0.fullBox(type) { $0.u32(0) } }
            $0.fullBox("stsz") { $0.zeros(8) }
        }
    }

    private mutating func sampleEntry(_ track: MediaTrack) {
        box(track.codec.sampleEntry) {
            $0.zeros(6)
            $0.u16(1)  // data reference
            switch track.kind {
            case .video: $0.visualFields(track)
            case .audio: $0.audioFields(track)
            }
            $0.box(track.codec.configurationBox) { $0.append(track.codec.configuration) }
            $0.append(track.codec.extensions)
        }
    }

    private mutating func visualFields(_ track: MediaTrack) {
        zeros(16)
        u16(UInt16(clamping: track.width))
        u16(UInt16(clamping: track.height))
        u32(0x48_0000)  // 72 dpi
        u32(0x48_0000)
        u32(0)
        u16(1)  // frames per sample
        zeros(32)  // compressor name
        u16(24)
        u16(0xFFFF)
    }

    private mutating func audioFields(_ track: MediaTrack) {
        zeros(8)
        u16(UInt16(clamping: track.channels))
        u16(16)
        zeros(4)
        // A 16.16 number: a rate that does not fit is told by the codec's configuration alone.
        u32(track.sampleRate <= 0xFFFF ? UInt32(clamping: track.sampleRate) << 16 : 0)
    }
}
