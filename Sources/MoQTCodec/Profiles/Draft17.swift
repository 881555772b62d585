extension Profile {
    /// draft-ietf-moq-transport-17.
    package static let draft17 = Profile(
        name: "draft-17", alpn: "moqt-17", integers: .vi64Without7, pairs: .delta(.vi64Without7),
        streams: .draft17, datagrams: .draft15, objects: .draft17, limits: Limits(),
        behaviours: [.oneSubscriptionPerTrack, .blockedForGood, .strictJoining, .freeNamespaces, .grease],
        codes: .draft17, parameters: draft17Parameters,
        setupOptions: [
            .init(.path, 0x01), .init(.authorizationToken, 0x03), .init(.maxAuthTokenCacheSize, 0x04),
            .init(.authority, 0x05), .init(.implementation, 0x07),
        ],
        trackProperties: trackExtensions,
        messages: draft17Control + draft17Requests + draft17Answers + draft17Notices,
        sections: sections17)

    // draft-17 "Message Parameters". RENDEZVOUS_TIMEOUT has no stated encoding; all other timeouts are integers.
    private static let draft17Parameters: [ParameterRule] = [
        .init(
            .objectDeliveryTimeout, 0x02, "DELIVERY TIMEOUT Parameter", .integer,
            in: [.subscribe, .publishOK, .anyUpdate], named: "DELIVERY_TIMEOUT"),
        .init(
            .authorizationToken, 0x03, "AUTHORIZATION TOKEN Parameter", .lengthPrefixed,
            in: [
                .publish, .subscribe, .anyUpdate, .subscribeNamespace, .publishNamespace, .trackStatus, .fetch,
            ],
            isRepeatable: true),
        .init(.rendezvousTimeout, 0x04, "RENDEZVOUS TIMEOUT Parameter", .integer, in: .subscribe),
        .init(
            .expires, 0x08, "EXPIRES Parameter", .integer, in: [.subscribeOK, .publish, .anyOK]),
        .init(
            .largestObject, 0x09, "LARGEST OBJECT Parameter", .bare,
            in: [.subscribeOK, .publish, .updateOK, .trackStatusOK]),
        .init(
            .forward, 0x10, "FORWARD Parameter", .octet,
            in: [.subscribe, .subscriptionUpdate, .publish, .publishOK, .subscribeNamespace]),
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
    ]

    private static let draft17Control: [MessageLayout] = [
        .init(.setup, 0x2F00, "SETUP", [.setupOptions], .init(control: true)),
        .init(.goAway, 0x10, "GOAWAY", [.newSessionURI, .timeout], .init(control: true)),
    ]

    private static let draft17Requests: [MessageLayout] = [
        .init(
            .subscribe, 0x03, "SUBSCRIBE", [.requestID, .requiredRequestID, .fullTrackName, .parameters],
            .init(opens: .subscribe)),
        .init(
            .publish, 0x1D, "PUBLISH",
            [.requestID, .requiredRequestID, .fullTrackName, .trackAlias, .parameters, .trackProperties],
            .init(opens: .publish)),
        .init(
            .fetch, 0x16, "FETCH", [.requestID, .requiredRequestID, .fetchTarget, .parameters],
            .init(opens: .fetch)),
        .init(
            .trackStatus, 0x0D, "TRACK_STATUS", [.requestID, .requiredRequestID, .fullTrackName, .parameters],
            .init(opens: .trackStatus)),
        .init(
            .publishNamespace, 0x06, "PUBLISH_NAMESPACE", [.requestID, .requiredRequestID, .namespace, .parameters],
            .init(opens: .publishNamespace)),
        .init(
            .subscribeNamespace, 0x11, "SUBSCRIBE_NAMESPACE",
            [.requestID, .requiredRequestID, .namespacePrefix, .subscribeOptions, .parameters],
            .init(opens: .subscribeNamespace)),
    ]

    private static let draft17Answers: [MessageLayout] = [
        .init(
            .subscribeOK, 0x04, "SUBSCRIBE_OK", [.trackAlias, .parameters, .trackProperties],
            .init(answers: .subscribe)),
        .init(.requestOK, 0x1E, "PUBLISH_OK", [.parameters], .init(answers: .publish)),
        .init(
            .fetchOK, 0x18, "FETCH_OK", [.endOfTrack, .endLocation, .parameters, .trackProperties],
            .init(answers: .fetch)),
        .init(
            .requestOK, 0x07, "REQUEST_OK", [.parameters],
            .init(
                answers: [.trackStatus, .publishNamespace, .subscribeNamespace], replies: updatable16,
                follows: .publish)),
        .init(
            .requestError, 0x05, "REQUEST_ERROR", [.statusCode, .retryInterval, .reason],
            .init(answers: .all.subtracting(.subscribeTracks), replies: updatable16, follows: .publish)),
    ]

    private static let draft17Notices: [MessageLayout] = [
        .init(
            .requestUpdate, 0x02, "REQUEST_UPDATE", [.requestID, .requiredRequestID, .parameters],
            .init(replies: .publish, follows: updatable16)),
        .init(
            .publishDone, 0x0B, "PUBLISH_DONE", [.statusCode, .streamCount, .reason],
            .init(replies: .subscribe, follows: .publish)),
        .init(.namespace, 0x08, "NAMESPACE", [.namespaceSuffix], .init(replies: .subscribeNamespace)),
        .init(.namespaceDone, 0x0E, "NAMESPACE_DONE", [.namespaceSuffix], .init(replies: .subscribeNamespace)),
        .init(
            .publishBlocked, 0x0F, "PUBLISH_BLOCKED", [.namespaceSuffix, .trackName],
            .init(replies: .subscribeNamespace)),
    ]
}
