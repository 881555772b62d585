extension Profile {
    /// draft-ietf-moq-transport-19.
    package static let draft19 = Profile(
        name: "draft-19", alpn: "moqt-19", integers: .vi64, pairs: .delta(.vi64), streams: .draft18,
        datagrams: .draft18, objects: .draft18, limits: Limits(),
        behaviours: [.goAwayOnRequestStreams, .grease, .objectTimeouts], codes: .draft19,
        parameters: draft19Parameters, setupOptions: draft19SetupOptions, trackProperties: trackExtensions,
        messages: draft19Control + draft18Requests + draft18Answers + draft19Notices)

    static let draft19SetupOptions: [SetupOptionRule] = [
        .init(.path, 0x01), .init(.authorizationToken, 0x03), .init(.maxAuthTokenCacheSize, 0x04),
        .init(.authority, 0x05), .init(.maxFilterRanges, 0x06), .init(.implementation, 0x07),
        .init(.maxRequestUpdates, 0x08),
    ]

    // draft-19 "Message Parameters". What SUBSCRIBE takes SUBSCRIBE_TRACKS takes too ("Parameters on
    // SUBSCRIBE_TRACKS"), which is also why PUBLISH may hold GROUP_ORDER. TRACK_STATUS_OK takes what SUBSCRIBE_OK
    // would ("TRACK_STATUS"), so EXPIRES too.
    private static let draft19Parameters: [ParameterRule] =
        draft19Terms + draft19RangeFilters + [
            .init(
                .authorizationToken, 0x03, "AUTHORIZATION TOKEN Parameter", .lengthPrefixed,
                in: [
                    .publish, .subscribe, .anyUpdate, .subscribeNamespace, .subscribeTracks, .publishNamespace,
                    .trackStatus, .fetch,
                ],
                isRepeatable: true),
            .init(
                .expires, 0x08, "EXPIRES Parameter", .integer,
                in: [
                    .subscribeOK, .publish, .publishOK, .subscribeNamespaceOK, .subscribeTracksOK,
                    .publishNamespaceOK, .updateOK, .trackStatusOK,
                ]),
            .init(
                .largestObject, 0x09, "LARGEST OBJECT Parameter", .bare,
                in: [.subscribeOK, .publish, .updateOK, .trackStatusOK]),
            .init(
                .trackNamespacePrefix, 0x34, "TRACK_NAMESPACE_PREFIX Parameter", .bareOrLengthPrefixed,
                in: [.subscribeNamespaceUpdate, .subscribeTracksUpdate]),
        ]

    private static let subscriptions19: ParameterScope = [
        .subscribe, .subscribeTracks, .publishOK, .subscriptionUpdate,
    ]

    private static let draft19Terms: [ParameterRule] = [
        .init(
            .objectDeliveryTimeout, 0x02, "OBJECT_DELIVERY_TIMEOUT Parameter", .integer,
            in: [.subscribe, .subscribeTracks, .publishOK, .anyUpdate]),
        .init(
            .rendezvousTimeout, 0x04, "RENDEZVOUS TIMEOUT Parameter", .integer, in: [.subscribe, .subscribeTracks]),
        .init(
            .subgroupDeliveryTimeout, 0x06, "SUBGROUP_DELIVERY_TIMEOUT Parameter", .integer,
            in: [.subscribe, .subscribeTracks, .publishOK, .anyUpdate]),
        .init(.fillTimeout, 0x0A, "FILL TIMEOUT Parameter", .integer, in: .fetch),
        .init(.forward, 0x10, "FORWARD Parameter", .octet, in: subscriptions19.union(.publish)),
        .init(
            .subscriberPriority, 0x20, "SUBSCRIBER PRIORITY Parameter", .octet,
            in: subscriptions19.union([.fetch, .fetchUpdate])),
        .init(
            .locationFilter, 0x21, "LOCATION FILTER Parameter", .locationFilter(.endGroupDelta), in: subscriptions19),
        .init(
            .groupOrder, 0x22, "GROUP ORDER Parameter", .octet, in: [.subscribe, .subscribeTracks, .fetch, .publish]),
        .init(.newGroupRequest, 0x32, "NEW GROUP REQUEST Parameter", .integer, in: subscriptions19),
    ]

    private static let draft19RangeFilters = rangeFilters(in: subscriptions19.union(.fetch))

    /// The parameters of "Range Filters", which are the same since draft-19 but for the messages they are for.
    /// - Parameter scope: of those that pass objects.
    static func rangeFilters(in scope: ParameterScope) -> [ParameterRule] {
        [
            .init(.subgroupFilter, 0x25, "SUBGROUP FILTER Parameter", .lengthPrefixed, in: scope, isRepeatable: true),
            .init(.objectIDFilter, 0x26, "OBJECTID FILTER Parameter", .lengthPrefixed, in: scope, isRepeatable: true),
            .init(.priorityFilter, 0x27, "PRIORITY FILTER Parameter", .lengthPrefixed, in: scope, isRepeatable: true),
            .init(
                .objectPropertyFilter, 0x28, "OBJECT PROPERTY FILTER Parameter", .lengthPrefixed, in: scope,
                isRepeatable: true),
            .init(
                .trackPropertyFilter, 0x29, "TRACK PROPERTY FILTER Parameter", .lengthPrefixed,
                in: [.subscribeTracks, .subscribeTracksUpdate], isRepeatable: true),
        ]
    }

    static let draft19Control: [MessageLayout] = [
        .init(.setup, 0x2F00, "SETUP", [.setupOptions], .init(control: true)),
        .init(.goAway, 0x10, "GOAWAY", [.newSessionURI, .timeout], .init(control: true)),
    ]

    static let draft19Notices: [MessageLayout] =
        draft18Notices.filter { $0.kind != .publishBlocked } + [
            .init(
                .publishBlocked, 0x0F, "PUBLISH_SKIPPED", [.namespaceSuffix, .trackName],
                .init(replies: .subscribeTracks))
        ]
}
