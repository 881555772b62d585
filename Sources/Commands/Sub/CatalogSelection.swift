internal import CommandLine
internal import MoQTMedia

/// Which tracks of a catalog make the movie: by name, or by number among those of a kind.
struct CatalogSelection {
    private let names: [String]
    private let video: SubSettings.Selection
    private let audio: SubSettings.Selection

    struct Failure: Error {
        let words: String
    }

    init(_ settings: SubSettings) {
        names = settings.tracks
        video = settings.video
        audio = settings.audio
    }

    /// The chosen tracks in catalog order; all must be CMAF with an init segment.
    func choose(from catalog: Catalog) -> Result<[CatalogTrack], Failure> {
        let found = names.isEmpty ? byKind(catalog) : byName(catalog)
        guard case .success(let tracks) = found else { return found }
        guard !tracks.isEmpty else { return .failure(Failure(words: "no track of the catalog was chosen")) }
        for track in tracks where track.packaging != "cmaf" || track.initialization == nil {
            let words =
                "track '\(track.name.printable())' is packaged as '\(track.packaging.printable())', expected cmaf"
            return .failure(Failure(words: words))
        }
        return .success(tracks)
    }

    private func byName(_ catalog: Catalog) -> Result<[CatalogTrack], Failure> {
        for name in names where !catalog.tracks.contains(where: { $0.name == name }) {
            let known = catalog.tracks.map { $0.name.printable() }.joined(separator: ", ")
            return .failure(Failure(words: "--track: expected one of \(known), got '\(name.printable())'"))
        }
        return .success(catalog.tracks.filter { names.contains($0.name) })
    }

    private func byKind(_ catalog: Catalog) -> Result<[CatalogTrack], Failure> {
        var chosen: [CatalogTrack] = []
        var counts: [MediaTrack.Kind: Int] = [:]
        for track in catalog.tracks {
            guard let kind = track.kind else { continue }
            counts[kind, default: 0] += 1
            if wants(kind, counts[kind] ?? 0) { chosen.append(track) }
        }
        for (option, selection, kind) in [("--video", video, MediaTrack.Kind.video), ("--audio", audio, .audio)] {
            guard case .number(let number) = selection, number > counts[kind] ?? 0 else { continue }
            return .failure(Failure(words: "\(option): expected at most \(counts[kind] ?? 0), got '\(number)'"))
        }
        return .success(chosen)
    }

    private func wants(_ kind: MediaTrack.Kind, _ number: Int) -> Bool {
        switch kind == .video ? video : audio {
        case .all: true
        case .none: false
        case .number(let wanted): wanted == number
        }
    }
}

/// `--list`: a line per track of a catalog.
enum CatalogListing {
    static func line(_ number: Int, _ track: CatalogTrack, json: Bool) -> String {
        json ? self.json(number, track) : text(number, track)
    }

    private static func text(_ number: Int, _ track: CatalogTrack) -> String {
        var words = ["\(number)", track.name.printable(), track.role?.printable() ?? "-", track.packaging.printable()]
        words.append(track.codec?.printable() ?? "-")
        if let width = track.width, let height = track.height { words.append("\(width)x\(height)") }
        if let rate = track.framerate { words.append("\(rate) fps") }
        if let rate = track.samplerate { words.append("\(rate) Hz") }
        if let rate = track.bitrate { words.append("\(rate) bit/s") }
        if let language = track.lang { words.append(language.printable()) }
        return words.joined(separator: "\t") + "\n"
    }

    private static func json(_ number: Int, _ track: CatalogTrack) -> String {
        var line = JSONLine()
        line.add("kind", "track")
        line.add("number", number)
        line.add("name", track.name)
        line.add("packaging", track.packaging)
        for (name, value) in [("role", track.role), ("codec", track.codec), ("lang", track.lang)] {
            if let value { line.add(name, value) }
        }
        for (name, value) in [("width", track.width), ("height", track.height), ("samplerate", track.samplerate)] {
            if let value { line.add(name, value) }
        }
        if let rate = track.framerate { line.add("framerate", rate) }
        if let rate = track.bitrate { line.add("bitrate", rate) }
        return line.finished()
    }
}
