package import Wire

/// One elementary stream of a movie: what a catalog and an init segment say about it.
package struct MediaTrack: Sendable, Hashable {
    /// What the samples are.
    package enum Kind: Sendable, Hashable {
        case video
        case audio
    }

    package var kind: Kind
    /// The MoQT track name, such as "video0"; unique in the movie.
    package var name: String
    /// Codec with its configuration; also gives the RFC 6381 string.
    package var codec: Codec
    /// Ticks per second of every time of this track; 1 or more.
    package var timescale: UInt32
    /// Picture size in pixels; 0 for audio.
    package var width: Int = 0
    package var height: Int = 0
    /// Rotation and the like: the nine values of `tkhd` (ISO/IEC 14496-12 §8.3.2); nil means none.
    package var matrix: [UInt32]?
    /// Pictures per second; nil when unknown or variable.
    package var framerate: Double?
    /// Samples per second; 0 for video.
    package var sampleRate: Int = 0
    /// Channels; 0 for video.
    package var channels: Int = 0
    /// ISO 639-2 (three letters) or BCP 47 tag; nil when unknown.
    package var language: String?
    /// Bits per second; nil when unknown.
    package var bitrate: UInt64?

    package init(kind: Kind, name: String, codec: Codec, timescale: UInt32) {
        self.kind = kind
        self.name = name
        self.codec = codec
        self.timescale = timescale
    }
}

/// One coded picture or audio frame.
package struct MediaSample: Sendable, Hashable {
    /// Index of the track in its movie's list.
    package var track: Int
    /// Decode time in ticks of the track's timescale; 0 or more.
    package var dts: Int64
    /// Presentation time in ticks.
    package var pts: Int64
    /// Ticks until the next sample; 0 when unknown.
    package var duration: UInt32
    /// Whether decoding can start here.
    package var isSync: Bool
    /// The sample as ISO BMFF stores it (length-prefixed NAL units, raw AAC frames).
    package var payload: Bytes

    package init(track: Int, dts: Int64, pts: Int64, duration: UInt32, isSync: Bool, payload: Bytes) {
        self.track = track
        self.dts = dts
        self.pts = pts
        self.duration = duration
        self.isSync = isSync
        self.payload = payload
    }
}

/// One MoQT object of a CMAF track: a `moof` and its `mdat` (CMSF: one object holds at least one CMAF chunk).
package struct MediaObject: Sendable, Hashable {
    /// Index of the track in its movie's list.
    package var track: Int
    package var group: UInt64
    /// Counts from 0 in each group; 0 says that a group of this track starts, and that the one before has ended.
    package var object: UInt64
    /// Decode time in microseconds, for pacing.
    package var time: Int64
    package var payload: Bytes
}
