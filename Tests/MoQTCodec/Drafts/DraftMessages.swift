import MoQTCodec
import Wire

/// Random messages of a draft, made from its tables.
struct DraftMessages {
    let profile: Profile
    var random: Seeded

    init(_ profile: Profile, seed: UInt64) {
        self.profile = profile
        random = Seeded(seed)
    }

    /// What a message of `layout` may belong to.
    mutating func context(_ layout: MessageLayout) -> MessageContext {
        let places = layout.places
        var context = MessageContext(
            sender: places.sender ?? (random.chance() ? .client : .server), place: .control)
        if places.control { return context }
        let answered = kinds(layout.kind.isAnswer ? places.answers : places.requests)
        let updated = layout.kind.isAnswer ? kinds(places.replies.union(places.follows)) : []
        if let kind = answered.randomElement(using: &random) { context.place = .request(kind) }
        if random.chance(), let kind = updated.randomElement(using: &random) { context.place = .update(kind) }
        return context
    }

    private func kinds(_ set: RequestKinds) -> [RequestKind] { RequestKind.allCases.filter { set.contains($0) } }

    mutating func number() -> UInt64 { random.number() & profile.integers.maximum }
    /// A number that has a successor, whatever it is added to of its kind.
    mutating func half() -> UInt64 { number() >> 1 }
    mutating func id() -> RequestID { RequestID(rawValue: number()) }
    mutating func location() -> Location { Location(group: number(), object: number() | 1) }
    mutating func text(_ limit: Int) -> WireText { WireText(bytes: random.bytes(0...limit)) }
    mutating func code<Code>(_ table: CodeTable<Code>) -> Code {
        random.chance() ? table.entries.randomElement(using: &random)!.code : Code(rawValue: half() | 0x1000)
    }

    mutating func namespace(_ count: ClosedRange<UInt64>) throws -> TrackNamespace {
        var result = TrackNamespace()
        let mayBeEmpty = profile.behaviours.contains(.emptyNamespaceFields)
        for _ in 0..<UInt64.random(in: count.lowerBound...min(count.upperBound, 4), using: &random) {
            try result.append(random.bytes((mayBeEmpty ? 0 : 1)...20), mayBeEmpty: mayBeEmpty)
        }
        return result
    }

    mutating func track() throws -> FullTrackName {
        try FullTrackName(namespace: namespace(profile.limits.namespaceFields), name: TrackName(random.bytes(0...30)))
    }

    mutating func pairs(from first: UInt64) -> [KeyValue] {
        (0..<random.next() % 4).map { index in
            let type = first + index * 20 + random.next() % 20
            return type & 1 == 0
                ? KeyValue(type: type, integer: number()) : KeyValue(type: type, bytes: Bytes(random.bytes(0...50)))
        }
    }

    mutating func token() -> AuthorizationToken {
        random.chance()
            ? .useValue(type: number(), value: Bytes(random.bytes(0...40)))
            : .register(alias: number(), type: number(), value: Bytes(random.bytes(0...70)))
    }

    mutating func filter() -> LocationFilter {
        switch random.next() % 4 {
        case 0: return .nextGroup
        case 1: return .nextObject
        case 2: return .absoluteStart(location())
        default:
            let start = Location(group: half(), object: number())
            return .absoluteRange(start: start, end: RangeEnd(group: start.group + half()))
        }
    }

    mutating func rangeEnd() -> RangeEnd { RangeEnd(group: number(), object: random.maybe(half())) }

    // MARK: Parameters

    mutating func parameters(_ layout: MessageLayout, _ scope: ParameterScope) throws -> Parameters {
        var result = Parameters()
        for rule in profile.parameters where !rule.scope.isDisjoint(with: scope) && random.chance() {
            try set(rule.kind, &result)
        }
        for field in layout.fields { try set(field, &result) }
        guard layout.fieldSet.isSuperset(of: MessageFields([.parameters])) else { return result }
        if profile.behaviours.contains(.keepsUnknownParameters) { result.unknown = pairs(from: 0x1000) }
        return result
    }

    /// Fields of their own are never absent, but the order of a request.
    private mutating func set(_ field: MessageField, _ result: inout Parameters) throws {
        switch field {
        case .subscriberPriority: try set(ParameterKind.subscriberPriority, &result)
        case .requestedGroupOrder: if random.chance() { try set(ParameterKind.groupOrder, &result) }
        case .groupOrder: try set(ParameterKind.groupOrder, &result)
        case .forward: try set(ParameterKind.forward, &result)
        case .filter: try set(ParameterKind.locationFilter, &result)
        case .expires: try set(ParameterKind.expires, &result)
        case .largestLocation: if random.chance() { try set(ParameterKind.largestObject, &result) }
        case .updatedRange: result.locationFilter = .absoluteStart(location())
        default: break
        }
    }

    private mutating func set(_ kind: ParameterKind, _ result: inout Parameters) throws {
        switch kind {
        case .authorizationToken: result.authorizationTokens = (0...random.next() % 3).map { _ in token() }
        case .objectDeliveryTimeout: result.objectDeliveryTimeout = max(1, number())
        case .subgroupDeliveryTimeout: result.subgroupDeliveryTimeout = number()
        case .rendezvousTimeout: result.rendezvousTimeout = number()
        case .expires: result.expires = number()
        case .largestObject: result.largestObject = location()
        case .fillTimeout: result.fillTimeout = number()
        case .forward: result.forward = random.chance()
        case .subscriberPriority: result.subscriberPriority = UInt8(random.next() % 256)
        case .locationFilter: result.locationFilter = filter()
        case .groupOrder: result.groupOrder = random.chance() ? .ascending : .descending
        case .newGroupRequest: result.newGroupRequest = number()
        case .trackNamespacePrefix: result.trackNamespacePrefix = try namespace(profile.limits.prefixFields)
        case .maxCacheDuration: result.maxCacheDuration = number()
        case .publisherPriority: result.publisherPriority = UInt8(random.next() % 256)
        case .dynamicGroups: result.dynamicGroups = random.chance()
        case .includeProperties: result.includeProperties = random.chance()
        case .fill, .subgroupFilter, .objectIDFilter, .priorityFilter, .objectPropertyFilter, .trackPropertyFilter:
            break
        }
    }
}
