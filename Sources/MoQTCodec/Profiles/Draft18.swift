extension Profile {
    /// draft-ietf-moq-transport-18.
    package static let draft18 = Profile(
        name: "draft-18", alpn: "moqt-18", integers: .vi64, pairs: .delta(.vi64), streams: .draft18,
        datagrams: .draft18, objects: .draft18, limits: Limits(),
        behaviours: [
            .goAwayOnRequestStreams, .oneSubscriptionPerTrack, .blockedForGood, .grease,
        ],
        codes: .draft18, parameters: draft18Parameters,
        setupOptions: [
            .init(.path, 0x01), .init(.authorizationToken, 0x03), .init(.maxAuthTokenCacheSize, 0x04),
            .init(.authority, 0x05), .init(.implementation, 0x07),
        ],
        trackProperties: trackExtensions,
        messages: draft18Control + draft18Requests + draft18Answers + draft18Notices,
        sections: sections17)

    // draft-18 "Parameter Scope" and the section of each parameter. TRACK_STATUS_OK takes what SUBSCRIBE_OK would
    // ("TRACK_STATUS"), so EXPIRES too. RENDEZVOUS_TIMEOUT and FILL_TIMEOUT have no stated encoding; all other
    // timeouts are integers.
    private static let draft18Parameters: [ParameterRule] = [
        .init(
            .objectDeliveryTimeout, 0x02, "OBJECT_DELIVERY_TIMEOUT Parameter", .integer,
            in: [.subscribe, .publishOK, .anyUpdate]),
        .init(
            .authorizationToken, 0x03, "AUTHORIZATION TOKEN Parameter", .lengthPrefixed,
            in: [
                .publish, .subscribe, .anyUpdate, .subscribeNamespace, .subscribeTracks, .publishNamespace,
                .trackStatus, .fetch,
            ],
            isRepeatable: true),
        .init(.rendezvousTimeout, 0x04, "RENDEZVOUS TIMEOUT Parameter", .integer, in: .subscribe),
        .init(
            .subgroupDeliveryTimeout, 0x06, "SUBGROUP_DELIVERY_TIMEOUT Parameter", .integer,
            in: [.subscribe, .publishOK, .anyUpdate]),
        .init(
            .expires, 0x08, "EXPIRES Parameter", .integer,
            in: [.subscribeOK, .publish, .publishOK, .updateOK, .trackStatusOK]),
        .init(
            .largestObject, 0x09, "LARGEST OBJECT Parameter", .bare,
            in: [.subscribeOK, .publish, .updateOK, .trackStatusOK]),
        .init(.fillTimeout, 0x0A, "FILL TIMEOUT Parameter", .integer, in: .fetch),
        .init(
            .forward, 0x10, "FORWARD Parameter", .octet,
            in: [.subscribe, .subscriptionUpdate, .publish, .publishOK, .subscribeTracks]),
        .init(
            .subscriberPriority, 0x20, "SUBSCRIBER PRIORITY Parameter", .octet,
            in: [.subscribe, .fetch, .subscriptionUpdate, .fetchUpdate, .publishOK]),
        .init(
            .locationFilter, 0x21, "SUBSCRIPTION FILTER Parameter", .locationFilter(.endGroupDelta),
            in: [.subscribe, .publishOK, .subscriptionUpdate], named: "SUBSCRIPTION_FILTER"),
        .init(.groupOrder, 0x22, "GROUP ORDER Parameter", .octet, in: [.subscribe, .publishOK, .fetch]),
        .init(
            .newGroupRequest, 0x32, "NEW GROUP REQUEST Parameter", .integer,
            in: [.publishOK, .subscribe, .subscriptionUpdate]),
        .init(
            .trackNamespacePrefix, 0x34, "TRACK_NAMESPACE_PREFIX Parameter", .bareOrLengthPrefixed,
            in: [.subscribeNamespaceUpdate, .subscribeTracksUpdate]),
    ]

    private static let draft18Control: [MessageLayout] = [
        .init(.setup, 0x2F00, "SETUP", [.setupOptions], .init(control: true)),
        .init(.goAway, 0x10, "GOAWAY", [.newSessionURI, .timeout, .requestID], .init(control: true)),
    ]

    static let draft18Requests: [MessageLayout] = [
        .init(.subscribe, 0x03, "SUBSCRIBE", [.requestID, .fullTrackName, .parameters], .init(opens: .subscribe)),
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
            .subscribeNamespace, 0x50, "SUBSCRIBE_NAMESPACE", [.requestID, .namespacePrefix, .parameters],
            .init(opens: .subscribeNamespace)),
        .init(
            .subscribeTracks, 0x51, "SUBSCRIBE_TRACKS", [.requestID, .namespacePrefix, .parameters],
            .init(opens: .subscribeTracks)),
    ]

    private static let updatable: RequestKinds = .all.subtracting(.trackStatus)

    // The message table also lists PUBLISH_OK 0x1E, but every section says that REQUEST_OK answers PUBLISH.
    static let draft18Answers: [MessageLayout] = [
        .init(
            .subscribeOK, 0x04, "SUBSCRIBE_OK", [.trackAlias, .parameters, .trackProperties],
            .init(answers: .subscribe)),
        .init(
            .fetchOK, 0x18, "FETCH_OK", [.endOfTrack, .endLocation, .parameters, .trackProperties],
            .init(answers: .fetch)),
        .init(
            .requestOK, 0x07, "REQUEST_OK", [.parameters, .trackProperties],
            .init(answers: .all.subtracting([.subscribe, .fetch]), replies: updatable, follows: .publish)),
        .init(
            .requestError, 0x05, "REQUEST_ERROR", [.statusCode, .retryInterval, .reason, .redirect],
            .init(answers: .all, replies: updatable, follows: .publish)),
    ]

    static let draft18Notices: [MessageLayout] = [
        .init(
            .goAway, 0x10, "GOAWAY", [.newSessionURI, .timeout],
            .init(precedes: .all.subtracting([.subscribeNamespace, .subscribeTracks]), replies: .all, follows: .all)),
        .init(
            .requestUpdate, 0x02, "REQUEST_UPDATE", [.requestID, .parameters],
            .init(replies: .publish, follows: updatable)),
        .init(
            .publishDone, 0x0B, "PUBLISH_DONE", [.statusCode, .streamCount, .reason],
            .init(replies: .subscribe, follows: .publish)),
        .init(.namespace, 0x08, "NAMESPACE", [.namespaceSuffix], .init(replies: .subscribeNamespace)),
        .init(.namespaceDone, 0x0E, "NAMESPACE_DONE", [.namespaceSuffix], .init(replies: .subscribeNamespace)),
        .init(
            .publishBlocked, 0x0F, "PUBLISH_BLOCKED", [.namespaceSuffix, .trackName],
            .init(replies: .subscribeTracks)),
    ]
}
