/// A track's name within its namespace: any bytes, possibly none (draft-18 "Track Naming").
package struct TrackName: Hashable, Sendable {
    package var bytes: [UInt8]

    package init(_ bytes: [UInt8] = []) { self.bytes = bytes }
    package init(utf8 text: String) { bytes = Array(text.utf8) }
}

/// What identifies a track in its scope: namespace and name, 4,096 bytes together at most (draft-18 "Track Naming").
package struct FullTrackName: Hashable, Sendable {
    /// Most bytes of all namespace fields and the track name together.
    package static let maximumLength = 4096

    package let namespace: TrackNamespace
    package let name: TrackName

    /// - Throws: ``NameError/Reason/tooLong``.
    package init(namespace: TrackNamespace, name: TrackName) throws(NameError) {
        guard namespace.length + name.bytes.count <= Self.maximumLength else {
            throw NameError(.tooLong, at: namespace.count)
        }
        self.namespace = namespace
        self.name = name
    }

    /// No field and an empty name; what a message holds before it is filled in.
    package init() {
        namespace = TrackNamespace()
        name = TrackName()
    }
}
