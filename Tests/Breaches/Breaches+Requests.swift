internal import MoQTCodec
internal import MoQTSession
internal import Wire

// Updates, joining, answers, tokens, subscriptions and state.

private let start = LocationFilter.absoluteStart(Location(group: 5, object: 0))
private let earlier = LocationFilter.absoluteStart(Location(group: 4, object: 9))
private let narrow = LocationFilter.absoluteRange(start: Location(group: 5, object: 0), end: RangeEnd(group: 7))
private let wide = LocationFilter.absoluteRange(start: Location(group: 5, object: 0), end: RangeEnd(group: 8))

extension Breach {
    /// draft-14 "SUBSCRIBE_UPDATE", draft-19 "REQUEST_UPDATE", "MAX_REQUEST_UPDATES".
    static let updates: [Breach] = [
        Breach("an update of a request that never was", upTo16) {
            [.say(.control, $0.update($0[0], of: $0[4]))]
        },
        Breach("an update that moves the start back", to15) {
            subscribing($0) { $0.locationFilter = start }
                + [.say(.control, $0.update($0[2], of: $0[1]) { $0.locationFilter = earlier })]
        },
        Breach("an update that moves the end on", [.draft14]) {
            subscribing($0) { $0.locationFilter = narrow }
                + [.say(.control, $0.update($0[2], of: $0[1]) { $0.locationFilter = wide })]
        },
        Breach("an update with a parameter that its request cannot have", from16) {
            [
                .say($0.on(0), $0.publishNamespace($0[0])), .answered(1),
                .say($0.on(0), $0.misplacedUpdate($0[1], of: $0[0])),
            ]
        },
        Breach("an update by the publisher of a SUBSCRIBE", from16, asking: subscribeA) {
            [
                .say($0.re(0), $0.subscribeOK($0.theirs(0))),
                .say($0.re(0), $0.update($0[0], of: $0.theirs(0))),
            ]
        },
        Breach("an update before PUBLISH_OK", from16, asking: publishA) {
            [.say($0.re(0), $0.update($0[0], of: $0.theirs(0), .publish))]
        },
        Breach("an update of TRACK_STATUS", from19) {
            [.say(.own(0), $0.trackStatus($0[0]) + $0.update($0[1], of: $0[0]))]
        },
        Breach("an update of TRACK_STATUS that is answered", from19) {
            [.say(.own(0), $0.trackStatus($0[0])), .answered(1), .say(.own(0), $0.update($0[1], of: $0[0]))]
        },
        Breach("more updates than MAX_REQUEST_UPDATES", from19, .closes(.tooManyRequestUpdates)) { words in
            [.say(.own(0), words.subscribe(words[0], "z") { $0.rendezvousTimeout = 60_000 })]
                + (1...3).map { .say(.own(0), words.update(words[$0], of: words[0])) }
        }.with { $0.configure = { $0.updateLimit = 2 } },
    ]

    /// draft-18 "Joining Fetches".
    static let joins: [Breach] = [
        Breach("a joining FETCH of a subscription that is not at Largest Object", upTo16) {
            subscribing($0) { $0.locationFilter = start } + [.say(.control, $0.joining($0[2], to: $0[1]))]
        },
        Breach("a joining FETCH of a subscription with Forward State 0", [.draft17]) {
            subscribing($0) { $0.forward = false } + [.say(.own(2), $0.joining($0[2], to: $0[1]))]
        },
        Breach(
            "a joining FETCH of a subscription with Forward State 0", [.draft18, .draft19],
            .refuses(.invalidRange, used: 3)
        ) {
            subscribing($0) { $0.forward = false } + [.say(.own(2), $0.joining($0[2], to: $0[1]))]
        },
        Breach(
            "a joining FETCH of what is no subscription", upTo16 + [.draft17, .draft18, .draft19],
            .refuses(.invalidJoiningRequestID, used: 2)
        ) {
            [
                .say($0.on(0), $0.publishNamespace($0[0])), .answered(1),
                .say($0.on(1), $0.joining($0[1], to: $0[0])),
            ]
        },
    ]

    /// draft-18 "Subscriptions", "FETCH_OK", "SUBSCRIBE_NAMESPACE".
    static let answers: [Breach] = [
        Breach("SUBSCRIBE_OK twice", every, asking: subscribeA) { twice($0.subscribeOK($0.theirs(0)), $0) },
        Breach("SUBSCRIBE refused twice", every, asking: subscribeA) {
            twice($0.requestError($0.theirs(0), .subscribe), $0)
        },
        Breach("FETCH_OK twice", every, asking: fetchA) { twice($0.fetchOK($0.theirs(0), group: 9), $0) },
        Breach("PUBLISH_NAMESPACE accepted twice", every, asking: announceLive) {
            twice($0.requestOK($0.theirs(0), .publishNamespace), $0)
        },
        Breach("an answer to a request that never was", upTo16, to: both) {
            [.say(.control, $0.subscribeOK($0.theirs(4)))]
        },
        Breach("an answer of another kind", from17, asking: subscribeA) {
            [.say(.theirs(0), $0.requestOK($0.theirs(0), .publishNamespace))]
        },
        Breach("PUBLISH_DONE before SUBSCRIBE_OK", every, asking: subscribeA) {
            [.say($0.re(0), $0.publishDone($0.theirs(0)))]
        },
        Breach("PUBLISH_DONE twice", from17, asking: subscribeA) {
            let done = Step.say($0.re(0), $0.publishDone($0.theirs(0)))
            return [.say($0.re(0), $0.subscribeOK($0.theirs(0))), done, done]
        },
        Breach("PUBLISH_DONE from a subscriber", every) {
            subscribing($0) + [.say($0.on(1), $0.publishDone($0[1]))]
        },
        Breach("UNSUBSCRIBE from a publisher", upTo16) {
            [
                .say(.control, $0.publish($0[0])), .answered(1),
                .say(.control, $0.about($0[0], .unsubscribe(Unsubscribe()), .subscribe)),
            ]
        },
        Breach("FETCH_OK ends before the start", every, asking: fetchA) {
            [.say($0.re(0), $0.fetchOK($0.theirs(0), group: 5))]
        },
        Breach("NAMESPACE before REQUEST_OK", from17, asking: subscribeLive) { _ in
            [.say(.theirs(0), [0x08, 0, 1, 0])]
        },
        Breach("NAMESPACE_DONE before NAMESPACE", from16, asking: subscribeLive) {
            [
                .say(.theirs(0), $0.requestOK($0.theirs(0), .subscribeNamespace)),
                .say(.theirs(0), [0x0E, 0, 3, 1, 1, 97]),
            ]
        },
        Breach("PUBLISH_BLOCKED for SUBSCRIBE_NAMESPACE", from18, asking: subscribeLive) {
            [
                .say(.theirs(0), $0.requestOK($0.theirs(0), .subscribeNamespace)),
                .say(.theirs(0), [0x0F, 0, 2, 0, 0]),
            ]
        },
    ]

    private static func twice(_ bytes: [UInt8], _ words: Words) -> [Step] {
        [.say(words.re(0), bytes), .say(words.re(0), bytes)]
    }

    /// draft-18 "AUTHORIZATION TOKEN Parameter", "AUTHORIZATION TOKEN".
    static let tokens: [Breach] = [
        Breach("a token alias registered twice", every, .closes(.duplicateAuthTokenAlias), to: both) {
            [.say($0.on(0), registering(1, 1, $0, 0)), .say($0.on(1), registering(1, 1, $0, 1))]
        }.with { $0.configure = cached },
        Breach("more tokens than MAX_AUTH_TOKEN_CACHE_SIZE", every, .closes(.authTokenCacheOverflow), to: both) {
            [.say($0.on(0), registering(1, 40, $0, 0)), .say($0.on(1), registering(2, 0, $0, 1))]
        }.with { $0.configure = { $0.tokenCacheSize = 16 + 40 + 15 } },
        Breach("a token that was never registered", every, .closes(.unknownAuthTokenAlias), to: both) {
            [.say($0.on(0), $0.publishNamespace($0[0], tokens: [.useAlias(9)]))]
        }.with { $0.configure = cached },
        Breach("a token that is deleted and used", every, .closes(.unknownAuthTokenAlias)) {
            [
                .say($0.on(0), registering(1, 1, $0, 0)), .answered(1),
                .say($0.on(1), $0.publishNamespace($0[1], "1", tokens: [.delete(alias: 1)])), .answered(2),
                .say($0.on(2), $0.publishNamespace($0[2], "2", tokens: [.useAlias(1)])),
            ]
        }.with { $0.configure = cached },
        Breach("a token beyond MAX_AUTH_TOKEN_CACHE_SIZE in SETUP", every, .goesOn(used: 0)) { _ in [] }.with {
            $0.setup = { $0.setup(tokens: [.register(alias: 1, type: 0, value: Bytes([1]))]) }
        },
        Breach("a token beyond MAX_AUTH_TOKEN_CACHE_SIZE in SETUP is not kept", every, .closes(.unknownAuthTokenAlias))
        {
            [.say($0.on(0), $0.publishNamespace($0[0], tokens: [.useAlias(1)]))]
        }.with {
            $0.setup = { $0.setup(tokens: [.register(alias: 1, type: 0, value: Bytes([1]))]) }
        },
        Breach("USE_ALIAS in a client's SETUP", every.filter { $0.alpn != Profile.draft14.alpn }) { _ in [] }.with {
            $0.setup = { $0.setup(forbidden: [.useAlias(1)]) }
        },
        Breach("DELETE in a client's SETUP", every.filter { $0.alpn != Profile.draft14.alpn }) { _ in [] }.with {
            $0.setup = { $0.setup(forbidden: [.delete(alias: 1)]) }
        },
    ]

    /// PUBLISH_NAMESPACE number `number` with a token of `size` bytes.
    private static func registering(_ alias: UInt64, _ size: Int, _ words: Words, _ number: Int) -> [UInt8] {
        let token = AuthorizationToken.register(
            alias: alias, type: 0, value: Bytes([UInt8](repeating: UInt8(number), count: size)))
        return words.publishNamespace(words[number], "\(number)", tokens: [token])
    }

    @Sendable private static func cached(_ configuration: inout SessionConfiguration) {
        configuration.tokenCacheSize = 1000
    }

    /// draft-16 "Subscriptions".
    static let subscriptions: [Breach] = [
        Breach("a second subscription to a track", to15, steps: subscribingTwice),
        Breach(
            "a second subscription to a track", [.draft16, .draft17, .draft18],
            .refuses(.duplicateSubscription, used: 3), steps: subscribingTwice),
        Breach("a second subscription to a track", from19, .goesOn(used: 3), steps: subscribingTwice),
        Breach(
            "a second PUBLISH of a track", [.draft16, .draft17, .draft18], .refuses(.duplicateSubscription, used: 2),
            to: both, steps: publishingTwice),
        Breach("a second PUBLISH of a track", from19, .goesOn(used: 2), to: both, steps: publishingTwice),
    ]

    @Sendable private static func subscribingTwice(_ words: Words) -> [Step] {
        subscribing(words) + [.say(words.on(2), words.subscribe(words[2]))]
    }

    @Sendable private static func publishingTwice(_ words: Words) -> [Step] {
        [
            .say(words.on(0), words.publish(words[0])), .answered(1),
            .say(words.on(1), words.publish(words[1], "a", alias: 8)), .answered(2),
        ]
    }

    /// draft-22 "PUBLISH_STATE_NOTIFY".
    static let notices: [Breach] = [
        Breach("PUBLISH_STATE_NOTIFY from a subscriber", from20) {
            subscribing($0) + [.say(.own(1), $0.stateNotify())]
        },
        Breach("PUBLISH_STATE_NOTIFY on what is no subscription", from20) {
            [.say(.own(0), $0.publishNamespace($0[0])), .answered(1), .say(.own(0), $0.stateNotify())]
        },
        Breach("PUBLISH_STATE_NOTIFY in answer to FETCH", from20, asking: fetchA) {
            [.say(.theirs(0), $0.stateNotify())]
        },
        Breach("PUBLISH_STATE_NOTIFY before SUBSCRIBE_OK", from20, asking: subscribeA) {
            [.say(.theirs(0), $0.stateNotify())]
        },
    ]
}
