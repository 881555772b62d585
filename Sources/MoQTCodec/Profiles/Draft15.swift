internal import Wire

extension Profile {
    /// draft-ietf-moq-transport-15.
    package static let draft15 = Profile(
        name: "draft-15", alpn: "moqt-15", integers: .quic, pairs: .absolute(.quic), streams: .draft15,
        datagrams: .draft15, objects: .draft15, limits: namedNamespaces,
        behaviours: [
            .keepsUnknownParameters, .keepsMisplacedParameters, .emptyNamespaceFields, .oneSubscriptionPerTrack,
            .closesForDuplicates,
            .joinsAtLargest, .sequentialRequestIDs, .startOnlyGrows, .namespacesByRequest, .freeNamespaces,
        ],
        codes: .draft15, requestStreams: [], parameters: draft15Parameters, setupOptions: draft14SetupOptions,
        trackProperties: [],
        messages: setupMessages15 + limitMessages + draft15Requests + draft15Answers + endMessages
            + namespaceMessages + draft15Namespaces,
        fieldNames: [.existingRequestID: "Subscription Request ID"], sections: sections15)

    // draft-15 "Version Specific Parameters". REQUEST_OK has in answer to TRACK_STATUS what SUBSCRIBE_OK would have
    // ("TRACK_STATUS"), named there or not.
    private static let draft15Parameters: [ParameterRule] = [
        .init(
            .objectDeliveryTimeout, 0x02, "DELIVERY TIMEOUT Parameter", .integer,
            in: [
                .trackStatus, .trackStatusOK, .publish, .publishOK, .subscribe, .subscribeOK, .subscriptionUpdate,
            ],
            named: "DELIVERY_TIMEOUT"),
        .init(
            .authorizationToken, 0x03, "AUTHORIZATION TOKEN Parameter", .lengthPrefixed,
            in: [
                .publish, .subscribe, .subscriptionUpdate, .subscribeNamespace, .publishNamespace, .trackStatus,
                .fetch,
            ],
            isRepeatable: true),
        .init(
            .maxCacheDuration, 0x04, "MAX CACHE DURATION Parameter", .integer,
            in: [.publish, .subscribeOK, .fetchOK, .trackStatusOK]),
        .init(
            .expires, 0x08, "EXPIRES Parameter", .integer, in: [.subscribeOK, .publish, .publishOK, .trackStatusOK]),
        .init(
            .largestObject, 0x09, "LARGEST OBJECT Parameter", .lengthPrefixed,
            in: [.subscribeOK, .publish, .updateOK, .trackStatusOK]),
        .init(
            .publisherPriority, 0x0E, "PUBLISHER PRIORITY Parameter", .integer,
            in: [.subscribeOK, .publish, .trackStatusOK]),
        .init(
            .forward, 0x10, "FORWARD Parameter", .integer,
            in: [
                .subscribe, .subscriptionUpdate, .publish, .publishOK, .trackStatus, .trackStatusOK,
                .subscribeNamespace,
            ]),
        .init(
            .subscriberPriority, 0x20, "SUBSCRIBER PRIORITY Parameter", .integer,
            in: [.subscribe, .subscriptionUpdate, .trackStatus, .publishOK, .fetch]),
        .init(
            .locationFilter, 0x21, "SUBSCRIPTION FILTER Parameter", .locationFilter(.endGroup),
            in: [.subscribe, .trackStatus, .publishOK, .subscriptionUpdate], named: "SUBSCRIPTION_FILTER"),
        .init(
            .groupOrder, 0x22, "GROUP ORDER Parameter", .integer,
            in: [.subscribe, .subscribeOK, .trackStatus, .trackStatusOK, .publish, .publishOK, .fetch]),
        .init(
            .dynamicGroups, 0x30, "DYNAMIC GROUPS Parameter", .integer, in: [.publish, .subscribeOK, .trackStatusOK]),
        .init(
            .newGroupRequest, 0x32, "NEW GROUP REQUEST Parameter", .integer,
            in: [.publishOK, .subscribe, .subscriptionUpdate]),
    ]

    /// The setup of drafts 15 and 16, which names no version.
    static let setupMessages15: [MessageLayout] = [
        .init(.setup, 0x20, "CLIENT_SETUP", [.countedSetupOptions], .init(control: true, sender: .client)),
        .init(.setup, 0x21, "SERVER_SETUP", [.countedSetupOptions], .init(control: true, sender: .server)),
    ]

    private static let draft15Requests: [MessageLayout] = [
        .init(.subscribe, 0x03, "SUBSCRIBE", [.requestID, .fullTrackName, .parameters], .init(opens: .subscribe)),
        .init(
            .requestUpdate, 0x02, "SUBSCRIBE_UPDATE", [.requestID, .existingRequestID, .parameters],
            .init(replies: .publish, follows: .subscribe)),
        .init(
            .publish, 0x1D, "PUBLISH", [.requestID, .fullTrackName, .trackAlias, .parameters],
            .init(opens: .publish)),
        .init(.fetch, 0x16, "FETCH", [.requestID, .fetchTarget, .parameters], .init(opens: .fetch)),
        .init(
            .trackStatus, 0x0D, "TRACK_STATUS", [.requestID, .fullTrackName, .parameters],
            .init(opens: .trackStatus)),
    ]

    private static let draft15Answers: [MessageLayout] = [
        .init(
            .subscribeOK, 0x04, "SUBSCRIBE_OK", [.targetRequestID, .trackAlias, .parameters],
            .init(answers: .subscribe)),
        .init(.requestOK, 0x1E, "PUBLISH_OK", [.targetRequestID, .parameters], .init(answers: .publish)),
        .init(
            .fetchOK, 0x18, "FETCH_OK", [.targetRequestID, .endOfTrack, .endLocation, .parameters],
            .init(answers: .fetch)),
        .init(
            .requestOK, 0x07, "REQUEST_OK", [.targetRequestID, .parameters],
            .init(
                answers: [.trackStatus, .publishNamespace, .subscribeNamespace], replies: .subscribe,
                follows: .publish)),
        .init(
            .requestError, 0x05, "REQUEST_ERROR", [.targetRequestID, .statusCode, .reason],
            .init(answers: .all.subtracting(.subscribeTracks), replies: .subscribe, follows: .publish)),
    ]

    private static let draft15Namespaces: [MessageLayout] = [
        .init(
            .unsubscribeNamespace, 0x14, "UNSUBSCRIBE_NAMESPACE", [.targetRequestID],
            .init(follows: .subscribeNamespace))
    ]
}
