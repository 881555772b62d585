internal import MoQTCodec
internal import Wire

/// A data stream being read.
struct IncomingObjectStream {
    /// Nil for a fetch stream, whose objects name their groups.
    let group: UInt64?
    /// Nil until the first object has come, where it gives its id.
    var subgroup: UInt64?
    let priority: UInt8?
    let endsGroup: Bool
    private var object: ReceivedObject?
    private var missing: UInt64 = 0

    init(group: UInt64?, subgroup: UInt64?, priority: UInt8?, endsGroup: Bool) {
        self.group = group
        self.subgroup = subgroup
        self.priority = priority
        self.endsGroup = endsGroup
    }

    var isFetch: Bool { group == nil }

    mutating func begin(_ object: ReceivedObject, length: UInt64) {
        self.object = object
        missing = length
    }

    /// - Returns: whether the object is whole.
    mutating func append(_ bytes: Bytes) -> Bool {
        guard object != nil else { return false }
        missing -= min(missing, UInt64(bytes.count))
        object?.append(bytes)
        return missing == 0
    }

    mutating func take() -> ReceivedObject? {
        defer { object = nil }
        return object
    }
}
