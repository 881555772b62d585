import Foundation
import MediaFiles
import MoQTMedia
import Testing
import Wire

/// Sends a movie through everything but the network: samples, objects, catalog, file.
func copyMovie(_ input: MediaInput, to path: String) throws -> [MediaObject] {
    let catalog = try Catalog(json: Bytes(Catalog(of: input.tracks, isLive: false).json()))
    var packager = Packager(input.tracks)
    var movie = MovieWriter(try catalog.tracks.map { try MovieHeader(#require($0.initialization)) })
    var objects: [MediaObject] = []
    _ = FileManager.default.createFile(atPath: path, contents: nil)
    let file = try #require(FileHandle(forWritingAtPath: path))
    func drain() { while let bytes = movie.nextOutput() { file.write(Data(bytes.array)) } }
    while let sample = try input.nextSample() {
        let object = packager.package(sample)
        objects.append(object)
        try movie.append(object.payload, track: object.track)
        drain()
    }
    movie.finish()
    drain()
    try file.close()
    return objects
}

/// A packet as `framehash` lists it, with times in seconds.
struct HashedPacket: Hashable {
    var stream: Int
    var dts: Double
    var pts: Double
    var size: Int
    var hash: String

    static func list(_ path: String) -> [HashedPacket] {
        parse(run("ffmpeg", ["-v", "error", "-i", path, "-map", "0", "-c", "copy", "-f", "framehash", "-"]).output)
    }

    static func decoded(_ path: String) -> [HashedPacket] {
        parse(run("ffmpeg", ["-v", "error", "-i", path, "-map", "0", "-f", "framemd5", "-"]).output)
    }

    private static func parse(_ text: String) -> [HashedPacket] {
        var bases: [Int: Double] = [:]
        var packets: [HashedPacket] = []
        for line in text.split(separator: "\n") {
            if line.hasPrefix("#tb") {
                let parts = line.dropFirst(4).split { ": /".contains($0) }.compactMap { Double($0) }
                bases[Int(parts[0])] = parts[1] / parts[2]
            }
            let fields = line.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }
            guard !line.hasPrefix("#"), fields.count >= 6, let stream = Int(fields[0]), let base = bases[stream] else {
                continue
            }
            packets.append(
                HashedPacket(
                    stream: stream, dts: (Double(fields[1]) ?? 0) * base, pts: (Double(fields[2]) ?? 0) * base,
                    size: Int(fields[4]) ?? 0, hash: fields[5]))
        }
        return packets
    }
}

/// Checks that each stream has the same packets, with times within 1 ms after one offset for the file.
func expectSame(
    _ source: [HashedPacket], _ copy: [HashedPacket],
    sourceLocation: SourceLocation = #_sourceLocation
) {
    #expect(!source.isEmpty, sourceLocation: sourceLocation)
    #expect(source.count == copy.count, sourceLocation: sourceLocation)
    var offsets: [Double] = []
    for stream in Set(source.map { $0.stream }) {
        let left = source.filter { $0.stream == stream }, right = copy.filter { $0.stream == stream }
        #expect(left.map { $0.hash } == right.map { $0.hash }, "stream \(stream)", sourceLocation: sourceLocation)
        #expect(left.map { $0.size } == right.map { $0.size }, "stream \(stream)", sourceLocation: sourceLocation)
        offsets += zip(left, right).flatMap { [$1.dts - $0.dts, $1.pts - $0.pts] }
    }
    let spread = (offsets.max() ?? 0) - (offsets.min() ?? 0)
    #expect(spread < 0.002, "offsets \(offsets.min() ?? 0)…\(offsets.max() ?? 0)", sourceLocation: sourceLocation)
}

/// Checks that the file decodes without a word.
func expectPlayable(_ path: String, sourceLocation: SourceLocation = #_sourceLocation) {
    let result = run("ffmpeg", ["-v", "error", "-i", path, "-f", "null", "-"])
    #expect(result.status == 0 && result.errors == "", "\(result.errors)", sourceLocation: sourceLocation)
}

/// A path for a copy of `source` that no other test writes.
func copyPath(_ source: String) -> String {
    Movies.folder.appendingPathComponent("copy-\(UUID().uuidString)-\((source as NSString).lastPathComponent).mp4").path
}

/// Opens `path` as a pipe that `cat` feeds.
func withPipe<R>(_ path: String, _ body: (Int32) throws -> R) throws -> R {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/cat")
    process.arguments = [path]
    let pipe = Pipe()
    process.standardOutput = pipe
    try process.run()
    defer { process.waitUntilExit() }
    let result = try body(pipe.fileHandleForReading.fileDescriptor)
    try pipe.fileHandleForReading.close()
    return result
}
