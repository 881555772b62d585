public import Wire

extension Properties {
    /// Encodes `entries`, which are put in ascending order of type; equal types keep their order.
    ///
    /// Traps on a value that the profile's integers cannot hold or that exceeds 65,535 bytes.
    public init(_ entries: [KeyValue], profile: Profile) {
        var out: [UInt8] = []
        var previous: UInt64 = 0
        let integers = profile.pairs.integers
        for entry in entries.sorted(by: { $0.type < $1.type }) {
            integers.append(profile.pairs.isDelta ? entry.type - previous : entry.type, to: &out)
            previous = entry.type
            switch entry.value {
            case .integer(let value): integers.append(value, to: &out)
            case .bytes(let bytes):
                precondition(bytes.count <= 65_535, "a property holds at most 65,535 bytes")
                integers.append(UInt64(bytes.count), to: &out)
                bytes.append(to: &out)
            }
        }
        // Of an empty list there is one form.
        self = out.isEmpty ? Properties() : Properties(raw: Bytes(out), coding: profile.pairs)
    }

    /// Every pair of the list, in order; Immutable Properties are one of them. A pair that cannot be read ends the list.
    public var entries: [KeyValue] {
        var cursor = KeyValueCursor(coding, from: 0, to: raw.count)
        var result: [KeyValue] = []
        while let pair = next(&cursor) {
            result.append(
                pair.isBytes
                    ? KeyValue(type: pair.type, bytes: raw.slice(from: pair.start, count: Int(pair.value)))
                    : KeyValue(type: pair.type, integer: pair.value))
        }
        return result
    }

    /// The number under an even type; nil when absent. Looks into Immutable Properties too.
    public func integer(_ type: UInt64) -> UInt64? { find(type, from: 0, to: raw.count, nested: false)?.value }

    /// The bytes under an odd type; nil when absent. Looks into Immutable Properties too.
    public func bytes(_ type: UInt64) -> Bytes? {
        find(type, from: 0, to: raw.count, nested: false).map { raw.slice(from: $0.start, count: Int($0.value)) }
    }

    private func find(_ type: UInt64, from start: Int, to end: Int, nested: Bool) -> KeyValueCursor.Pair? {
        var cursor = KeyValueCursor(coding, from: start, to: end)
        var immutable: KeyValueCursor.Pair?
        while let pair = next(&cursor) {
            if pair.type == type { return pair }
            if pair.type == PropertyType.immutableProperties { immutable = immutable ?? pair }
        }
        guard let immutable, !nested else { return nil }
        return find(type, from: immutable.start, to: immutable.end, nested: true)
    }

    private func next(_ cursor: inout KeyValueCursor) -> KeyValueCursor.Pair? {
        do { return try cursor.next(raw.span) } catch { return nil }
    }
}

// Track Properties (draft-18 "MOQT Properties").
extension Properties {
    /// Milliseconds an object may take; 0 means no timeout, nil that none is stated.
    public var objectDeliveryTimeout: UInt64? { integer(PropertyType.objectDeliveryTimeout) }
    /// Milliseconds a finished subgroup may take; 0 means no timeout, nil that none is stated.
    public var subgroupDeliveryTimeout: UInt64? { integer(PropertyType.subgroupDeliveryTimeout) }
    /// Milliseconds from an object's first byte during which a cache may serve it; nil means no limit.
    public var maxCacheDuration: UInt64? { integer(PropertyType.maxCacheDuration) }
    /// Priority of objects that state none, lower first; nil means 128.
    public var defaultPublisherPriority: UInt8? {
        integer(PropertyType.defaultPublisherPriority).flatMap(UInt8.init(exactly:))
    }
    /// The order in which the publisher would send groups; nil means ascending.
    public var defaultPublisherGroupOrder: GroupOrder? {
        integer(PropertyType.defaultPublisherGroupOrder).flatMap(UInt8.init(exactly:)).flatMap(GroupOrder.init)
    }
    /// Subscribers may ask for a new group.
    public var dynamicGroups: Bool { integer(PropertyType.dynamicGroups) == 1 }
}
