import Breaches
import MoQTCodec
import MoQTSession
import Testing
import Wire

/// draft-18 "AUTHORIZATION TOKEN Parameter".
struct TokenTests {
    @Test(arguments: Profile.spoken) func `an alias is resolved before the application sees it`(profile: Profile) throws
    {
        let pair = Pair(profile, server: configuration(cache: 100))
        let first = try pair.subscribe("a", .register(alias: 1, type: 2, value: [3, 4]))
        let second = try pair.subscribe("b", .useAlias(1))
        #expect(first == [.useValue(type: 2, value: [3, 4])] && second == first)
        let third = try pair.subscribe("c", .delete(alias: 1))
        #expect(third == [])
        pair.say("d", .useAlias(1))
        #expect(pair.server.close?.code == .unknownAuthTokenAlias)
    }

    @Test(arguments: Profile.spoken) func `deleting makes room`(profile: Profile) throws {
        let pair = Pair(profile, server: configuration(cache: 20))
        _ = try pair.subscribe("a", .register(alias: 1, type: 0, value: [1, 2, 3, 4]))
        _ = try pair.subscribe("b", .delete(alias: 1))
        _ = try pair.subscribe("c", .register(alias: 1, type: 0, value: [1]))
        #expect(pair.server.close == nil)
        pair.say("d", .register(alias: 2, type: 0, value: []))
        #expect(pair.server.close?.code == .authTokenCacheOverflow)
    }

    @Test(arguments: Profile.spoken) func `without a cache REGISTER overflows`(profile: Profile) throws {
        let pair = Pair(profile)
        pair.say("a", .register(alias: 1, type: 0, value: []))
        #expect(pair.server.close?.code == .authTokenCacheOverflow)
    }

    @Test(arguments: Profile.spoken) func `an alias is registered once`(profile: Profile) throws {
        let pair = Pair(profile, server: configuration(cache: 100))
        _ = try pair.subscribe("a", .register(alias: 1, type: 0, value: []))
        pair.say("b", .register(alias: 1, type: 0, value: []))
        #expect(pair.server.close?.code == .duplicateAuthTokenAlias)
    }

    @Test(arguments: Profile.spoken) func `REGISTER counts though its message is rejected`(profile: Profile) throws {
        let pair = Pair(profile, server: configuration(cache: 100))
        _ = try pair.subscribe("a", .register(alias: 1, type: 2, value: [3]), isAccepted: false)
        try pair.server.session.reject(RequestID(rawValue: 0), .unauthorized)
        pair.run()
        #expect(try pair.subscribe("b", .useAlias(1)) == [.useValue(type: 2, value: [3])])
    }

    @Test(arguments: Profile.spoken) func `in SETUP a token that does not fit is used once`(profile: Profile) {
        var configuration = SessionConfiguration.test
        configuration.tokens = [.register(alias: 1, type: 7, value: [1])]
        let pair = Pair(profile, client: configuration)
        guard case .ready(let setup) = pair.server.events.first else {
            return #expect(Bool(false), "\(pair.server.events)")
        }
        #expect(setup.authorizationTokens == [.useValue(type: 7, value: [1])])
    }

    /// The same token, twice by value or once by its alias.
    @Test(arguments: Profile.spoken, [false, true])
    func `a message has a token once, except in draft-14`(profile: Profile, isAlias: Bool) {
        let pair = Pair(profile, server: configuration(cache: 100))
        let value = AuthorizationToken.useValue(type: 2, value: [3])
        pair.say("a", isAlias ? .register(alias: 1, type: 2, value: [3]) : value, isAlias ? .useAlias(1) : value)
        guard profile === Profile.draft14 else { return #expect(pair.server.close?.code == .protocolViolation) }
        #expect(pair.server.close == nil && pair.server.tokens == [value])
    }

    @Test(arguments: Profile.spoken) func `tokens that differ are all taken`(profile: Profile) {
        let pair = Pair(profile, server: configuration(cache: 100))
        let tokens: [AuthorizationToken] = [
            .useValue(type: 2, value: [3]), .useValue(type: 3, value: [3]), .useValue(type: 2, value: []),
        ]
        pair.say("a", tokens)
        #expect(pair.server.close == nil && pair.server.tokens == tokens)
    }

    private func configuration(cache: UInt64) -> SessionConfiguration {
        var configuration = SessionConfiguration.test
        configuration.tokenCacheSize = cache
        return configuration
    }
}

/// What this end says of aliases (draft-18 "AUTHORIZATION TOKEN Parameter").
struct SentTokenTests {
    private let register = AuthorizationToken.register(alias: 1, type: 2, value: [3])

    private func pair(_ profile: Profile, cache: UInt64 = 100) -> Pair {
        var configuration = SessionConfiguration.test
        configuration.tokenCacheSize = cache
        return Pair(profile, server: configuration)
    }

    /// Streams overtake each other; the one control stream does not.
    @Test(arguments: Profile.spoken)
    func `an alias is used on another stream only once its REGISTER was answered`(profile: Profile) throws {
        let pair = pair(profile)
        _ = try pair.subscribe("a", register, isAccepted: false)
        if !profile.hasOneControlStream {
            #expect(throws: SessionError.self) { try pair.client.session.subscribe(track("b"), with(.useAlias(1))) }
            #expect(throws: SessionError.self) { try pair.client.session.fetch(from: "b", with(.useAlias(1))) }
        }
        // On its own stream nothing is overtaken.
        let id = RequestID(rawValue: 0)
        try pair.client.session.update(id, with(.useAlias(1)))
        _ = try pair.server.session.acceptSubscribe(id)
        pair.run()
        #expect(try pair.subscribe("b", .useAlias(1)) == [.useValue(type: 2, value: [3])])
        #expect(pair.server.close == nil && pair.client.close == nil)
    }

    @Test(arguments: Profile.draft17.since)
    func `a REGISTER is answered by each answer there is`(profile: Profile) throws {
        for answer in 0..<4 {
            let pair = pair(profile)
            switch answer {
            case 0: _ = try pair.client.session.publishNamespace(namespace(["live"]), with(register))
            case 1: _ = try pair.client.session.fetch(from: "a", with(register))
            case 2: _ = try pair.client.session.trackStatus(track("a"), with(register))
            default: _ = try pair.client.session.publish(track("a"), with(register))
            }
            pair.run()
            let id = RequestID(rawValue: 0)
            switch answer {
            case 0: try pair.server.session.accept(id)
            case 1: try pair.server.session.acceptFetch(id, end: RangeEnd(group: 1, object: 1))
            case 2: try pair.server.session.reject(id, .unauthorized)
            default: try pair.server.session.acceptPublish(id)
            }
            pair.run()
            #expect(try pair.subscribe("b", .useAlias(1)) == [.useValue(type: 2, value: [3])], "\(answer)")
        }
    }

    @Test(arguments: Profile.spoken) func `an alias is deleted once what uses it was answered`(profile: Profile) throws
    {
        let pair = pair(profile)
        _ = try pair.subscribe("a", register)
        _ = try pair.subscribe("b", .useAlias(1), isAccepted: false)
        #expect(throws: SessionError.self) { try pair.client.session.subscribe(track("c"), with(.delete(alias: 1))) }
        try pair.server.session.reject(RequestID(rawValue: 2), .unauthorized)
        pair.run()
        #expect(try pair.subscribe("c", .delete(alias: 1)) == [])
        #expect(throws: SessionError.self) { try pair.client.session.subscribe(track("d"), with(.useAlias(1))) }
        #expect(try pair.subscribe("d", register) == [.useValue(type: 2, value: [3])])
    }

    @Test(arguments: Profile.spoken) func `no more is registered than the peer keeps`(profile: Profile) throws {
        let pair = pair(profile, cache: 17)
        #expect(throws: SessionError.self) {
            try pair.client.session.subscribe(track("a"), with(.register(alias: 1, type: 0, value: [1, 2])))
        }
        _ = try pair.subscribe("a", register)
        #expect(throws: SessionError.self) {
            try pair.client.session.subscribe(track("b"), with(.register(alias: 2, type: 0, value: [])))
        }
        #expect(throws: SessionError.self) { try pair.client.session.subscribe(track("b"), with(register)) }
        #expect(pair.server.close == nil)
    }

    /// draft-18 "Session initialization": nobody knows before what the peer takes.
    @Test(arguments: Profile.spoken, [false, true])
    func `what is to be negotiated is not used before the peer's SETUP`(profile: Profile, isEarly: Bool) throws {
        var configuration = SessionConfiguration.test
        configuration.tokenCacheSize = 100
        let pair = Pair(profile, server: configuration, start: false)
        pair.client.session.transportReady(isEarly: isEarly, now: pair.now)
        #expect(throws: SessionError.self) { try pair.client.session.subscribe(track("a"), with(register)) }
        let hasFilters = profile.has(.maxFilterRanges)
        var filtered = Parameters()
        filtered.rangeFilters = [RangeFilter(.objectID, [0...5])]
        if hasFilters {
            #expect(throws: SessionError.self) { try pair.client.session.subscribe(track("a"), filtered) }
        }
        let id = try pair.client.session.subscribe(track("a"), with(.useValue(type: 2, value: [3])))
        var paused = Parameters()
        paused.forward = false
        try pair.client.session.update(id, paused)
        pair.client.drain()
        #expect(pair.client.inFlight[StreamID(rawValue: 0)].map { $0.count < 2 } ?? true)
        pair.server.session.transportReady(now: pair.now)
        pair.run()
        _ = try pair.client.session.subscribe(track("b"), hasFilters ? filtered : with(register))
        _ = try pair.server.session.acceptSubscribe(id)
        pair.run()
        #expect(pair.server.events.contains { if case .updateRequested(id, _) = $0 { true } else { false } })
        #expect(pair.server.close == nil && pair.client.close == nil)
    }

    private func with(_ token: AuthorizationToken) -> Parameters {
        var parameters = Parameters()
        parameters.authorizationTokens = [token]
        return parameters
    }
}

extension Session {
    fileprivate mutating func fetch(from name: String, _ parameters: Parameters) throws -> RequestID {
        try fetch(
            .standalone(track: track(name), start: .zero, end: RangeEnd(group: 1, object: 1)), parameters)
    }
}

extension End {
    /// Those of the last SUBSCRIBE that the application was told of.
    fileprivate var tokens: [AuthorizationToken]? {
        guard case .subscribe(let message) = events.last else { return nil }
        return message.parameters.authorizationTokens
    }
}

extension Pair {
    /// Subscribes with a token, and returns the tokens the server's application saw.
    fileprivate func subscribe(
        _ name: String, _ token: AuthorizationToken, isAccepted: Bool = true
    ) throws -> [AuthorizationToken]? {
        var parameters = Parameters()
        parameters.authorizationTokens = [token]
        let id = try client.session.subscribe(track(name), parameters)
        run()
        let tokens = server.tokens
        if isAccepted && tokens != nil {
            _ = try server.session.acceptSubscribe(id)
            run()
        }
        return tokens
    }

    /// SUBSCRIBE with tokens that an honest client may not show, the one after those that it has made.
    fileprivate func say(_ name: String, _ tokens: AuthorizationToken...) { say(name, tokens) }

    fileprivate func say(_ name: String, _ tokens: [AuthorizationToken]) {
        let profile = server.session.profile
        let words = Words(profile, .client)
        let number = server.events.count { if case .subscribe = $0 { true } else { false } }
        let bytes = words.subscribe(words[number], name) { $0.authorizationTokens = tokens }
        client.send(
            bytes, on: profile.hasOneControlStream ? StreamID(rawValue: 0) : client.newStream(.bidirectional))
        run()
    }
}
