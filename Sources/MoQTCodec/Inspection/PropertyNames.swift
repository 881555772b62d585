extension PropertyType {
    /// The draft's name of a property, in capitals as parameters have it; "UNKNOWN" for a type this build does not know, and "GREASE" for one that is reserved so that
    /// nobody relies on knowing all (draft-18 "Grease").
    static func name(_ type: UInt64, _ profile: Profile) -> String {
        if let name = draftName(type, profile) { return name }
        return isGrease(type, profile) ? "GREASE" : "UNKNOWN"
    }

    /// draft-18 "Grease".
    static func isGrease(_ number: UInt64, _ profile: Profile) -> Bool {
        profile.behaviours.contains(.grease) && number >= 0x9D && (number - 0x9D) % 0x7F == 0
    }

    private static func draftName(_ type: UInt64, _ profile: Profile) -> String? {
        switch type {
        case immutableProperties: capitals(profile.objects.names.immutableProperties)
        case priorGroupIDGap: "PRIOR_GROUP_ID_GAP"
        case priorObjectIDGap: "PRIOR_OBJECT_ID_GAP"
        default: profile.trackProperties.isEmpty ? nil : trackName(type, profile)
        }
    }

    /// What a whole track says of itself. Timeouts go by the name of the parameter.
    private static func trackName(_ type: UInt64, _ profile: Profile) -> String? {
        func timeout(_ kind: ParameterKind) -> String? {
            profile.parameters.first { $0.kind == kind }.map { "\($0.field)" }
        }
        return switch type {
        case objectDeliveryTimeout: timeout(.objectDeliveryTimeout)
        case subgroupDeliveryTimeout: timeout(.subgroupDeliveryTimeout)
        case maxCacheDuration: "MAX_CACHE_DURATION"
        case defaultPublisherPriority: "DEFAULT_PUBLISHER_PRIORITY"
        case defaultPublisherGroupOrder: "DEFAULT_PUBLISHER_GROUP_ORDER"
        case dynamicGroups: "DYNAMIC_GROUPS"
        default: nil
        }
    }

    static func capitals(_ name: String) -> String {
        name.split(separator: " ").joined(separator: "_").uppercased()
    }
}
