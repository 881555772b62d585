internal import MoQTCodec
internal import Wire

/// Delivery timeouts that the first object of a subgroup states for it, in place of those of its track (draft-19
/// "Delivery Timeouts and Data Reliability").
struct StatedTimeouts: Hashable {
    /// Milliseconds; 0 is none, and nil is not stated.
    let object: UInt64?
    let subgroup: UInt64?

    /// Nil: none is stated.
    init?(_ properties: Properties) {
        guard !properties.isEmpty else { return nil }
        (object, subgroup) = (properties.objectDeliveryTimeout, properties.subgroupDeliveryTimeout)
        if object == nil, subgroup == nil { return nil }
    }
}

extension Delivery {
    /// The publisher's timeouts for a subgroup.
    func timeouts(_ stated: StatedTimeouts?) -> (object: Interval?, subgroup: Interval?) {
        var result: (object: Interval?, subgroup: Interval?) = (nil, nil)
        if case .live(let object, let subgroup) = self { result = (object, subgroup) }
        if let object = stated?.object { result.object = Interval(timeout: object) }
        if let subgroup = stated?.subgroup { result.subgroup = Interval(timeout: subgroup) }
        return result
    }
}
