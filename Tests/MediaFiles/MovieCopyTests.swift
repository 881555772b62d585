import Foundation
import MediaFiles
import MoQTMedia
import Testing
import Wire

struct MovieCopyTests {
    static let sameFraming: [@Sendable () -> String] = [
        { Movies.base }, { Movies.faststart }, { Movies.fragmented }, { Movies.cmaf }, { Movies.matroska },
        { Movies.flv }, { Movies.videoOnly }, { Movies.audioOnly }, { Movies.quickTime }, { Movies.openGOP },
        { Movies.webm }, { Movies.hevc }, { Movies.otherAudio },
    ]

    @Test(arguments: sameFraming.indices) func aFileIsCopiedPacketForPacket(index: Int) throws {
        let source = Self.sameFraming[index]()
        let copy = copyPath(source)
        let objects = try copyMovie(MediaInput.open(path: source), to: copy)
        #expect(objects.allSatisfy { $0.time >= 0 })
        expectPlayable(copy)
        expectSame(HashedPacket.list(source), HashedPacket.list(copy))
    }

    @Test(arguments: [0, 1, 2, 3, 4, 5, 10]) func aPipeIsCopiedPacketForPacket(index: Int) throws {
        let source = Self.sameFraming[index]()
        let copy = copyPath(source)
        try withPipe(source) { descriptor in
            let input = try MediaInput.open(descriptor: descriptor)
            // Only the plain MP4 has its index at the end.
            #expect(input.notes.isEmpty == (index != 0), "\(input.notes)")
            _ = try copyMovie(input, to: copy)
        }
        expectPlayable(copy)
        expectSame(HashedPacket.list(source), HashedPacket.list(copy))
    }

    @Test(arguments: [false, true], [0, 1]) func aTransportStreamDecodesToTheSame(piped: Bool, index: Int) throws {
        let source = index == 0 ? Movies.transport : Movies.hevcTransport
        let copy = copyPath(source)
        if piped {
            _ = try withPipe(source) { try copyMovie(MediaInput.open(descriptor: $0), to: copy) }
        } else {
            _ = try copyMovie(MediaInput.open(path: source), to: copy)
        }
        expectPlayable(copy)
        expectSame(HashedPacket.decoded(source), HashedPacket.decoded(copy))
    }

    @Test func aCutMovieStillPlays() throws {
        let copy = copyPath(Movies.base)
        let input = try MediaInput.open(path: Movies.base)
        var packager = Packager(input.tracks)
        var movie = MovieWriter(try input.tracks.map { try MovieHeader(Bytes(InitSegment.bytes(for: $0))) })
        var file = Data()
        for _ in 0..<100 {
            let object = packager.package(try #require(try input.nextSample()))
            try movie.append(object.payload, track: object.track)
            while let bytes = movie.nextOutput() { file.append(contentsOf: bytes.array) }
        }
        try file.write(to: URL(fileURLWithPath: copy))
        expectPlayable(copy)
    }
}
