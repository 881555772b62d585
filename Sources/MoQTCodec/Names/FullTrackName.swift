/// A track's name within its namespace: any bytes, possibly none (draft-18 "Track Naming").
public struct TrackName: Hashable, Sendable {
    /// As they are sent.
    public var bytes: [UInt8]

    /// Of any bytes.
    public init(_ bytes: [UInt8] = []) { self.bytes = bytes }
    /// Of text, as UTF-8.
    public init(utf8 text: String) { bytes = Array(text.utf8) }
}

/// What identifies a track in its scope: namespace and name, 4,096 bytes together at most (draft-18 "Track Naming").
public struct FullTrackName: Hashable, Sendable {
    /// Most bytes of all namespace fields and the track name together.
    public static let maximumLength = 4096

    /// The fields before the name.
    public let namespace: TrackNamespace
    /// The name within the namespace.
    public let name: TrackName

    /// - Throws: ``NameError/Reason/tooLong``.
    public init(namespace: TrackNamespace, name: TrackName) throws(NameError) {
        guard namespace.length + name.bytes.count <= Self.maximumLength else {
            throw NameError(.tooLong, at: namespace.count)
        }
        self.namespace = namespace
        self.name = name
    }

    /// No field and an empty name; what a message holds before it is filled in.
    public init() {
        namespace = TrackNamespace()
        name = TrackName()
    }
}
