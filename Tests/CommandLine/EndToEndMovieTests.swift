import Commands
import Foundation
import Testing

/// A movie from `moqt pub` through `moqt relay` to a file of `moqt sub`, judged by `ffmpeg`.
@Suite struct EndToEndMovieTests {
    @Test("a movie arrives packet for packet, whatever it came in", arguments: SourceMovie.allCases)
    func copies(_ movie: SourceMovie) throws {
        let relay = try RunningRelay(), folder = try WorkFolder()
        let source = try movie.path(), copy = folder.path("copy.mp4")
        let sub = try relay.sub("test-movie", "--wait", "60", "-o", copy)
        let pub =
            movie == .fragmented
            ? try relay.pub("test-movie", "-", input: .file(source))
            : try relay.pub("test-movie", "--no-realtime", source)
        #expect(try pub.wait().isQuietSuccess)
        #expect(try sub.wait().isQuietSuccess)
        let playing = try ffmpeg(["-i", copy, "-f", "null", "-"])
        #expect(playing.isQuietSuccess && playing.stdout.isEmpty, "\(playing.stderr)")
        if movie == .transport {
            // Its packets are framed otherwise, what they decode to is the same.
            let original = try Packets(of: source, "framemd5"), copied = try Packets(of: copy, "framemd5")
            #expect(original.isSame(as: copied))
        } else {
            let original = try Packets(of: source, "framehash", "-c", "copy")
            #expect(original.isSame(as: try Packets(of: copy, "framehash", "-c", "copy")))
        }
    }

    @Test(
        "a movie of one draft and transport arrives on all of them, at all subscribers at once",
        arguments: Drafts.known,
        [false, true])
    func drafts(_ draft: String, _ isWeb: Bool) throws {
        let relay = try RunningRelay(), folder = try WorkFolder()
        let movie = try [UInt8](Data(contentsOf: URL(fileURLWithPath: SourceMovie.fragmented.path())))
        func start(_ command: String, _ isWeb: Bool, _ draft: String, _ options: String..., input: Moqt.Input = .none)
            throws -> Moqt
        {
            let url = isWeb ? relay.webURL : relay.url
            return try Moqt(
                [command, url, "test-movie", "--fingerprint", relay.fingerprint, "--draft", draft] + options,
                input: input)
        }
        let pub = try start("pub", isWeb, draft, "-", input: .open)
        pub.write(Array(movie.prefix(movie.count / 2)))
        let ways = [false, true].flatMap { isWeb in Drafts.known.map { (isWeb, $0) } }
        let subs = try ways.enumerated().map { index, way in
            try start(
                "sub", way.0, way.1, "--from", "start", "--wait", "60", "-v", "-o", folder.path("copy\(index)"))
        }
        for sub in subs { _ = try sub.waitForLine(on: .stderr) { $0.contains("subscribed to test-movie--video") } }
        pub.write(Array(movie.dropFirst(movie.count / 2)))
        pub.closeInput()
        #expect(try pub.wait().isQuietSuccess)
        for (index, sub) in subs.enumerated() {
            let finished = try sub.wait()
            let words = "\(draft) to \(ways[index].1)\(ways[index].0 ? " over WebTransport" : "")"
            #expect(finished.status == 0, "\(words): \(finished.stderr)")
            // Most are the same down to the file's last byte; the order of the tracks' fragments is up to the network.
            let first = folder.path("copy0"), copy = folder.path("copy\(index)")
            if index > 0, FileManager.default.contentsEqual(atPath: first, andPath: copy) { continue }
            let isSame = try SourceMovie.packets.get().isSame(as: Packets(of: copy, "framehash", "-c", "copy"))
            #expect(isSame, "\(words)")
        }
    }

    @Test("in real time, sending a movie takes as long as it lasts")
    func realTime() throws {
        let relay = try RunningRelay(), folder = try WorkFolder()
        let source = try SourceMovie.plain.path(), copy = folder.path("copy.mp4")
        let sub = try relay.sub("test-movie", "--wait", "60", "-o", copy)
        let began = Date()
        #expect(try relay.pub("test-movie", source).wait().isQuietSuccess)
        #expect(Date().timeIntervalSince(began) > 0.9 * SourceMovie.seconds)
        #expect(try sub.wait().isQuietSuccess)
        #expect(
            try Packets(of: source, "framehash", "-c", "copy").isSame(as: Packets(of: copy, "framehash", "-c", "copy")))
    }

    @Test("--list prints the tracks of the catalog")
    func list() throws {
        let relay = try RunningRelay()
        let pub = try relay.pub("test-movie", try SourceMovie.plain.path())
        let finished = try relay.sub("test-movie", "--wait", "60", "--list").wait()
        let rows = finished.text.split(separator: "\n").map { $0.split(separator: "\t").map(String.init) }
        #expect(finished.isQuietSuccess && rows.map { $0[2] } == ["video", "audio"], "\(finished)")
        #expect(rows.allSatisfy { $0[3] == "cmaf" } && rows[0].contains("160x90") && rows[1].contains("48000 Hz"))
        #expect(pub.isRunning)
    }

    @Test("a kind of tracks can be left out")
    func selection() throws {
        let relay = try RunningRelay(), folder = try WorkFolder()
        let copy = folder.path("copy.mp4")
        let sub = try relay.sub("test-movie", "--wait", "60", "--audio", "none", "-o", copy)
        #expect(try relay.pub("test-movie", "--no-realtime", try SourceMovie.plain.path()).wait().isQuietSuccess)
        #expect(try sub.wait().isQuietSuccess)
        #expect(try Packets(of: copy, "framehash", "-c", "copy").count == [60])
    }
}

/// The same two seconds of H.264 with B-frames and AAC in the containers there are.
enum SourceMovie: String, CaseIterable, Sendable {
    case plain = "plain.mp4"
    case fragmented = "fragmented.mp4"
    case matroska = "movie.mkv"
    case transport = "movie.ts"

    static let seconds = 2.0

    func path() throws -> String { try Self.folder.get().path(rawValue) }

    /// The packets of each of them.
    static let packets = Result { try Packets(of: fragmented.path(), "framehash", "-c", "copy") }

    /// Made once.
    private static let folder: Result<WorkFolder, any Error> = Result {
        let folder = try WorkFolder()
        atexit { _ = try? FileManager.default.removeItem(atPath: SourceMovie.folder.get().path("")) }
        for movie in allCases { try make(movie, in: folder) }
        return folder
    }

    private static func make(_ movie: SourceMovie, in folder: WorkFolder) throws {
        let copied = ["-i", folder.path(plain.rawValue), "-map", "0", "-c", "copy"]
        let arguments =
            switch movie {
            case .plain:
                [
                    "-f", "lavfi", "-i", "testsrc2=s=160x90:r=30", "-f", "lavfi", "-i", "sine=r=48000", "-t", "2",
                    "-c:v", "libx264", "-preset", "veryfast", "-pix_fmt", "yuv420p", "-g", "24", "-bf", "2", "-c:a",
                    "aac",
                ]
            case .fragmented: copied + ["-movflags", "frag_keyframe+empty_moov+default_base_moof"]
            case .matroska, .transport: copied
            }
        let made = try ffmpeg(arguments + [folder.path(movie.rawValue)])
        try #require(made.isQuietSuccess, "\(made.stderr)")
    }
}

func ffmpeg(_ arguments: [String]) throws -> Moqt.Finished {
    try Moqt(["ffmpeg", "-v", "error"] + arguments, program: "/usr/bin/env").wait()
}

/// The packets of a movie, or what they decode to, by stream.
struct Packets: Sendable {
    private struct Packet {
        /// Seconds.
        var dts, pts: Double
        var size, hash: String
    }

    private var streams: [Int: [Packet]] = [:]

    /// Lists them with `ffmpeg`'s `format`, `framehash` or `framemd5`.
    init(of path: String, _ format: String, _ options: String...) throws {
        let listing = try ffmpeg(["-i", path, "-map", "0"] + options + ["-f", format, "-"])
        try #require(listing.isQuietSuccess, "\(listing.stderr)")
        var units: [Int: Double] = [:]
        for line in listing.text.split(separator: "\n") {
            if line.hasPrefix("#tb") {
                let numbers = line.dropFirst(4).split { ": /".contains($0) }.compactMap { Double($0) }
                units[Int(numbers[0])] = numbers[1] / numbers[2]
            }
            let fields = line.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }
            guard let stream = Int(fields[0]), fields.count >= 6, let unit = units[stream] else { continue }
            streams[stream, default: []].append(
                Packet(
                    dts: (Double(fields[1]) ?? 0) * unit, pts: (Double(fields[2]) ?? 0) * unit, size: fields[4],
                    hash: fields[5]))
        }
    }

    /// Packets of each stream.
    var count: [Int] { streams.sorted { $0.key < $1.key }.map(\.value.count) }

    /// Whether number, sizes and hashes are the same, and times up to one offset for all within 1 ms.
    func isSame(as other: Packets) -> Bool {
        var offsets: [Double] = []
        for (stream, packets) in streams {
            let others = other.streams[stream] ?? []
            guard packets.map(\.hash) == others.map(\.hash), packets.map(\.size) == others.map(\.size) else {
                return false
            }
            offsets += zip(packets, others).flatMap { [$1.dts - $0.dts, $1.pts - $0.pts] }
        }
        let spread = (offsets.max() ?? 0) - (offsets.min() ?? 0)
        return !streams.isEmpty && count == other.count && spread < 0.002
    }
}
