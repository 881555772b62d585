/// Limits this end sets itself on data streams, beyond the draft's.
public struct DataLimits: Hashable, Sendable {
    /// Most bytes of an object's properties. A track with more is refused as malformed; payloads are never held, and
    /// so have no limit.
    public var maximumPropertiesLength = 65_536

    /// The usual ones.
    public init() {}
}
