import MoQTMedia
import Testing
import Wire

struct MovieWriterTests {
    private func writer() throws -> MovieWriter {
        MovieWriter(try [Example.video, Example.audio].map { try MovieHeader(Bytes(InitSegment.bytes(for: $0))) })
    }

    private func drain(_ movie: inout MovieWriter) -> [UInt8] {
        var file: [UInt8] = []
        while let bytes = movie.nextOutput() { file += bytes.array }
        return file
    }

    private func chunk(_ sample: MediaSample) -> Bytes {
        var writer = FragmentWriter()
        return writer.chunk(sample)
    }

    @Test func tracksAreNumberedAndOrderedByTime() throws {
        var movie = try writer()
        let header = try MovieHeader(Bytes(drain(&movie)))
        #expect(header.tracks.map { $0.id } == [1, 2])
        #expect(header.tracks.map { $0.timescale } == [90_000, 48_000])
        for second in 0..<3 { try movie.append(chunk(Example.sample(0, Int64(second) * 90_000)), track: 0) }
        for half in 0..<3 { try movie.append(chunk(Example.sample(1, Int64(half) * 24_000)), track: 1) }
        movie.finish()
        let file = Bytes(drain(&movie))
        let fragments = try Fragment.all(in: file)
        #expect(
            fragments.map { $0.tracks[0].id } == [1, 2, 2, 1, 2, 1]
                || fragments.map { $0.tracks[0].id } == [1, 2, 2, 2, 1, 1])
        #expect(fragments.count == 6)
    }

    @Test func aTrackThatFallsBehindIsNotWaitedForLong() throws {
        var movie = try writer()
        _ = drain(&movie)
        try movie.append(chunk(Example.sample(0, 0)), track: 0)
        #expect(drain(&movie).isEmpty)
        try movie.append(chunk(Example.sample(0, 90_000 * 6)), track: 0)
        #expect(try Fragment.all(in: Bytes(drain(&movie))).count == 1)
        movie.finish(track: 1)
        #expect(try Fragment.all(in: Bytes(drain(&movie))).count == 1)
        #expect(movie.pendingBytes == 0)
    }

    @Test func aFileFromTheMiddleOfABroadcastStartsNearZero() throws {
        var movie = try writer()
        _ = drain(&movie)
        try movie.append(chunk(Example.sample(0, 90_000 * 3600 + 500)), track: 0)
        try movie.append(chunk(Example.sample(1, 48_000 * 3601)), track: 1)
        movie.finish()
        #expect(try Fragment.all(in: Bytes(drain(&movie))).map { $0.tracks[0].decodeTime } == [500, 48_000])
    }

    @Test func aBrokenObjectIsLeftOut() throws {
        var movie = try writer()
        _ = drain(&movie)
        #expect(throws: WireError.self) { try movie.append([0, 0, 0, 9, 1, 2, 3, 4], track: 0) }
        try movie.append([0, 0, 0, 8, 0x66, 0x72, 0x65, 0x65], track: 0)
        movie.finish()
        #expect(drain(&movie).isEmpty)
    }
}
