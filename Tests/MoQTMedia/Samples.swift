import MoQTMedia
import Wire

/// A video and an audio track, and samples for them.
enum Example {
    static let avc: [UInt8] = [1, 0x64, 0, 0x1F, 0xFF, 0xE1, 0, 4, 0x67, 0x64, 0, 0x1F, 1, 0, 2, 0x68, 0xEE]

    static var video: MediaTrack {
        var track = MediaTrack(kind: .video, name: "video0", codec: try! .avc(configuration: avc), timescale: 90_000)
        (track.width, track.height, track.framerate, track.bitrate) = (1280, 720, 29.97, 2_500_000)
        return track
    }

    static var audio: MediaTrack {
        var track = MediaTrack(
            kind: .audio, name: "audio0", codec: try! .aac(configuration: [0x11, 0x90]), timescale: 48_000)
        (track.sampleRate, track.channels, track.language) = (48_000, 2, "eng")
        return track
    }

    static func sample(
        _ track: Int, _ dts: Int64, cts: Int64 = 0, duration: UInt32 = 1, sync: Bool = true,
        _ payload: [UInt8] = [1, 2, 3]
    ) -> MediaSample {
        MediaSample(track: track, dts: dts, pts: dts + cts, duration: duration, isSync: sync, payload: Bytes(payload))
    }
}

/// A small seeded generator, so that every failure can be had again.
struct Seeded: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return state ^ state >> 29
    }
}
