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
