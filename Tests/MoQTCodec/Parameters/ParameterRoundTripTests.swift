import MoQTCodec
import Testing
import Wire

extension Seeded {
    mutating func rangeFilter(_ kind: RangeFilter.Kind, setID: UInt8) -> RangeFilter {
        var ranges: [ClosedRange<UInt64>] = []
        var bound: UInt64 = 0
        for _ in 0...next() % 3 {
            let start = bound + next() % 40
            let end = start + next() % 40
            ranges.append(start...end)
            bound = end
        }
        if chance() { ranges.append(bound...(.max)) }
        return RangeFilter(
            kind, setID: setID, propertyType: kind.namesProperty ? number() & ~1 : nil, ranges)
    }

    mutating func rangeFilters(_ kind: RangeFilter.Kind) -> [RangeFilter] {
        (0...UInt8(next() % 2)).map { rangeFilter(kind, setID: $0) }
    }

    /// Any filter that the draft can say; `counted` where {0, 0} alone is not a start.
    mutating func locationFilter(upTo19: Bool) -> LocationFilter {
        let start = Location(group: number() >> 1, object: number() | 1)
        let end = start.group + number() >> 1
        switch next() % (upTo19 ? 4 : 7) {
        case 0: return .nextGroup
        case 1: return .nextObject
        case 2: return .absoluteStart(start)
        case 3: return .absoluteRange(start: start, end: RangeEnd(group: end))
        case 4: return .unfiltered
        case 5: return .relativeStart(groups: number())
        default:
            let object = end == start.group ? max(start.object, number()) : number()
            return .absoluteRange(start: start, end: RangeEnd(group: end, object: object))
        }
    }

    /// Values for some of the parameters that may be sent in `scope`.
    mutating func parameters(_ profile: Profile, in scope: ParameterScope) throws -> Parameters {
        var result = Parameters()
        let upTo19 = profile === Profile.draft19
        for rule in profile.parameters where !rule.scope.isDisjoint(with: scope) && chance() {
            switch rule.kind {
            case .locationFilter: result.locationFilter = locationFilter(upTo19: upTo19)
            case .subgroupFilter: result.rangeFilters += rangeFilters(.subgroupID)
            case .objectIDFilter: result.rangeFilters += rangeFilters(.objectID)
            case .priorityFilter: result.rangeFilters += [RangeFilter(.publisherPriority, [3...9, 200...255])]
            case .objectPropertyFilter: result.rangeFilters += rangeFilters(.objectProperty)
            case .trackPropertyFilter: result.rangeFilters += rangeFilters(.trackProperty)
            case .includeProperties: result.includeProperties = chance()
            case .fill: result.fill = try fill(profile)
            default: result.merge(try parameters([rule.kind]), rule.kind)
            }
        }
        return result
    }

    private mutating func fill(_ profile: Profile) throws -> FillParameters {
        let inner = try parameters(profile, in: .fillParameters)
        var fill = FillParameters()
        fill.fillTimeout = inner.fillTimeout
        fill.subscriberPriority = inner.subscriberPriority
        fill.locationFilter = inner.locationFilter
        fill.groupOrder = inner.groupOrder
        fill.rangeFilters = Array(inner.rangeFilters.prefix(5))
        return fill
    }
}

extension Parameters {
    /// Takes over one parameter of another message's.
    fileprivate mutating func merge(_ other: Parameters, _ kind: ParameterKind) {
        switch kind {
        case .authorizationToken: authorizationTokens = other.authorizationTokens
        case .objectDeliveryTimeout: objectDeliveryTimeout = other.objectDeliveryTimeout
        case .subgroupDeliveryTimeout: subgroupDeliveryTimeout = other.subgroupDeliveryTimeout
        case .rendezvousTimeout: rendezvousTimeout = other.rendezvousTimeout
        case .expires: expires = other.expires
        case .largestObject: largestObject = other.largestObject
        case .fillTimeout: fillTimeout = other.fillTimeout
        case .forward: forward = other.forward
        case .subscriberPriority: subscriberPriority = other.subscriberPriority
        case .groupOrder: groupOrder = other.groupOrder
        case .newGroupRequest: newGroupRequest = other.newGroupRequest
        case .trackNamespacePrefix: trackNamespacePrefix = other.trackNamespacePrefix
        default: Issue.record("not expected here: \(kind)")
        }
    }
}

@Suite("parameters come back")
struct ParameterRoundTripTests {
    private func carriers(_ profile: Profile) -> [Carrier] {
        let all = Carrier.requests(profile) + Carrier.updates(profile) + Carrier.answers
        return profile === Profile.draft19 ? all : all + [.stateNotify]
    }

    @Test("random ones in every message come back as they were", arguments: recentDrafts, 0..<40 as Range<UInt64>)
    func roundTrip(_ profile: Profile, _ seed: UInt64) throws {
        for (index, carrier) in carriers(profile).enumerated() {
            var random = Seeded(seed << 8 | UInt64(index))
            let parameters = try random.parameters(profile, in: carrier.scope)
            let bytes = try carrier.encode(parameters, profile)
            #expect(
                try carrier.decode(bytes, profile) == carrier.message(parameters),
                "seed \(seed), \(carrier.testDescription)")
        }
    }

    @Test("cut short they wait, and with a bit wrong they decode or err", arguments: recentDrafts)
    func damage(_ profile: Profile) throws {
        for (index, carrier) in carriers(profile).enumerated() {
            var random = Seeded(UInt64(index))
            let bytes = try carrier.encode(try random.parameters(profile, in: carrier.scope), profile)
            let decoder = try carrier.decoder(profile)
            for count in 0..<bytes.count {
                var (decoder, input) = (decoder, Bytes(Array(bytes[..<count])))
                #expect(try decoder.next(&input) == nil, "seed \(index), \(count) bytes")
            }
            for bit in 0..<bytes.count * 8 {
                var changed = bytes
                changed[bit / 8] ^= 1 << UInt8(bit % 8)
                var (decoder, input) = (decoder, Bytes(changed))
                _ = try? decoder.next(&input)
            }
        }
    }
}
