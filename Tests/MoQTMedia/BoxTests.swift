import MoQTMedia
import Testing
import Wire

struct BoxTests {
    @Test func anInitSegmentSaysWhatItsTrackIs() throws {
        let header = try MovieHeader(Bytes(InitSegment.bytes(for: Example.video)))
        #expect(header.tracks.count == 1)
        #expect(header.tracks[0].id == 1)
        #expect(header.tracks[0].timescale == 90_000)
        #expect(header.tracks[0].handler == "vide")
    }

    // ISO/IEC 14496-12 §8.8.12, §8.8.8: 64-bit decode times, signed composition offsets.
    @Test(arguments: [(0, 0), (1 << 40, -3000), (5, 6000)] as [(Int64, Int64)])
    func aChunkKeepsTheTimesOfItsSample(dts: Int64, cts: Int64) throws {
        var writer = FragmentWriter()
        let chunk = writer.chunk(Example.sample(0, dts, cts: cts, duration: 3000, sync: false, [9, 8, 7, 6]))
        let fragments = try Fragment.all(in: chunk)
        let header = try MovieHeader(Bytes(InitSegment.bytes(for: Example.video)))
        let samples = try fragments[0].samples(of: fragments[0].tracks[0], in: chunk, header: header.tracks[0])
        #expect(fragments.count == 1)
        let sample = try #require(samples.first)
        #expect(samples.count == 1 && sample.dts == UInt64(dts) && sample.compositionOffset == cts)
        #expect(sample.duration == 3000 && sample.size == 4 && !sample.isSync)
        #expect(chunk.array.suffix(4) == [9, 8, 7, 6])
    }

    @Test func everyTruncationIsAnErrorOrShorter() throws {
        let segment = Bytes(InitSegment.bytes(for: Example.audio))
        for count in 0..<segment.count {
            #expect(throws: WireError.self) { try MovieHeader(segment.slice(from: 0, count: count)) }
        }
        var writer = FragmentWriter()
        let chunk = writer.chunk(Example.sample(0, 10))
        for count in 0..<chunk.count { _ = try? Fragment.all(in: chunk.slice(from: 0, count: count)) }
    }

    @Test func noMutationTraps() {
        var random = Seeded(state: 7)
        var writer = FragmentWriter()
        let segment = InitSegment.bytes(for: Example.video)
        let chunk = writer.chunk(Example.sample(0, 10)).array
        for _ in 0..<5000 {
            let header = try? MovieHeader(Bytes(mutated(segment, &random)))
            let object = Bytes(mutated(chunk, &random))
            guard let fragments = try? Fragment.all(in: object) else { continue }
            for fragment in fragments {
                for track in fragment.tracks {
                    guard let known = header?.tracks.first else { continue }
                    _ = try? fragment.samples(of: track, in: object, header: known)
                }
            }
            guard let header else { continue }
            var movie = MovieWriter([header, header])
            try? movie.append(object, track: 0)
            movie.finish()
            while movie.nextOutput() != nil {}
        }
    }

    private func mutated(_ bytes: [UInt8], _ random: inout Seeded) -> [UInt8] {
        var bytes = bytes
        for _ in 0..<Int.random(in: 1...4, using: &random) {
            let extreme: [UInt8] = [0, 1, 0x7F, 0x80, 0xFF, UInt8.random(in: 0...255, using: &random)]
            bytes[Int.random(in: bytes.indices, using: &random)] = extreme.randomElement(using: &random) ?? 0
        }
        if Bool.random(using: &random) { bytes.removeLast(Int.random(in: 0..<bytes.count, using: &random)) }
        return bytes
    }

    @Test func codecConfigurationsOfNoiseAreErrors() {
        var random = Seeded(state: 3)
        for _ in 0..<3000 {
            let noise = (0..<Int.random(in: 0...64, using: &random)).map { _ in
                Bool.random(using: &random)
                    ? UInt8.random(in: 0...3, using: &random) : .random(in: 0...255, using: &random)
            }
            let unit = Bytes([0, 0, 0, 1, 0x67] + noise + [0, 0, 1, 0x68] + noise)
            let sets: [UInt8] = [0, 0, 1, 0x40, 1, 0, 0, 1, 0x42, 1] + noise + [0, 0, 1, 0x44, 1, 5]
            _ = try? Codec.avc(byteStream: unit)
            _ = try? Codec.hevc(byteStream: Bytes(sets))
            _ = try? Codec.avc(configuration: noise)
            _ = try? Codec.hevc(configuration: noise)
            _ = try? Codec.av1(configuration: noise)
            _ = try? Codec.vp9(keyFrame: Bytes([0x82] + noise), width: 1 << 40, height: 1 << 40)
            _ = try? Codec.aac(configuration: noise)
            _ = try? Codec.opus(header: Array("OpusHead".utf8) + noise)
            _ = try? Codec.ac3(frame: Bytes([0x0B, 0x77] + noise))
            _ = try? Codec.eac3(frame: Bytes([0x0B, 0x77] + noise), bitrate: .max)
            _ = try? ADTS.configuration(of: Bytes([0xFF, 0xF1] + noise))
            _ = try? ADTS.payload(of: Bytes([0xFF, 0xF1] + noise))
            _ = AnnexB.lengthPrefixed(Bytes(noise), without: [])
        }
    }

    // Rec. ITU-T H.264 Annex B: start codes of three and four bytes, trailing zeros.
    @Test func byteStreamsBecomeLengthPrefixed() {
        let stream: Bytes = [0, 0, 0, 1, 0x67, 1, 2, 0, 0, 1, 0x65, 0, 0, 3, 1, 0, 0, 0, 0, 1, 0x41, 0]
        #expect(AnnexB.isByteStream(stream))
        #expect(
            AnnexB.lengthPrefixed(stream, without: [[0x67, 1, 2]])
                == [0, 0, 0, 5, 0x65, 0, 0, 3, 1, 0, 0, 0, 1, 0x41])
    }

    // ISO/IEC 14496-3 §1.A.3.2: AAC LC, 48 kHz, two channels, a frame of nine bytes with its header.
    @Test func anADTSHeaderBecomesAConfiguration() throws {
        let frame: Bytes = [0xFF, 0xF1, 0x4C, 0x80, 0x01, 0x3F, 0xFC, 0xAB, 0xCD]
        #expect(try ADTS.configuration(of: frame) == [0x11, 0x90])
        #expect(try ADTS.payload(of: frame) == [0xAB, 0xCD])
    }

    @Test func codecStringsFollowRFC6381() throws {
        #expect(Example.video.codec.string == "avc1.64001f")
        #expect(Example.audio.codec.string == "mp4a.40.2")
        #expect(try Codec.av1(configuration: [0x81, 0x04, 0x0C, 0]).string == "av01.0.04M.08")
        let hevc: [UInt8] = [1, 1, 0x60, 0, 0, 0, 0x90, 0, 0, 0, 0, 0, 93] + [UInt8](repeating: 0, count: 10)
        #expect(try Codec.hevc(configuration: hevc).string == "hvc1.1.6.L93.90")
    }
}
