// The published text of drafts 20 to 22 was not at hand: the tables follow the working group's text between drafts 19
// and 20, and what peers that speak the drafts quote of them and send. What rests on one peer alone is marked.

extension Profile {
    /// draft-ietf-moq-transport-20.
    package static let draft20 = recent("draft-20", "moqt-20", draft20Parameters)

    /// What drafts since 20 share; they differ in how parameters are written.
    static func recent(_ name: String, _ alpn: String, _ parameters: [ParameterRule]) -> Profile {
        Profile(
            name: name, alpn: alpn, integers: .vi64, pairs: .delta(.vi64), streams: .draft18,
            datagrams: .draft18, objects: .draft20, limits: draft20Limits,
            behaviours: [
                .goAwayOnRequestStreams, .grease, .fillStreams, .subscriptionsOutlastRanges, .publishStatesTerms,
                .fetchOKNamesObject, .objectTimeouts,
            ],
            codes: .draft20, parameters: parameters,
            setupOptions: draft19SetupOptions, trackProperties: trackExtensions,
            messages: draft19Control + draft20Requests + draft20Answers + draft20Notices)
    }

    private static let draft20Limits: Limits = {
        var limits = Limits()
        limits.unknownStreamCount = .max
        return limits
    }()

    private static let draft20Requests: [MessageLayout] =
        draft18Requests.filter { $0.kind != .fetch } + [
            .init(.fetch, 0x16, "FETCH", [.requestID, .fullTrackName, .parametersWithRange], .init(opens: .fetch))
        ]

    private static let draft20Answers: [MessageLayout] =
        draft18Answers.filter { $0.kind != .fetchOK } + [
            .init(
                .fetchOK, 0x18, "FETCH_OK", [.endOfTrack, .lastLocation, .parameters, .trackProperties],
                .init(answers: .fetch))
        ]

    private static let draft20Notices: [MessageLayout] =
        draft19Notices + [
            .init(
                .publishStateNotify, 0x22, "PUBLISH_STATE_NOTIFY", [.parameters],
                .init(replies: .subscribe, follows: .publish))
        ]

    /// The form of TRACK_NAMESPACE_PREFIX with a length rests on a peer alone.
    static let draft20Parameters = parameters20(filter: .fieldCount, prefix: .bareOrLengthPrefixed)

    /// The parameters since draft-20, but for the encodings that change.
    ///
    /// PUBLISH_OK takes only EXPIRES. Whether SUBSCRIBE_TRACKS takes every parameter of SUBSCRIBE, the drafts say both
    /// yes and no: all are read there, and those are sent whose own sections name it.
    static func parameters20(filter: LocationFilterForm, prefix: ParameterEncoding) -> [ParameterRule] {
        parameters20Values(prefix: prefix) + parameters20Terms(filter: filter)
            + rangeFilters(in: [.subscribe, .subscribeTracks, .fetch, .subscriptionUpdate, .fillParameters])
    }

    private static func parameters20Values(prefix: ParameterEncoding) -> [ParameterRule] {
        [
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
                in: [.subscribeOK, .publish, .subscriptionUpdateOK, .trackStatusOK, .publishStateNotify]),
            .init(
                .trackNamespacePrefix, 0x34, "TRACK_NAMESPACE_PREFIX Parameter", prefix,
                in: [.subscribeNamespaceUpdate, .subscribeTracksUpdate]),
            .init(
                .includeProperties, 0x35, "INCLUDE_PROPERTIES Parameter", .octet,
                in: [.subscribe, .fetch, .trackStatus, .subscribeTracks]),
        ]
    }

    private static func parameters20Terms(filter: LocationFilterForm) -> [ParameterRule] {
        [
            .init(
                .objectDeliveryTimeout, 0x02, "OBJECT_DELIVERY_TIMEOUT Parameter", .integer,
                in: [.subscribe, .publish, .subscriptionUpdate], alsoReadIn: .subscribeTracks),
            .init(
                .rendezvousTimeout, 0x04, "RENDEZVOUS TIMEOUT Parameter", .integer, in: .subscribe,
                alsoReadIn: .subscribeTracks),
            .init(
                .subgroupDeliveryTimeout, 0x06, "SUBGROUP_DELIVERY_TIMEOUT Parameter", .integer,
                in: [.subscribe, .publish, .subscriptionUpdate], alsoReadIn: .subscribeTracks),
            .init(.fillTimeout, 0x0A, "FILL TIMEOUT Parameter", .integer, in: [.fetch, .fillParameters]),
            .init(
                .forward, 0x10, "FORWARD Parameter", .octet,
                in: [
                    .subscribe, .publish, .subscriptionUpdate, .subscribeTracks, .subscribeTracksUpdate,
                    .publishStateNotify,
                ]),
            .init(
                .subscriberPriority, 0x20, "SUBSCRIBER PRIORITY Parameter", .octet,
                in: [.subscribe, .publish, .fetch, .subscriptionUpdate, .fetchUpdate, .fillParameters],
                alsoReadIn: .subscribeTracks),
            .init(
                .locationFilter, 0x21, "LOCATION FILTER Parameter", .locationFilter(filter),
                in: [
                    .subscribe, .publish, .fetch, .subscriptionUpdate, .subscribeTracks, .publishStateNotify,
                    .fillParameters,
                ]),
            .init(
                .groupOrder, 0x22, "GROUP ORDER Parameter", .octet,
                in: [.subscribe, .publish, .fetch, .subscribeTracks, .fillParameters]),
            .init(
                .fill, 0x23, "FILL_PARAMETERS Parameter", .lengthPrefixed, in: [.subscribe, .subscriptionUpdate],
                alsoReadIn: .subscribeTracks),
            .init(
                .newGroupRequest, 0x32, "NEW GROUP REQUEST Parameter", .integer,
                in: [.subscribe, .subscriptionUpdate], alsoReadIn: .subscribeTracks),
        ]
    }
}
