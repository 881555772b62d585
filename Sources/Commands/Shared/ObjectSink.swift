internal import CommandLine
internal import MoQTCodec
internal import Wire

/// Turns objects of a track into what is written.
struct ObjectSink {
    /// The form of the output.
    enum Form {
        case raw, lines, frames
        case template(FieldTemplate)
        case json
        /// A file per object in this directory, which ends in a slash.
        case directory(String)
    }

    let form: Form
    let track: String

    /// What to write for an object, in order. Only `json` shows objects that are not Normal.
    func jobs(for object: ReceivedObject, latencyMilliseconds: Int64?) -> [OutputPump.Job] {
        if case .json = form { return [.bytes(Bytes(Array(json(object).utf8)))] }
        guard object.status == .normal else { return [] }
        let payload = object.payload.map { OutputPump.Job.bytes($0) }
        switch form {
        case .raw: return payload
        case .lines: return payload + [.bytes(Self.newline)]
        case .frames: return [.bytes(Self.frameHeader(object.size))] + payload
        case .template(let template):
            return [
                .bytes(
                    Bytes(
                        template.bytes(
                            for: .init(
                                track: Array(track.utf8), group: object.location.group, object: object.location.object,
                                payload: object.wholePayload, latencyMilliseconds: latencyMilliseconds))))
            ]
        case .directory(let path): return [.open(path: path + Self.fileName(object))] + payload + [.close]
        case .json: return []
        }
    }

    private static let newline: Bytes = [UInt8(ascii: "\n")]

    private static func frameHeader(_ size: Int) -> Bytes {
        let size = UInt32(clamping: size)
        return Bytes((0..<4).map { UInt8(truncatingIfNeeded: size >> (24 - 8 * $0)) })
    }

    private static func fileName(_ object: ReceivedObject) -> String {
        let subgroup = object.subgroup.map { "\($0)" } ?? "datagram"
        return "\(object.location.group)-\(subgroup)-\(object.location.object)"
    }

    private func json(_ object: ReceivedObject) -> String {
        var line = JSONLine()
        line.add("kind", "object")
        line.add("track", track)
        line.add("group", object.location.group)
        if let subgroup = object.subgroup { line.add("subgroup", subgroup) } else { line.addNull("subgroup") }
        line.add("object", object.location.object)
        line.add("status", Self.name(object.status))
        if let priority = object.priority { line.add("priority", priority) } else { line.addNull("priority") }
        line.add("size", object.size)
        line.add("properties") { $0.add(object.properties) }
        line.add("payload", base64: object.wholePayload.array)
        return line.finished()
    }

    private static func name(_ status: ObjectStatus) -> String {
        switch status {
        case .normal: "normal"
        case .doesNotExist: "does-not-exist"
        case .endOfGroup: "end-of-group"
        case .endOfTrack: "end-of-track"
        }
    }
}
