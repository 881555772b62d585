/// A Track Namespace: 0 to 32 fields, none of them empty since draft-16, 4,096 bytes in all (draft-18 "Track Naming").
///
/// Also used for prefixes and suffixes. Compared byte by byte. All fields lie in one array, each behind its length in
/// two bytes, so that equality, hashing and prefix matching are single passes.
public struct TrackNamespace: Hashable, Sendable {
    /// The most fields a namespace may have.
    public static let maximumFieldCount = 32

    /// Each field as two bytes of length, high byte first, and its bytes.
    private var storage: [UInt8] = []
    /// Number of fields, 0 through 32.
    public private(set) var count = 0

    /// The namespace without fields: prefix of every other.
    public init() {}

    /// - Throws: ``NameError`` whose offset is the number of the field at fault.
    public init(_ fields: [[UInt8]]) throws(NameError) {
        for field in fields { try append(field) }
    }

    /// Fields from UTF-8 text, one string each.
    public init(utf8 fields: String...) throws(NameError) {
        for field in fields { try append(Array(field.utf8)) }
    }

    /// Sum of the lengths of the fields, 0 through 4,096.
    public var length: Int { storage.count - 2 * count }
    /// It has no field.
    public var isEmpty: Bool { count == 0 }

    /// The fields in order.
    public var fields: [[UInt8]] {
        var result: [[UInt8]] = []
        result.reserveCapacity(count)
        var index = 0
        while index < storage.count {
            var field: [UInt8] = []
            copyField(at: &index, to: &field)
            result.append(field)
        }
        return result
    }

    /// Puts the field that begins at `index` of the storage into `bytes`, and `index` behind it.
    func copyField(at index: inout Int, to bytes: inout [UInt8]) {
        let start = index + 2
        index = start + (Int(storage[index]) << 8 | Int(storage[index + 1]))
        bytes.removeAll(keepingCapacity: true)
        bytes += storage[start..<index]
    }

    /// Adds a field at the end.
    /// - Parameter mayBeEmpty: for drafts 14 and 15, which do not forbid it.
    package mutating func append(_ field: [UInt8], mayBeEmpty: Bool = false) throws(NameError) {
        guard mayBeEmpty || !field.isEmpty else { throw NameError(.emptyField, at: count) }
        guard count < Self.maximumFieldCount else { throw NameError(.tooManyFields, at: count) }
        guard length + field.count <= FullTrackName.maximumLength else { throw NameError(.tooLong, at: count) }
        storage.append(UInt8(field.count >> 8))
        storage.append(UInt8(field.count & 0xFF))
        storage.append(contentsOf: field)
        count += 1
    }

    /// Whether the first fields of this namespace are those of `prefix`; true when they are equal.
    public func hasPrefix(_ prefix: TrackNamespace) -> Bool {
        count >= prefix.count && storage.starts(with: prefix.storage)
    }

    /// One is a prefix of the other (draft-18 "SUBSCRIBE_NAMESPACE", "shares a common prefix").
    public func overlaps(_ other: TrackNamespace) -> Bool { hasPrefix(other) || other.hasPrefix(self) }

    /// The fields behind `prefix`; nil when it is no prefix of this.
    public func suffix(after prefix: TrackNamespace) -> TrackNamespace? {
        guard hasPrefix(prefix) else { return nil }
        var rest = TrackNamespace()
        rest.storage = Array(storage.dropFirst(prefix.storage.count))
        rest.count = count - prefix.count
        return rest
    }

    /// This namespace followed by the fields of `suffix`.
    public func appending(_ suffix: TrackNamespace) throws(NameError) -> TrackNamespace {
        guard count + suffix.count <= Self.maximumFieldCount else { throw NameError(.tooManyFields, at: count) }
        guard length + suffix.length <= FullTrackName.maximumLength else { throw NameError(.tooLong, at: count) }
        var joined = self
        joined.storage += suffix.storage
        joined.count += suffix.count
        return joined
    }

    /// This namespace without its last field; nil when it has none.
    public var parent: TrackNamespace? {
        guard count > 0 else { return nil }
        var index = 0
        var last = 0
        while index < storage.count {
            last = index
            index += 2 + (Int(storage[index]) << 8 | Int(storage[index + 1]))
        }
        var shorter = TrackNamespace()
        shorter.storage = Array(storage[..<last])
        shorter.count = count - 1
        return shorter
    }
}
