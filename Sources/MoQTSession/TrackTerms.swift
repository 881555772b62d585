internal import MoQTCodec

// What describes a track: properties since draft-16, parameters of the messages about it before (draft-15 "Version
// Specific Parameters").

extension Profile {
    private var hasTrackProperties: Bool { has(.trackProperties, in: .publish, at: .request(.publish)) }

    /// Puts `properties` into `parameters` where the draft has no properties of tracks.
    /// - Throws: for a property that the draft has no word for.
    func giveTrackTerms(
        _ parameters: inout Parameters, _ properties: inout Properties, _ scope: ParameterScope
    ) throws(SessionError) {
        guard !properties.isEmpty else { return }
        dropEmptyTimeout(&properties)
        guard !hasTrackProperties else { return }
        for entry in properties.entries {
            guard let term = TrackTerm(rawValue: entry.type), case .integer(let value) = entry.value else {
                throw .invalid("\(name) has no word for property 0x\(String(entry.type, radix: 16)) of a track")
            }
            if carries(term.parameter, in: scope) {
                term.give(value, to: &parameters)
            } else if !term.isOptional && scope == .publish || !term.isOptional && scope == .subscribeOK {
                throw .invalid("\(name) has no word for property 0x\(String(entry.type, radix: 16)) of a track")
            }
        }
        properties = Properties()
    }

    /// A delivery timeout of 0 says that there is none, which drafts up to 16 say by leaving it out
    /// (draft-16 "DELIVERY TIMEOUT").
    private func dropEmptyTimeout(_ properties: inout Properties) {
        let type = TrackTerm.deliveryTimeout.rawValue
        guard properties.integer(type) == 0 else { return }
        let isSaid = trackProperties.allSatisfy { $0.type != type || $0.range.contains(0) } && hasTrackProperties
        if !isSaid { properties = Properties(properties.entries.filter { $0.type != type }, profile: self) }
    }

    /// Makes properties of those `parameters` that describe a track, where the draft has no properties of tracks.
    func takeTrackTerms(_ parameters: inout Parameters, _ properties: inout Properties) {
        guard !hasTrackProperties else { return }
        let entries = TrackTerm.allCases.compactMap { term in
            term.take(from: &parameters).map { KeyValue(type: term.rawValue, integer: $0) }
        }
        if !entries.isEmpty { properties = Properties(entries, profile: self) }
    }
}

/// A property of tracks that was a parameter up to draft-15. In ascending order of type.
private enum TrackTerm: UInt64, CaseIterable {
    case deliveryTimeout = 0x02
    case maxCacheDuration = 0x04
    case priority = 0x0E
    case groupOrder = 0x22
    case dynamicGroups = 0x30

    var parameter: ParameterKind {
        switch self {
        case .deliveryTimeout: .objectDeliveryTimeout
        case .maxCacheDuration: .maxCacheDuration
        case .priority: .publisherPriority
        case .groupOrder: .groupOrder
        case .dynamicGroups: .dynamicGroups
        }
    }

    /// Where there is no parameter for it nothing is lost: every object has its priority then.
    var isOptional: Bool { self == .priority }

    func give(_ value: UInt64, to parameters: inout Parameters) {
        switch self {
        case .deliveryTimeout: parameters.objectDeliveryTimeout = value
        case .maxCacheDuration: parameters.maxCacheDuration = value
        case .priority: parameters.publisherPriority = UInt8(clamping: value)
        case .groupOrder: parameters.groupOrder = GroupOrder(rawValue: UInt8(clamping: value))
        case .dynamicGroups: parameters.dynamicGroups = value == 1
        }
    }

    func take(from parameters: inout Parameters) -> UInt64? {
        switch self {
        case .deliveryTimeout: parameters.objectDeliveryTimeout.take()
        case .maxCacheDuration: parameters.maxCacheDuration.take()
        case .priority: parameters.publisherPriority.take().map { UInt64($0) }
        case .groupOrder: parameters.groupOrder.take().map { UInt64($0.rawValue) }
        case .dynamicGroups: parameters.dynamicGroups.take().map { $0 ? 1 : 0 }
        }
    }
}
