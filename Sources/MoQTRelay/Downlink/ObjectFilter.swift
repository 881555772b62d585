internal import MoQTCodec

/// The Range Filters of a subscription or fetch, as its objects are held to them (draft-22 "Range Filters"): an object
/// passes when it passes every filter of one set.
struct ObjectFilter {
    private let sets: [[RangeFilter]]

    /// - Parameter filters: those for tracks count for nothing here.
    /// - Returns: nil when every object passes.
    init?(_ filters: [RangeFilter]) {
        let filters = filters.filter { $0.kind != .trackProperty }
        guard !filters.isEmpty else { return nil }
        sets = filters.setIDs.map { id in filters.filter { $0.setID == id } }
    }

    /// - Parameters:
    ///   - subgroup: nil for an object that is published as a datagram: it has none, so no filter for it passes.
    ///   - priority: its publisher priority, stated or not.
    func passes(subgroup: UInt64?, object: UInt64, priority: UInt8, properties: Properties) -> Bool {
        sets.contains { set in
            set.allSatisfy { filter in
                let value: UInt64? =
                    switch filter.kind {
                    case .subgroupID: subgroup
                    case .objectID: object
                    case .publisherPriority: UInt64(priority)
                    case .objectProperty, .trackProperty: filter.value(in: properties)
                    }
                return filter.passes(value)
            }
        }
    }

    func passes(_ object: LoggedObject, of log: SubgroupLog, in track: TrackLog) -> Bool {
        passes(
            subgroup: log.subgroup, object: object.id, priority: log.traits.priority ?? track.defaultPriority,
            properties: object.properties)
    }

    func passes(_ datagram: LoggedDatagram, in track: TrackLog) -> Bool {
        passes(
            subgroup: nil, object: datagram.object.id, priority: datagram.priority ?? track.defaultPriority,
            properties: datagram.object.properties)
    }

    func passes(_ object: FetchObject) -> Bool {
        passes(
            subgroup: object.subgroup, object: object.location.object, priority: object.priority,
            properties: object.properties)
    }
}

extension [RangeFilter] {
    /// Of the filters of a SUBSCRIBE_TRACKS those that the objects of a track with these properties are held to, which
    /// are those of the sets that the track itself passes; nil when there is no such set, and the track is not wanted
    /// (draft-22 "Filtering SUBSCRIBE_TRACKS").
    func left(for properties: Properties) -> [RangeFilter]? {
        var left: [RangeFilter] = []
        var isWanted = isEmpty
        for id in setIDs {
            let set = filter { $0.setID == id }
            let ofTracks = set.filter { $0.kind == .trackProperty }
            guard ofTracks.allSatisfy({ $0.passes($0.value(in: properties)) }) else { continue }
            // The objects of a track that passes a whole set have nothing left to pass.
            if ofTracks.count == set.count { return [] }
            isWanted = true
            left += set.filter { $0.kind != .trackProperty }
        }
        return isWanted ? left : nil
    }

    /// Each once.
    fileprivate var setIDs: Set<UInt8> { Set<UInt8>(map(\.setID)) }
}

extension RangeFilter {
    /// Nil: there is no value that could pass.
    fileprivate func passes(_ value: UInt64?) -> Bool {
        guard let value else { return false }
        return ranges.contains { $0.contains(value) }
    }

    fileprivate func value(in properties: Properties) -> UInt64? { propertyType.flatMap { properties.integer($0) } }
}
