import Foundation
import MediaFiles
import MoQTMedia
import Testing
import Wire

struct MediaInputTests {
    private func file(_ name: String, _ bytes: Data) throws -> String {
        let url = Movies.folder.appendingPathComponent(name)
        try bytes.write(to: url)
        return url.path
    }

    private func failure(_ path: String) -> MediaFileError? {
        do {
            let input = try MediaInput.open(path: path)
            while try input.nextSample() != nil {}
            return nil
        } catch {
            return error
        }
    }

    @Test func whatIsNoMovieIsSaidInWords() throws {
        #expect(failure("/nonexistent/movie.mp4") == MediaFileError(.unreadable, "no such file or directory"))
        #expect(failure("/") == MediaFileError(.unreadable, "is a directory"))
        #expect(failure(try file("empty.mp4", Data()))?.reason == .notMedia)
        #expect(failure(try file("text.mp4", Data("just some words\n".utf8)))?.reason == .notMedia)
        let noise = Data((0..<50_000).map { UInt8(truncatingIfNeeded: $0 &* 2_654_435_761 >> 13) })
        #expect(failure(try file("noise.bin", noise)) != nil)
    }

    @Test func aPlaylistOpensNoOtherFile() throws {
        let list = "#EXTM3U\n#EXT-X-TARGETDURATION:3\n#EXTINF:3,\n\(Movies.transport)\n#EXT-X-ENDLIST\n"
        #expect(failure(try file("list.m3u8", Data(list.utf8))) != nil)
        #expect(failure(try file("list.ffconcat", Data("ffconcat version 1.0\nfile base.mp4\n".utf8))) != nil)
    }

    @Test func aCodecWithoutAFormInCMAFIsNamed() throws {
        let input = try MediaInput.open(path: Movies.vorbis)
        #expect(input.tracks.map { $0.name } == ["video0"])
        #expect(input.notes == ["stream 1 (vorbis) has no form in CMAF: left out"])
    }

    @Test(arguments: [{ Movies.base }, { Movies.faststart }, { Movies.fragmented }] as [@Sendable () -> String])
    func aTruncatedMP4IsAnErrorAfterItsSamples(source: @Sendable () -> String) throws {
        let whole = try Data(contentsOf: URL(fileURLWithPath: source()))
        let path = try file("cut-\(UUID().uuidString).mp4", whole.prefix(whole.count * 2 / 3))
        let reason = failure(path)?.reason
        #expect(reason == .damaged || reason == .notMedia)
    }

    @Test func aTruncatedMatroskaIsAnErrorAfterItsSamples() throws {
        let whole = try Data(contentsOf: URL(fileURLWithPath: Movies.matroska))
        #expect(failure(try file("cut.mkv", whole.prefix(whole.count / 2)))?.reason == .damaged)
    }

    @Test func tracksSayWhatTheyAre() throws {
        let tracks = try MediaInput.open(path: Movies.base).tracks
        #expect(tracks.map { $0.name } == ["video0", "audio0"])
        #expect(tracks[0].codec.string.hasPrefix("avc1.64"))
        #expect(tracks[1].codec.string == "mp4a.40.2")
        #expect((tracks[0].width, tracks[0].height, tracks[0].framerate) == (320, 180, 30))
        #expect((tracks[1].sampleRate, tracks[1].channels) == (48_000, 1))
    }

    @Test func joinedTransportStreamsGoOnInTime() throws {
        let late = Movies.folder.appendingPathComponent("late.ts").path
        _ = run("ffmpeg", ["-v", "error", "-y", "-i", Movies.base, "-c", "copy", "-output_ts_offset", "3600", late])
        var joined = try Data(contentsOf: URL(fileURLWithPath: late))
        joined += try Data(contentsOf: URL(fileURLWithPath: Movies.transport))
        let input = try MediaInput.open(path: try file("joined.ts", joined))
        var last: [Int: Int64] = [:]
        while let sample = try input.nextSample() {
            #expect(sample.dts > last[sample.track] ?? -1)
            last[sample.track] = sample.dts
        }
        #expect(last.values.allSatisfy { (5 * 90_000...7 * 90_000).contains($0) })
    }

    @Test func aPictureKeepsItsRotationAndAspect() throws {
        let input = try MediaInput.open(path: Movies.rotated)
        #expect(input.tracks[0].matrix?.prefix(2) == [0, 0xFFFF_0000])
        let copy = copyPath(Movies.rotated)
        _ = try copyMovie(input, to: copy)
        let entries = "stream=sample_aspect_ratio:stream_side_data=rotation"
        let shown = [Movies.rotated, copy].map {
            run("ffprobe", ["-v", "error", "-select_streams", "v", "-show_entries", entries, "-of", "csv", $0]).output
        }
        #expect(shown[0] == shown[1] && !shown[0].isEmpty)
        // What was written describes itself to the reader of fragments too.
        let again = try withPipe(copy) { try MediaInput.open(descriptor: $0).tracks[0] }
        #expect(again.matrix == input.tracks[0].matrix)
        #expect(again.codec == input.tracks[0].codec)
    }

    @Test func aTruncatedPipeGivesItsSamplesThenAnError() throws {
        let whole = try Data(contentsOf: URL(fileURLWithPath: Movies.fragmented))
        let path = try file("cut-pipe.mp4", whole.prefix(whole.count * 2 / 3))
        try withPipe(path) { descriptor in
            let input = try MediaInput.open(descriptor: descriptor)
            var count = 0
            #expect(throws: MediaFileError.self) { while try input.nextSample() != nil { count += 1 } }
            #expect(count > 60)
        }
    }

    @Test(arguments: [false, true]) func damageNeverTraps(piped: Bool) throws {
        let whole = try Data(contentsOf: URL(fileURLWithPath: Movies.cmaf)).prefix(40_000)
        var state: UInt64 = 5
        for round in 0..<36 {
            var bytes = whole
            for _ in 0..<20 {
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                // The index is at the beginning, so most of the damage goes there.
                let place = Int(state >> 33) % (round % 2 == 0 ? 3000 : bytes.count)
                bytes[bytes.startIndex + place] =
                    [0, 1, 0x7F, 0x80, 0xFF, UInt8(truncatingIfNeeded: state >> 24)][round % 6]
            }
            let path = try file("damaged-\(piped).mp4", bytes)
            if piped {
                try withPipe(path) { _ = try? drain(MediaInput.open(descriptor: $0)) }
            } else {
                _ = try? drain(MediaInput.open(path: path))
            }
        }
    }

    private func drain(_ input: MediaInput) throws {
        var packager = Packager(input.tracks)
        let catalog = Catalog(of: input.tracks, isLive: false)
        var movie = MovieWriter(try catalog.tracks.map { try MovieHeader($0.initialization ?? []) })
        while let sample = try input.nextSample() {
            let object = packager.package(sample)
            try movie.append(object.payload, track: object.track)
            while movie.nextOutput() != nil {}
        }
    }

    @Test func aPipeGivesSamplesBeforeItEnds() throws {
        let movie = try Data(contentsOf: URL(fileURLWithPath: Movies.cmaf))
        let pipe = Pipe()
        // As much as a pipe holds at once; the writing end stays open, so whoever waits for more waits for ever.
        pipe.fileHandleForWriting.write(movie.prefix(min(movie.count / 2, 60_000)))
        let input = try MediaInput.open(descriptor: pipe.fileHandleForReading.fileDescriptor)
        for _ in 0..<20 { #expect(try input.nextSample() != nil) }
    }

    @Test func aLoopGoesOnInTime() throws {
        let once = try LoopingInput(path: Movies.matroska, rounds: 1)
        let looped = try LoopingInput(path: Movies.matroska, rounds: 3)
        var single = 0, count = 0
        while try once.nextSample() != nil { single += 1 }
        var last: [Int: Int64] = [:]
        while let sample = try looped.nextSample() {
            #expect(sample.dts > last[sample.track] ?? -1)
            #expect(sample.dts - (last[sample.track] ?? 0) < 150)
            last[sample.track] = sample.dts
            count += 1
        }
        #expect(count == 3 * single)
    }
}
