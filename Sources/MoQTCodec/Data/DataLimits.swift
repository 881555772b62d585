/// Limits this end sets itself on data streams, beyond the draft's.
package struct DataLimits: Hashable, Sendable {
    /// Most bytes of an object's properties. A track with more is refused as malformed; payloads are never held, and
    /// so have no limit.
    package var maximumPropertiesLength = 65_536

    package init() {}
}
