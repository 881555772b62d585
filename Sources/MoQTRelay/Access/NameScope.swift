package import MoQTCodec

/// A part of all names: namespaces by their fields, and tracks of them by their names.
package struct NameScope: Hashable, Sendable {
    /// What the bytes of a field or of a track name must be.
    package enum Match: Hashable, Sendable {
        case exact([UInt8])
        case prefix([UInt8])
        case suffix([UInt8])

        package func holds(for bytes: [UInt8]) -> Bool {
            switch self {
            case .exact(let wanted): bytes == wanted
            case .prefix(let wanted): bytes.starts(with: wanted)
            case .suffix(let wanted): bytes.count >= wanted.count && bytes.suffix(wanted.count).elementsEqual(wanted)
            }
        }
    }

    /// Every namespace in it has this prefix.
    package var ceiling = TrackNamespace()
    /// What the first fields must be, in order.
    package var fields: [Match] = []
    /// There may be no further fields.
    package var isClosed = false
    /// What the track name must be; nil: anything.
    package var track: Match?

    /// All names.
    package init() {}

    /// The namespace and all below it.
    package init(prefix: TrackNamespace) { ceiling = prefix }

    package func covers(_ namespace: TrackNamespace) -> Bool {
        guard namespace.hasPrefix(ceiling) else { return false }
        if fields.isEmpty { return !isClosed || namespace.isEmpty }
        let bytes = namespace.fields
        guard isClosed ? bytes.count == fields.count : bytes.count >= fields.count else { return false }
        return zip(fields, bytes).allSatisfy { $0.holds(for: $1) }
    }

    package func covers(_ name: FullTrackName) -> Bool {
        (track?.holds(for: name.name.bytes) ?? true) && covers(name.namespace)
    }

    /// Whether it may cover a namespace that begins with `prefix`.
    package func reaches(under prefix: TrackNamespace) -> Bool {
        guard ceiling.overlaps(prefix) else { return false }
        let bytes = prefix.fields
        if isClosed, bytes.count > fields.count { return false }
        return zip(fields, bytes).allSatisfy { $0.holds(for: $1) }
    }
}
