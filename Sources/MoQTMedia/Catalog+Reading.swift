internal import FoundationEssentials
package import Wire

extension Catalog {
    /// Reads a full catalog of MSF-00 or -01; fields it does not know are ignored.
    ///
    /// - Throws: what is wrong: not JSON, no tracks, a track without a name, longer than ``sizeLimit``, a version
    ///   it cannot read, or an update without the catalog it changes.
    package init(json: Bytes) throws(WireError) {
        guard json.count <= Self.sizeLimit else {
            throw WireError(.tooLong(limit: UInt64(Self.sizeLimit)), offset: 0, field: "catalog")
        }
        let root: Root
        do {
            root = try JSONDecoder().decode(Root.self, from: Data(json.array))
        } catch {
            throw WireError(.invalid(Self.words(for: error)), offset: 0, field: "catalog")
        }
        try self.init(root)
    }

    private init(_ root: Root) throws(WireError) {
        if let version = root.version?.text, !(version == "1" || version.hasPrefix("draft-")) {
            throw WireError(.invalid("unknown version"), offset: 0, field: "version")
        }
        guard let listed = root.tracks else {
            let what = root.isUpdate ? "an update without the catalog before it" : "the catalog has no tracks"
            throw WireError(.invalid(what), offset: 0, field: "tracks")
        }
        var segments: [String: Bytes] = [:]
        for entry in root.initDataList ?? [] where entry.type == nil || entry.type == "inline" {
            guard let data = entry.data else { continue }
            segments[entry.id] = try Self.segment(data)
        }
        tracks = []
        for track in listed { tracks.append(try CatalogTrack(track, segments: segments)) }
        generatedAt = root.generatedAt
        isComplete = root.isComplete ?? false
    }

    fileprivate static func segment(_ base64: String) throws(WireError) -> Bytes {
        guard let bytes = Base64.decode(base64) else {
            throw WireError(.invalid("not base64"), offset: 0, field: "initData")
        }
        return Bytes(bytes)
    }

    private static func words(for error: any Error) -> String {
        switch error {
        case DecodingError.keyNotFound(let key, _): "a track or init data without '\(key.stringValue)'"
        case DecodingError.typeMismatch(_, let context), DecodingError.valueNotFound(_, let context):
            "'\(context.codingPath.last?.stringValue ?? "the catalog")' has the wrong type"
        default: "not JSON"
        }
    }
}

extension CatalogTrack {
    fileprivate init(_ track: Root.Track, segments: [String: Bytes]) throws(WireError) {
        self.init(name: track.name, packaging: track.packaging ?? "loc")
        namespace = track.namespace
        role = track.role
        isLive = track.isLive ?? false
        codec = track.codec
        mimeType = track.mimeType
        timescale = track.timescale
        bitrate = track.bitrate
        width = track.width
        height = track.height
        framerate = track.framerate
        samplerate = track.samplerate
        channelConfig = track.channelConfig?.text
        lang = track.lang
        label = track.label
        renderGroup = track.renderGroup
        altGroup = track.altGroup
        trackDuration = track.trackDuration
        if let data = track.initData {
            initialization = try Catalog.segment(data)
        } else if let id = track.initRef {
            initialization = segments[id]
        }
    }
}

/// The JSON's shape, as far as it is read.
private struct Root: Decodable {
    struct Track: Decodable {
        var name: String
        var namespace: String?
        var packaging: String?
        var role: String?
        var isLive: Bool?
        var codec: String?
        var mimeType: String?
        var timescale: UInt32?
        var bitrate: UInt64?
        var width: Int?
        var height: Int?
        var framerate: Double?
        var samplerate: Int?
        var channelConfig: TextOrNumber?
        var lang: String?
        var label: String?
        var renderGroup: Int?
        var altGroup: Int?
        var trackDuration: UInt64?
        var initData: String?
        var initRef: String?
    }

    struct InitData: Decodable {
        var id: String
        var type: String?
        var data: String?
    }

    var version: TextOrNumber?
    var generatedAt: UInt64?
    var isComplete: Bool?
    var tracks: [Track]?
    var initDataList: [InitData]?
    var deltaUpdate: Present?

    var isUpdate: Bool { deltaUpdate != nil }
}

/// A field that publishers write as a string or as a number.
private struct TextOrNumber: Decodable {
    var text: String

    init(from decoder: any Decoder) throws {
        let value = try decoder.singleValueContainer()
        if let number = try? value.decode(Int64.self) {
            text = String(number)
        } else {
            text = try value.decode(String.self)
        }
    }
}

/// A field of which only the presence counts.
private struct Present: Decodable {
    init(from decoder: any Decoder) throws {}
}
