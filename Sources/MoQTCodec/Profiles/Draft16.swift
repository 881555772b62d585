extension Profile {
    /// draft-ietf-moq-transport-16.
    package static let draft16 = Profile(
        name: "draft-16", alpn: "moqt-16", integers: .quic, pairs: .delta(.quic), streams: .draft15,
        datagrams: .draft15, objects: .draft16, limits: draft16Limits,
        behaviours: [
            .keepsMisplacedParameters, .strictUpdates, .oneSubscriptionPerTrack, .joinsAtLargest, .freeNamespaces,
        ],
        codes: .draft16, requestStreams: .subscribeNamespace, parameters: draft16Parameters,
        setupOptions: draft14SetupOptions,
        trackProperties: [
            .init(PropertyType.objectDeliveryTimeout, "DELIVERY TIMEOUT", 1...(.max))
        ] + trackExtensions,
        messages: setupMessages15 + limitMessages + draft16Requests + draft16Answers + endMessages
            + draft16Namespaces,
        fieldNames: [.trackProperties: "Track Extensions"], sections: sections16)

    private static let draft16Limits: Limits = {
        var limits = namedNamespaces
        limits.prefixFields = 0...32
        return limits
    }()

    /// Track Properties whose values are limited since draft-16.
    static let trackExtensions: [PropertyRule] = [
        .init(PropertyType.defaultPublisherPriority, "DEFAULT PUBLISHER PRIORITY", 0...255),
        .init(PropertyType.defaultPublisherGroupOrder, "DEFAULT PUBLISHER GROUP ORDER", 1...2),
        .init(PropertyType.dynamicGroups, "DYNAMIC GROUPS", 0...1),
    ]

    // draft-16 "Message Parameters". REQUEST_OK has in answer to TRACK_STATUS what SUBSCRIBE_OK would have
    // ("TRACK_STATUS"), named there or not.
    private static let draft16Parameters: [ParameterRule] = [
        .init(
            .objectDeliveryTimeout, 0x02, "DELIVERY TIMEOUT Parameter", .integer,
            in: [.subscribe, .publishOK, .anyUpdate], range: 1...(.max), named: "DELIVERY_TIMEOUT"),
        .init(
            .authorizationToken, 0x03, "AUTHORIZATION TOKEN Parameter", .lengthPrefixed,
            in: [
                .publish, .subscribe, .anyUpdate, .subscribeNamespace, .publishNamespace, .trackStatus, .fetch,
            ],
            isRepeatable: true),
        .init(
            .expires, 0x08, "EXPIRES Parameter", .integer, in: [.subscribeOK, .publish, .publishOK, .trackStatusOK]),
        .init(
            .largestObject, 0x09, "LARGEST OBJECT Parameter", .lengthPrefixed,
            in: [.subscribeOK, .publish, .updateOK, .trackStatusOK]),
        .init(
            .forward, 0x10, "FORWARD Parameter", .integer,
            in: [.subscribe, .subscriptionUpdate, .publish, .publishOK, .subscribeNamespace]),
        .init(
            .subscriberPriority, 0x20, "SUBSCRIBER PRIORITY Parameter", .integer,
            in: [.subscribe, .fetch, .subscriptionUpdate, .fetchUpdate, .publishOK]),
        .init(
            .locationFilter, 0x21, "SUBSCRIPTION FILTER Parameter", .locationFilter(.endGroup),
            in: [.subscribe, .publishOK, .subscriptionUpdate], named: "SUBSCRIPTION_FILTER"),
        .init(.groupOrder, 0x22, "GROUP ORDER Parameter", .integer, in: [.subscribe, .publishOK, .fetch]),
        .init(
            .newGroupRequest, 0x32, "NEW GROUP REQUEST Parameter", .integer,
            in: [.publishOK, .subscribe, .subscriptionUpdate]),
    ]

    private static let draft16Requests: [MessageLayout] = [
        .init(.subscribe, 0x03, "SUBSCRIBE", [.requestID, .fullTrackName, .parameters], .init(opens: .subscribe)),
        // For a SUBSCRIBE_NAMESPACE the draft does not say on which stream; both are taken.
        .init(
            .requestUpdate, 0x02, "REQUEST_UPDATE", [.requestID, .existingRequestID, .parameters],
            .init(replies: .publish, follows: updatable16)),
        .init(
            .publish, 0x1D, "PUBLISH", [.requestID, .fullTrackName, .trackAlias, .parameters, .trackProperties],
            .init(opens: .publish)),
        .init(.fetch, 0x16, "FETCH", [.requestID, .fetchTarget, .parameters], .init(opens: .fetch)),
        .init(
            .trackStatus, 0x0D, "TRACK_STATUS", [.requestID, .fullTrackName, .parameters],
            .init(opens: .trackStatus)),
        .init(
            .publishNamespace, 0x06, "PUBLISH_NAMESPACE", [.requestID, .namespace, .parameters],
            .init(opens: .publishNamespace)),
        .init(
            .subscribeNamespace, 0x11, "SUBSCRIBE_NAMESPACE",
            [.requestID, .namespacePrefix, .subscribeOptions, .parameters], .init(opens: .subscribeNamespace)),
    ]

    /// Requests that REQUEST_UPDATE can change. Draft-16 "REQUEST_UPDATE" lists TRACK_STATUS too, which "TRACK_STATUS"
    /// forbids.
    static let updatable16: RequestKinds = [
        .subscribe, .publish, .fetch, .publishNamespace, .subscribeNamespace,
    ]

    private static let draft16Answers: [MessageLayout] = [
        .init(
            .subscribeOK, 0x04, "SUBSCRIBE_OK", [.targetRequestID, .trackAlias, .parameters, .trackProperties],
            .init(answers: .subscribe)),
        .init(.requestOK, 0x1E, "PUBLISH_OK", [.targetRequestID, .parameters], .init(answers: .publish)),
        .init(
            .fetchOK, 0x18, "FETCH_OK", [.targetRequestID, .endOfTrack, .endLocation, .parameters, .trackProperties],
            .init(answers: .fetch)),
        .init(
            .requestOK, 0x07, "REQUEST_OK", [.targetRequestID, .parameters],
            .init(
                answers: [.trackStatus, .publishNamespace, .subscribeNamespace], replies: updatable16,
                follows: .publish)),
        .init(
            .requestError, 0x05, "REQUEST_ERROR", [.targetRequestID, .statusCode, .retryInterval, .reason],
            .init(answers: .all.subtracting(.subscribeTracks), replies: updatable16, follows: .publish)),
    ]

    private static let draft16Namespaces: [MessageLayout] = [
        .init(
            .publishNamespaceDone, 0x09, "PUBLISH_NAMESPACE_DONE", [.targetRequestID],
            .init(follows: .publishNamespace)),
        .init(
            .publishNamespaceCancel, 0x0C, "PUBLISH_NAMESPACE_CANCEL", [.targetRequestID, .statusCode, .reason],
            .init(replies: .publishNamespace)),
        .init(.namespace, 0x08, "NAMESPACE", [.namespaceSuffix], .init(replies: .subscribeNamespace)),
        .init(.namespaceDone, 0x0E, "NAMESPACE_DONE", [.namespaceSuffix], .init(replies: .subscribeNamespace)),
    ]
}
