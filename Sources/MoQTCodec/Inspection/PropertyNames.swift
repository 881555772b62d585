extension PropertyType {
    /// The name of a property, in capitals as parameters have it; "UNKNOWN" for a type this build does not know, and
    /// "GREASE" for one that is reserved so that nobody relies on knowing all (draft-18 "Grease").
    ///
    /// Types of the Low Overhead Container are those of draft-ietf-moq-loc-04.
    static func name(_ type: UInt64) -> String {
        names[type] ?? (isGrease(type) ? "GREASE" : "UNKNOWN")
    }

    /// draft-18 "Grease".
    static func isGrease(_ number: UInt64) -> Bool { number >= 0x9D && (number - 0x9D) % 0x7F == 0 }

    private static let names: [UInt64: String] = [
        objectDeliveryTimeout: "OBJECT_DELIVERY_TIMEOUT", maxCacheDuration: "MAX_CACHE_DURATION",
        subgroupDeliveryTimeout: "SUBGROUP_DELIVERY_TIMEOUT", immutableProperties: "IMMUTABLE_PROPERTIES",
        defaultPublisherPriority: "DEFAULT_PUBLISHER_PRIORITY",
        defaultPublisherGroupOrder: "DEFAULT_PUBLISHER_GROUP_ORDER", dynamicGroups: "DYNAMIC_GROUPS",
        priorGroupIDGap: "PRIOR_GROUP_ID_GAP", priorObjectIDGap: "PRIOR_OBJECT_ID_GAP",
        0x08: "TIMESCALE", 0x09: "VIDEO_FRAME_MARKING", 0x0C: "AUDIO_LEVEL", 0x0D: "VIDEO_CONFIG",
        0x0F: "AUDIO_CONFIG", 0x10: "TIMESTAMP",
    ]
}
