internal import Wire

extension Profile {
    /// draft-ietf-moq-transport-14.
    ///
    /// What later drafts have parameters for are fields here, the last draft to choose its version in the setup.
    package static let draft14 = Profile(
        name: "draft-14", alpn: "moq-00", integers: .quic, pairs: .absolute(.quic), streams: .draft14,
        datagrams: .draft14, objects: .draft14, limits: namedNamespaces,
        behaviours: [
            .keepsUnknownParameters, .keepsMisplacedParameters, .emptyNamespaceFields, .aliasesInClientSetup,
            .repeatedTokens,
            .oneSubscriptionPerTrack, .closesForDuplicates, .joinsAtLargest, .sequentialRequestIDs, .startOnlyGrows,
            .silentUpdates,
            .namespacesByRequest, .freeNamespaces,
        ],
        codes: .draft14, requestStreams: [], parameters: draft14Parameters, fixedFields: draft14FixedFields,
        setupOptions: draft14SetupOptions, trackProperties: [],
        messages: draft14Control + draft14Subscriptions + draft14Publications + draft14Fetches + draft14Namespaces,
        fieldNames: [
            .maximumRequestID: "Request ID", .existingRequestID: "Subscription Request ID",
        ],
        sections: sections14)

    /// Limits of drafts 14 and 15, where a namespace and a prefix have a field at least.
    static let namedNamespaces: Limits = {
        var limits = Limits()
        limits.namespaceFields = 1...32
        limits.prefixFields = 1...32
        return limits
    }()

    /// draft-14 "Setup Parameters", up to draft-16. MOQT_IMPLEMENTATION has AUTHORITY's number in draft-14, a slip;
    /// what is sent is what draft-15 made of it.
    static let draft14SetupOptions: [SetupOptionRule] = [
        .init(.path, 0x01), .init(.maxRequestID, 0x02), .init(.authorizationToken, 0x03),
        .init(.maxAuthTokenCacheSize, 0x04), .init(.authority, 0x05), .init(.implementation, 0x07),
    ]

    // draft-14 "Version Specific Parameters".
    private static let draft14Parameters: [ParameterRule] = [
        .init(
            .objectDeliveryTimeout, 0x02, "DELIVERY TIMEOUT Parameter", .integer,
            in: [
                .trackStatus, .trackStatusOK, .publish, .publishOK, .subscribe, .subscribeOK, .subscriptionUpdate,
            ],
            named: "DELIVERY_TIMEOUT"),
        .init(
            .authorizationToken, 0x03, "AUTHORIZATION TOKEN", .lengthPrefixed,
            in: [
                .publish, .subscribe, .subscriptionUpdate, .subscribeNamespace, .publishNamespace, .trackStatus,
                .fetch,
            ],
            isRepeatable: true),
        .init(
            .maxCacheDuration, 0x04, "MAX CACHE DURATION Parameter", .integer,
            in: [.publish, .subscribeOK, .fetchOK, .trackStatusOK]),
    ]

    private static let draft14FixedFields: [ParameterKind: ParameterScope] = [
        .subscriberPriority: [.subscribe, .trackStatus, .subscriptionUpdate, .publishOK, .fetch],
        .groupOrder: [
            .subscribe, .trackStatus, .subscribeOK, .trackStatusOK, .publish, .publishOK, .fetch, .fetchOK,
        ],
        .forward: [.subscribe, .trackStatus, .subscriptionUpdate, .publish, .publishOK],
        .locationFilter: [.subscribe, .trackStatus, .subscriptionUpdate, .publishOK],
        .expires: [.subscribeOK, .trackStatusOK],
        .largestObject: [.subscribeOK, .trackStatusOK, .publish],
    ]

    private static let draft14Control: [MessageLayout] =
        [
            .init(
                .setup, 0x20, "CLIENT_SETUP", [.versions, .countedSetupOptions], .init(control: true, sender: .client)),
            .init(
                .setup, 0x21, "SERVER_SETUP", [.versions, .countedSetupOptions], .init(control: true, sender: .server)),
        ] + limitMessages

    /// Messages about the session that drafts 14 to 16 share.
    static let limitMessages: [MessageLayout] = [
        .init(.goAway, 0x10, "GOAWAY", [.newSessionURI], .init(control: true)),
        .init(.maxRequestID, 0x15, "MAX_REQUEST_ID", [.maximumRequestID], .init(control: true)),
        .init(.requestsBlocked, 0x1A, "REQUESTS_BLOCKED", [.maximumRequestID], .init(control: true)),
    ]

    /// Ends of requests that drafts 14 to 16 share.
    static let endMessages: [MessageLayout] = [
        .init(.unsubscribe, 0x0A, "UNSUBSCRIBE", [.targetRequestID], .init(replies: .publish, follows: .subscribe)),
        .init(.fetchCancel, 0x17, "FETCH_CANCEL", [.targetRequestID], .init(follows: .fetch)),
        .init(
            .publishDone, 0x0B, "PUBLISH_DONE", [.targetRequestID, .statusCode, .streamCount, .reason],
            .init(replies: .subscribe, follows: .publish)),
    ]

    private static let error: [MessageField] = [.targetRequestID, .statusCode, .reason]

    // TRACK_STATUS and its answers look as SUBSCRIBE and its answers do.
    private static let request: [MessageField] = [
        .requestID, .fullTrackName, .subscriberPriority, .requestedGroupOrder, .forward, .filter, .parameters,
    ]
    private static let answer: [MessageField] = [
        .targetRequestID, .trackAlias, .expires, .groupOrder, .largestLocation, .parameters,
    ]

    private static let draft14Subscriptions: [MessageLayout] = [
        .init(.subscribe, 0x03, "SUBSCRIBE", request, .init(opens: .subscribe)),
        .init(.subscribeOK, 0x04, "SUBSCRIBE_OK", answer, .init(answers: .subscribe)),
        .init(.requestError, 0x05, "SUBSCRIBE_ERROR", error, .init(answers: .subscribe)),
        .init(
            .requestUpdate, 0x02, "SUBSCRIBE_UPDATE",
            [.requestID, .existingRequestID, .updatedRange, .subscriberPriority, .forward, .parameters],
            .init(replies: .publish, follows: .subscribe)),
        .init(.trackStatus, 0x0D, "TRACK_STATUS", request, .init(opens: .trackStatus)),
        .init(.requestOK, 0x0E, "TRACK_STATUS_OK", answer, .init(answers: .trackStatus)),
        .init(.requestError, 0x0F, "TRACK_STATUS_ERROR", error, .init(answers: .trackStatus)),
    ]

    private static let draft14Publications: [MessageLayout] = [
        .init(
            .publish, 0x1D, "PUBLISH",
            [.requestID, .fullTrackName, .trackAlias, .groupOrder, .largestLocation, .forward, .parameters],
            .init(opens: .publish)),
        .init(
            .requestOK, 0x1E, "PUBLISH_OK",
            [.targetRequestID, .forward, .subscriberPriority, .groupOrder, .filter, .parameters],
            .init(answers: .publish)),
        .init(.requestError, 0x1F, "PUBLISH_ERROR", error, .init(answers: .publish)),
    ]

    private static let draft14Fetches: [MessageLayout] =
        [
            .init(
                .fetch, 0x16, "FETCH",
                [.requestID, .subscriberPriority, .requestedGroupOrder, .fetchTarget, .parameters],
                .init(opens: .fetch)),
            .init(
                .fetchOK, 0x18, "FETCH_OK", [.targetRequestID, .groupOrder, .endOfTrack, .endLocation, .parameters],
                .init(answers: .fetch)),
            .init(.requestError, 0x19, "FETCH_ERROR", error, .init(answers: .fetch)),
        ] + endMessages

    /// Messages about namespaces that drafts 14 and 15 share.
    static let namespaceMessages: [MessageLayout] = [
        .init(
            .publishNamespace, 0x06, "PUBLISH_NAMESPACE", [.requestID, .namespace, .parameters],
            .init(opens: .publishNamespace)),
        .init(
            .publishNamespaceDone, 0x09, "PUBLISH_NAMESPACE_DONE", [.namespace], .init(follows: .publishNamespace)),
        .init(
            .publishNamespaceCancel, 0x0C, "PUBLISH_NAMESPACE_CANCEL", [.namespace, .statusCode, .reason],
            .init(replies: .publishNamespace)),
        .init(
            .subscribeNamespace, 0x11, "SUBSCRIBE_NAMESPACE", [.requestID, .namespacePrefix, .parameters],
            .init(opens: .subscribeNamespace)),
    ]

    private static let draft14Namespaces: [MessageLayout] =
        namespaceMessages + [
            .init(
                .requestOK, 0x07, "PUBLISH_NAMESPACE_OK", [.targetRequestID], .init(answers: .publishNamespace)),
            .init(.requestError, 0x08, "PUBLISH_NAMESPACE_ERROR", error, .init(answers: .publishNamespace)),
            .init(
                .requestOK, 0x12, "SUBSCRIBE_NAMESPACE_OK", [.targetRequestID], .init(answers: .subscribeNamespace)),
            .init(.requestError, 0x13, "SUBSCRIBE_NAMESPACE_ERROR", error, .init(answers: .subscribeNamespace)),
            .init(
                .unsubscribeNamespace, 0x14, "UNSUBSCRIBE_NAMESPACE", [.namespacePrefix],
                .init(follows: .subscribeNamespace)),
        ]
}
