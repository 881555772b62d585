internal import Wire

extension Catalog {
    /// The catalog as JSON text, UTF-8.
    package func json() -> [UInt8] {
        var printer = JSONPrinter()
        printer.object {
            $0.field("version", "draft-01")
            $0.field("generatedAt", generatedAt)
            if isComplete { $0.field("isComplete", true) }
            $0.key("tracks")
            $0.array(tracks.enumerated()) { $0.track($1.element, initRef: "init\($1.offset)") }
            // MSF-01: the list of init data comes after the tracks.
            let initialized = tracks.enumerated().filter { $0.element.initialization != nil }
            guard !initialized.isEmpty else { return }
            $0.key("initDataList")
            $0.array(initialized) { $0.initData($1.element.initialization ?? Bytes(), id: "init\($1.offset)") }
        }
        return printer.text
    }
}

extension JSONPrinter {
    fileprivate mutating func track(_ track: CatalogTrack, initRef: String) {
        object {
            $0.field("name", track.name)
            $0.field("namespace", track.namespace)
            $0.field("packaging", track.packaging)
            $0.field("isLive", track.isLive)
            $0.field("role", track.role)
            $0.field("label", track.label)
            $0.field("renderGroup", track.renderGroup)
            $0.field("altGroup", track.altGroup)
            if track.initialization != nil { $0.field("initRef", initRef) }
            $0.field("codec", track.codec)
            $0.field("mimeType", track.mimeType)
            $0.field("framerate", track.framerate)
            $0.field("timescale", track.timescale)
            $0.field("bitrate", track.bitrate)
            $0.field("width", track.width)
            $0.field("height", track.height)
            $0.field("samplerate", track.samplerate)
            $0.field("channelConfig", track.channelConfig)
            $0.field("lang", track.lang)
            $0.field("trackDuration", track.trackDuration)
        }
    }

    fileprivate mutating func initData(_ bytes: Bytes, id: String) {
        object {
            $0.field("id", id)
            $0.field("type", "inline")
            $0.field("data", Base64.encode(bytes.array))
        }
    }
}
