// Draft-14 has fields for what later drafts have parameters for. Where a parameter may be absent and the field may not,
// the value that its absence means is written; an update, where absence means no change, cannot do so.

extension FieldVisitor {
    /// A field that holds a member of `value`.
    mutating func fixedField(
        _ field: MessageField, _ value: inout Parameters, _ message: Any.Type, isUpdate: Bool = false
    ) throws(CodecError) {
        switch field {
        case .subscriberPriority:
            var octet = try member(value.subscriberPriority, 128, "Subscriber Priority", isUpdate)
            try self.octet("Subscriber Priority", &octet)
            value.subscriberPriority = octet
        case .requestedGroupOrder: try groupOrder(&value.groupOrder, mayBeAbsent: true)
        case .groupOrder: try groupOrder(&value.groupOrder, mayBeAbsent: false)
        case .forward:
            var forward = try member(value.forward, true, "Forward", isUpdate)
            try flag("Forward", &forward, section: nil)
            value.forward = forward
        case .filter:
            var filter = value.locationFilter ?? .unfiltered
            try locationFilterFields(&filter, .endGroup, &value.filterRefusal)
            value.locationFilter = filter
        case .expires:
            var expires = value.expires ?? 0
            try integer("Expires", &expires)
            value.expires = expires
        case .largestLocation: try largestLocation(&value.largestObject)
        case .updatedRange: try updatedRange(&value)
        default: misplaced(field, message)
        }
    }

    private func member<Value>(
        _ value: Value?, _ absent: Value, _ field: StaticString, _ isUpdate: Bool
    ) throws(CodecError) -> Value {
        guard let value = value ?? (Self.reads || !isUpdate ? absent : nil) else {
            throw fault("the draft cannot leave it unchanged", field)
        }
        return value
    }

    /// draft-14 "SUBSCRIBE", "SUBSCRIBE_OK". - Parameter mayBeAbsent: 0 leaves the order to the publisher.
    private mutating func groupOrder(_ value: inout GroupOrder?, mayBeAbsent: Bool) throws(CodecError) {
        var octet = value?.rawValue ?? (mayBeAbsent ? 0 : GroupOrder.ascending.rawValue)
        try self.octet("Group Order", &octet)
        value = GroupOrder(rawValue: octet)
        guard value != nil || octet == 0 && mayBeAbsent else {
            throw fault("\(octet) is no order", "Group Order")
        }
    }

    /// draft-14 "SUBSCRIBE_OK".
    private mutating func largestLocation(_ value: inout Location?) throws(CodecError) {
        var exists = value != nil
        try flag("Content Exists", &exists, section: nil)
        guard exists else { return }
        var location = value ?? .zero
        try self.location("Largest Group", "Largest Object", &location)
        value = location
    }

    /// Start, and end plus 1 or 0 for none (draft-14 "SUBSCRIBE_UPDATE").
    private mutating func updatedRange(_ value: inout Parameters) throws(CodecError) {
        var start = Location.zero
        var beyond: UInt64 = 0
        if !Self.reads {
            switch value.locationFilter {
            case .unfiltered: break
            case .absoluteStart(let from): start = from
            case .absoluteRange(let from, let end):
                guard end.object == nil, (from.group..<(.max)).contains(end.group) else {
                    throw fault("a range ends with a whole group, no earlier than it starts", "End Group")
                }
                (start, beyond) = (from, end.group + 1)
            case nil, .relativeStart, .nextObject:
                throw fault("an update needs an absolute range", "Start Location")
            }
        }
        try location("Start Group", "Start Object", &start)
        try integer("End Group", &beyond)
        let range: LocationFilter =
            beyond == 0 ? .absoluteStart(start) : .absoluteRange(start: start, end: RangeEnd(group: beyond - 1))
        value.locationFilter = range
        if range.isInverted { try refuseRange("End Group", section: "SUBSCRIBE_UPDATE", &value.filterRefusal) }
    }
}
