/// An object of a fetch stream, without its payload (draft-18 "Fetch Header").
public struct FetchObject: Hashable, Sendable {
    /// Group ID and Object ID.
    public var location: Location
    /// nil for an object that is published as a datagram. Drafts 14 and 15 do not say so: there it is written, and
    /// read, as the Object ID.
    public var subgroup: UInt64?
    /// Publisher priority; lower goes first.
    public var priority: UInt8
    /// Not normal in drafts 14 and 15 only.
    public var status: ObjectStatus
    /// Object Properties.
    public var properties: Properties
    /// Bytes of payload that follow; 0 unless `status` is normal.
    public var payloadLength: UInt64

    /// Of its fields.
    public init(
        location: Location, subgroup: UInt64?, priority: UInt8, status: ObjectStatus = .normal,
        properties: Properties = Properties(), payloadLength: UInt64
    ) {
        self.location = location
        self.subgroup = subgroup
        self.priority = priority
        self.status = status
        self.properties = properties
        self.payloadLength = payloadLength
    }
}

/// A stretch of a fetched range that is not sent (draft-18 "End of Range"). Drafts 14 and 15 have none.
public struct FetchGap: Hashable, Sendable {
    /// Its raw value is the sign for it on the wire.
    public enum Reason: UInt64, Hashable, Sendable {
        /// No object is there, nor will be.
        case doesNotExist = 0x8C
        /// The sender cannot tell.
        case unknown = 0x10C
        /// They did not come in time; only since draft 20.
        case timedOut = 0x20C
    }

    /// Why nothing is sent.
    public var reason: Reason
    /// The last Location of the gap; it begins after whatever was sent before.
    public var end: Location

    /// A gap up to a Location.
    public init(reason: Reason, end: Location) {
        self.reason = reason
        self.end = end
    }
}

extension FetchGapReasons {
    package func contains(_ reason: FetchGap.Reason) -> Bool {
        switch reason {
        case .doesNotExist: contains(Self.doesNotExist)
        case .unknown: contains(Self.unknown)
        case .timedOut: contains(Self.timedOut)
        }
    }
}

/// Bits of the Serialization Flags (draft-18 "Flags").
enum FetchFlags {
    static let subgroupMode: UInt64 = 0x03
    static let object: UInt64 = 0x04
    static let group: UInt64 = 0x08
    static let priority: UInt64 = 0x10
    static let properties: UInt64 = 0x20
    /// Every field is present.
    static let all: UInt64 = 0x3F
}

/// What the items of a fetch stream refer to.
struct FetchPrior: Sendable {
    /// An object's subgroup, and what is the same for all of the subgroup.
    struct Subgroup {
        var id: UInt64
        var group: UInt64
        var priority: UInt8
    }

    /// Of the object or gap before; nil at the start of the stream.
    var location: Location?
    /// The item before is a gap.
    var isGap = false
    /// Of the last object; nil before the first.
    var priority: UInt8?
    /// Of the last object that had one.
    var subgroup: Subgroup?
    /// The last object had none.
    var isDatagram = false

    mutating func passed(_ object: FetchObject) {
        location = object.location
        isGap = false
        priority = object.priority
        isDatagram = object.subgroup == nil
        if let id = object.subgroup {
            subgroup = Subgroup(id: id, group: object.location.group, priority: object.priority)
        }
    }

    mutating func passed(_ gap: FetchGap) {
        location = gap.end
        isGap = true
    }
}

extension GroupOrder {
    /// `location` comes after `before`: later in its group, or in a later group of this order.
    func isLater(_ location: Location, than before: Location) -> Bool {
        if location.group == before.group { return location.object > before.object }
        return switch self {
        case .ascending: location.group > before.group
        case .descending: location.group < before.group
        }
    }
}
