package import Wire

/// An MSF catalog (draft-ietf-moq-msf-01): the tracks of a namespace.
package struct Catalog: Sendable, Hashable {
    /// The track that carries it.
    package static let trackName = "catalog"
    /// Longest catalog that is read, in bytes.
    package static let sizeLimit = 4 << 20

    /// Wall time of its making in milliseconds since 1970; nil when unknown.
    package var generatedAt: UInt64?
    /// The broadcast has ended and nothing will be added.
    package var isComplete = false
    package var tracks: [CatalogTrack]

    package init(tracks: [CatalogTrack]) { self.tracks = tracks }

    /// The catalog of a movie in CMAF packaging (draft-ietf-moq-cmsf-01), each track with its init segment.
    package init(of movie: [MediaTrack], isLive: Bool) {
        tracks = movie.map { CatalogTrack($0, isLive: isLive) }
    }
}

/// A track of a catalog. Fields are MSF's; nil means that the catalog does not say it.
package struct CatalogTrack: Sendable, Hashable {
    package var name: String
    /// The track's namespace where it is not the catalog's own.
    package var namespace: String?
    /// `cmaf`, `loc`, or another packaging.
    package var packaging: String
    package var role: String?
    package var isLive = false
    package var codec: String?
    package var mimeType: String?
    /// Ticks per second.
    package var timescale: UInt32?
    /// Bits per second, at most.
    package var bitrate: UInt64?
    package var width: Int?
    package var height: Int?
    package var framerate: Double?
    package var samplerate: Int?
    package var channelConfig: String?
    package var lang: String?
    package var label: String?
    /// Tracks with the same number are played together.
    package var renderGroup: Int?
    /// Tracks with the same number are versions of each other.
    package var altGroup: Int?
    /// Milliseconds; only of what is not live.
    package var trackDuration: UInt64?
    /// The init segment, of CMAF `ftyp` + `moov`.
    package var initialization: Bytes?

    package init(name: String, packaging: String) {
        self.name = name
        self.packaging = packaging
    }

    init(_ track: MediaTrack, isLive: Bool) {
        self.init(name: track.name, packaging: "cmaf")
        self.isLive = isLive
        codec = track.codec.string
        timescale = track.timescale
        bitrate = track.bitrate
        lang = track.language
        renderGroup = 1
        initialization = Bytes(InitSegment.bytes(for: track))
        switch track.kind {
        case .video:
            role = "video"
            mimeType = "video/mp4"
            width = track.width
            height = track.height
            framerate = track.framerate
        case .audio:
            role = "audio"
            mimeType = "audio/mp4"
            samplerate = track.sampleRate
            channelConfig = String(track.channels)
        }
    }

    /// What the track carries, by its role, else its MIME type, else its codec; nil when none tells.
    package var kind: MediaTrack.Kind? {
        switch role {
        case "video": return .video
        case "audio", "audiodescription": return .audio
        case .some: return nil
        case nil: break
        }
        if let mimeType { return mimeType.hasPrefix("video/") ? .video : mimeType.hasPrefix("audio/") ? .audio : nil }
        if width != nil { return .video }
        return samplerate != nil ? .audio : nil
    }
}
