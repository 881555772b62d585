/// Types of unidirectional streams, and the bits of the subgroup type.
package struct StreamTypes: Sendable {
    /// First bytes of a control stream; nil when control streams are bidirectional.
    package var setup: UInt64? = 0x2F00
    package var fetch: UInt64 = 0x05
    /// nil when the draft has none.
    package var padding: UInt64? = 0x132B_3E28
    // Bits of SUBGROUP_HEADER's type; 0 where the draft has no such bit.
    package var subgroup: UInt64 = 0x10
    package var properties: UInt64 = 0x01
    package var subgroupIDMode: UInt64 = 0x06
    package var endOfGroup: UInt64 = 0x08
    package var defaultPriority: UInt64 = 0x20
    package var firstObject: UInt64 = 0x40

    package init() {}

    /// Whether `type` is a valid SUBGROUP_HEADER type (draft-18 "Subgroup Header").
    @inline(__always)
    func isSubgroup(_ type: UInt64) -> Bool {
        let bits = subgroup | properties | subgroupIDMode | endOfGroup | defaultPriority | firstObject
        return type & ~bits == 0 && type & subgroup != 0 && type & subgroupIDMode != subgroupIDMode
    }
}

/// The bits of the datagram type.
package struct DatagramTypes: Sendable {
    /// nil when the draft has none.
    package var padding: UInt64? = 0x132B_3E29
    // Bits of OBJECT_DATAGRAM's type; 0 where the draft has no such bit.
    package var properties: UInt64 = 0x01
    package var endOfGroup: UInt64 = 0x02
    package var zeroObjectID: UInt64 = 0x04
    package var defaultPriority: UInt64 = 0x08
    package var status: UInt64 = 0x20
    /// Bits that must be clear when `status` is set.
    package var notWithStatus: UInt64 = 0x02

    package init() {}

    /// Whether `type` is a valid OBJECT_DATAGRAM type (draft-18 "Object Datagram").
    @inline(__always)
    func isObject(_ type: UInt64) -> Bool {
        let bits = properties | endOfGroup | zeroObjectID | defaultPriority | status
        return type & ~bits == 0 && !(type & status != 0 && type & notWithStatus != 0)
    }
}

/// How the objects of a fetch stream are written (draft-18 "Fetch Header").
package struct FetchForm: Sendable {
    /// What tells which fields of an object are present.
    package enum Flags: Hashable, Sendable {
        /// Nothing: all of them are.
        case none
        /// One byte.
        case octet
        /// A variable-length integer.
        case integer
    }

    package var flags = Flags.integer
    /// Group and Object ID are sent as the difference from those before.
    package var isDelta = true
    /// An object without payload has a status.
    package var hasStatus = false
    /// The bit that marks an object published as a datagram; 0 where there is none, and the Subgroup ID of such an
    /// object is its Object ID.
    package var datagram: UInt64 = 0x40
    /// The gaps there are signs for.
    package var gaps: FetchGapReasons = [.doesNotExist, .unknown]
    /// What "prior" means after a gap is stated; where it is not, encoders refer to nothing there.
    package var gapsArePrior = true
    /// Objects of a subgroup that differ in priority make the track malformed.
    package var onePriorityPerSubgroup = true

    package init() {}
}

/// A set of ``FetchGap/Reason``.
package struct FetchGapReasons: OptionSet, Hashable, Sendable {
    package let rawValue: UInt8

    package init(rawValue: UInt8) { self.rawValue = rawValue }

    package static let doesNotExist = Self(rawValue: 1 << 0)
    package static let unknown = Self(rawValue: 1 << 1)
    package static let timedOut = Self(rawValue: 1 << 2)
}

/// A set of ``ObjectStatus``.
package struct ObjectStatuses: OptionSet, Hashable, Sendable {
    package let rawValue: UInt8

    package init(rawValue: UInt8) { self.rawValue = rawValue }
    package init(_ status: ObjectStatus) { rawValue = 1 << status.rawValue }

    package static let normal = Self(.normal)
    package static let doesNotExist = Self(.doesNotExist)
    package static let endOfGroup = Self(.endOfGroup)
    package static let endOfTrack = Self(.endOfTrack)

    package func contains(_ status: ObjectStatus) -> Bool { contains(Self(status)) }
}

/// What holds for objects wherever they are sent.
package struct ObjectRules: Sendable {
    /// The statuses there are (draft-18 "Object Status").
    package var statuses: ObjectStatuses = [.normal, .endOfGroup, .endOfTrack]
    /// Statuses of objects that may have properties (draft-18 "Object Properties").
    package var statusesWithProperties: ObjectStatuses = .normal
    /// A list may hold Immutable Properties more than once.
    package var repeatsImmutables = false
    /// Types of Mandatory Track Properties, which an object may not have; nil where there are none (draft-18
    /// "Mandatory Track Properties").
    package var mandatoryProperties: ClosedRange<UInt64>? = 0x4000...0x7FFF
    package var fetch = FetchForm()
    package var names = ObjectNames()

    package init() {}
}

/// What the draft calls fields and sections whose names changed.
package struct ObjectNames: Sendable {
    /// The first field of SUBGROUP_HEADER and OBJECT_DATAGRAM.
    package var type: StaticString = "Type"
    package var propertiesLength: StaticString = "Properties Length"
    package var properties: StaticString = "Properties"
    package var immutableProperties = "Immutable Properties"
    /// The IDs on fetch streams.
    package var fetchGroup: StaticString = "Group ID Delta"
    package var fetchObject: StaticString = "Object ID Delta"

    package init() {}
}

/// Types of properties that this build reads (draft-18 "MOQT Properties"). The space is the same in every draft.
package enum PropertyType {
    package static let objectDeliveryTimeout: UInt64 = 0x02
    package static let maxCacheDuration: UInt64 = 0x04
    package static let subgroupDeliveryTimeout: UInt64 = 0x06
    package static let immutableProperties: UInt64 = 0x0B
    package static let defaultPublisherPriority: UInt64 = 0x0E
    package static let defaultPublisherGroupOrder: UInt64 = 0x22
    package static let dynamicGroups: UInt64 = 0x30
    package static let priorGroupIDGap: UInt64 = 0x3C
    package static let priorObjectIDGap: UInt64 = 0x3E
}
