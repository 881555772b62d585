public import MoQTCodec
public import Wire

/// An object as it was received, whole (draft-18 "Objects").
public struct Object: Hashable, Sendable {
    /// Group ID and Object ID.
    public var location: Location
    /// Subgroup ID; nil for an object that is published in a datagram.
    public var subgroup: UInt64?
    /// Not normal for the ends of groups and tracks, which have no payload.
    public var status: ObjectStatus
    /// Publisher priority, 0 first; nil: the track's default.
    public var priority: UInt8?
    /// Object Properties.
    public var properties: Properties
    /// In one piece; empty for what has none.
    public var payload: Bytes

    /// Of its parts.
    public init(
        location: Location, subgroup: UInt64? = 0, status: ObjectStatus = .normal, priority: UInt8? = nil,
        properties: Properties = Properties(), payload: Bytes
    ) {
        self.location = location
        self.subgroup = subgroup
        self.status = status
        self.priority = priority
        self.properties = properties
        self.payload = payload
    }
}

/// What a fetch brings.
public enum FetchItem: Hashable, Sendable {
    case object(Object)
    /// What lies between the item before and the gap's end, inclusively, does not come (draft-18 "End of Range").
    case gap(FetchGap)
}
