import Foundation
import Testing

/// Test movies, made once per run with the `ffmpeg` command.
enum Movies {
    static let folder: URL = {
        let url = FileManager.default.temporaryDirectory.appendingPathComponent("moqt-media-\(getpid())")
        try? FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        atexit { try? FileManager.default.removeItem(at: Movies.folder) }
        return url
    }()

    /// A movie of 3 s: H.264 with B-frames and AAC.
    static let base: String = make(
        "base.mp4",
        [
            "-f", "lavfi", "-i", "testsrc2=s=320x180:r=30", "-f", "lavfi", "-i", "sine=r=48000", "-t", "3",
            "-c:v", "libx264", "-preset", "veryfast", "-pix_fmt", "yuv420p", "-g", "24", "-bf", "2", "-c:a", "aac",
        ])

    private static func derived(_ name: String, _ options: [String] = []) -> String {
        make(name, ["-i", base, "-map", "0", "-c", "copy"] + options)
    }

    static let faststart = derived("faststart.mp4", ["-movflags", "faststart"])
    static let fragmented = derived("fragmented.mp4", ["-movflags", "frag_keyframe+empty_moov+default_base_moof"])
    static let cmaf = derived("cmaf.mp4", ["-movflags", "cmaf+delay_moov+frag_every_frame"])
    static let matroska = derived("base.mkv")
    static let flv = derived("base.flv")
    static let transport = derived("base.ts")
    static let videoOnly = derived("video.mp4", ["-an"])
    static let audioOnly = derived("audio.m4a", ["-vn"])
    static let quickTime = derived("base.mov")
    static let openGOP = make(
        "open.mkv",
        [
            "-f", "lavfi", "-i", "testsrc2=s=320x180:r=25", "-f", "lavfi", "-i", "sine=r=44100", "-t", "3",
            "-c:v", "libx264", "-preset", "veryfast", "-pix_fmt", "yuv420p", "-x264-params",
            "keyint=15:open-gop=1:bframes=3",
            "-c:a", "aac",
        ])
    static let webm = make(
        "base.webm",
        [
            "-f", "lavfi", "-i", "testsrc2=s=160x90:r=25", "-f", "lavfi", "-i", "sine=r=48000", "-t", "2",
            "-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8", "-g", "20", "-c:a", "libopus",
        ])
    static let hevc = make(
        "hevc.mp4",
        [
            "-f", "lavfi", "-i", "testsrc2=s=160x90:r=25", "-f", "lavfi", "-i", "sine=r=48000", "-t", "2",
            "-c:v", "libx265", "-preset", "ultrafast", "-x265-params", "log-level=none:keyint=20", "-c:a", "ac3",
        ])
    static let hevcTransport = make("hevc.ts", ["-i", hevc, "-map", "0", "-c", "copy"])
    static let otherAudio = make(
        "audio.mkv",
        [
            "-f", "lavfi", "-i", "sine=r=48000", "-f", "lavfi", "-i", "sine=r=44100", "-f", "lavfi", "-i",
            "sine=r=48000",
            "-map", "0", "-map", "1", "-map", "2", "-t", "2", "-c:a:0", "flac", "-c:a:1", "libmp3lame", "-c:a:2",
            "eac3",
        ])
    static let rotated = make(
        "rotated.mp4", ["-i", base, "-c", "copy", "-metadata:s:v", "rotate=90", "-aspect", "2:1"])
    static let vorbis = make(
        "vorbis.mkv",
        [
            "-i", base, "-map", "0:v", "-map", "0:a", "-c:v", "copy", "-c:a", "libvorbis",
        ])

    private static func make(_ name: String, _ options: [String]) -> String {
        let path = folder.appendingPathComponent(name).path
        let result = run("ffmpeg", ["-v", "error", "-y"] + options + [path])
        precondition(result.status == 0, "ffmpeg \(name): \(result.errors)")
        return path
    }
}

/// Runs a program and gives what it printed.
func run(_ program: String, _ arguments: [String]) -> (status: Int32, output: String, errors: String) {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = [program] + arguments
    let output = Pipe()
    let errors = Movies.folder.appendingPathComponent("stderr-\(UUID().uuidString)")
    _ = FileManager.default.createFile(atPath: errors.path, contents: nil)
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = output
    process.standardError = FileHandle(forWritingAtPath: errors.path)
    try? process.run()
    let text = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    defer { try? FileManager.default.removeItem(at: errors) }
    return (
        process.terminationStatus, String(decoding: text, as: UTF8.self),
        (try? String(contentsOf: errors, encoding: .utf8)) ?? ""
    )
}
