@testable import MoQTRelay
import MoQTCodec
import MoQTSession
import Testing
import Wire

/// What ends with the token that allowed it (draft-18 "AUTHORIZATION TOKEN Parameter", "EXPIRES Parameter").
@Suite struct AccessExpiryTests {
    private static let rules = """
        jwt main keys
        secret always for-good
        allow always all *
        """

    private func token(_ claims: String) -> AuthorizationToken { .value(Token.json(claims)) }

    private func parameters(_ tokens: AuthorizationToken...) -> Parameters {
        var parameters = Parameters()
        parameters.authorizationTokens = tokens
        return parameters
    }

    /// A publisher that is there for good, of the track `a`.
    private func source(_ world: World) -> TestPublisher {
        let source = TestPublisher(world, world.client(.draft18, setup: [.value(Array("for-good".utf8))]).link, "live")
        _ = source.add(track("a"))
        return source
    }

    /// Publishes 400 KB, which the relay keeps as long as somebody is subscribed to them.
    private func keep(_ source: TestPublisher) -> TestSubscriber {
        let world = source.world, keeper = world.client(.draft18, setup: [.value(Array("for-good".utf8))])
        keeper.subscribe(track("a"))
        world.run()
        source.publisher.tracks[track("a")]?.putGroup(0, objects: 20, size: 20_000)
        world.run()
        return keeper
    }

    @Test(arguments: Profile.spoken, [true, false])
    func `a subscription ends with PUBLISH_DONE when the token does`(profile: Profile, inSetup: Bool) throws {
        let world = try World(rules: Self.rules)
        let source = source(world)
        defer { withExtendedLifetime(source) {} }
        let log = try #require(source.publisher.tracks[track("a")])
        let token = token(#"{"exp":60,"root":"live","get":""}"#)
        let client = world.client(profile, setup: inSetup ? [token] : [])
        client.subscribe(track("a")) { if !inSetup { $0.authorizationTokens = [token] } }
        world.run()
        let expires = try #require(client.accepted?.parameters.expires)
        #expect((50_000...60_000).contains(expires))
        let group = log.open(0)
        log.put(group, 0, size: 10)
        world.run()
        #expect(client.objects.count == 1 && client.done == nil)
        world.pass(.seconds(60))
        #expect(client.done?.code == .expired && client.closeCode == nil)
        #expect(client.link.far.peer.requests.isEmpty && log.subscriptions.isEmpty)
        client.events = []
        client.subscribe(track("a"))
        world.run()
        #expect(client.rejection == (inSetup ? .expiredAuthToken : .unauthorized))
        // Where nothing is left of what SETUP has shown, the session ends, too.
        world.pass(.seconds(10))
        #expect(client.closeCode == (inSetup ? .expiredAuthToken : nil))
    }

    @Test(arguments: Profile.spoken) func `a session goes on while something that it has shown is good`(
        profile: Profile
    ) throws {
        for (rules, lasts) in [(Self.rules, false), (Self.rules + "\nallow anyone subscribe elsewhere", true)] {
            let world = try World(rules: rules)
            let source = source(world)
            defer { withExtendedLifetime(source) {} }
            let client = world.client(profile, setup: [token(#"{"exp":60,"get":"live"}"#)])
            client.subscribe(track("a")) {
                $0.authorizationTokens = [token(#"{"exp":120,"get":"live"}"#)]
            }
            world.run()
            world.pass(.seconds(100))
            #expect(client.done == nil && client.closeCode == nil)
            world.pass(.seconds(22))
            #expect(client.done?.code == .expired && client.closeCode == nil)
            world.pass(.seconds(10))
            #expect(client.closeCode == (lasts ? nil : .expiredAuthToken))
        }
    }

    @Test(arguments: Profile.spoken) func `a session that shows something new in time goes on`(profile: Profile) throws
    {
        let world = try World(rules: Self.rules)
        let client = world.client(profile, setup: [token(#"{"exp":60,"get":"live"}"#)])
        world.pass(.seconds(61))
        try client.ask(.subscribeNamespace, "a", [token(#"{"exp":600,"get":"live"}"#)])
        world.pass(.seconds(30))
        #expect(client.closeCode == nil && client.rejection == nil)
    }

    @Test(arguments: Profile.spoken) func `a new token prolongs a subscription`(profile: Profile) throws {
        let world = try World(rules: Self.rules)
        let source = source(world)
        defer { withExtendedLifetime(source) {} }
        let client = world.client(profile)
        let id = try #require(
            client.subscribe(track("a")) { $0.authorizationTokens = [token(#"{"exp":60,"get":"live"}"#)] })
        world.run()
        let fresh = parameters(token(#"{"exp":600,"get":"live"}"#))
        guard (try? client.peer.session.update(id, fresh)) != nil else { return }
        client.peer.flush()
        world.run()
        world.pass(.seconds(70))
        #expect(client.done == nil)
        world.pass(.seconds(600))
        #expect(client.done?.code == .expired)
    }

    @Test(arguments: Profile.spoken) func `an update with a bad token ends the subscription`(profile: Profile) throws {
        let world = try World(rules: Self.rules)
        let source = source(world)
        defer { withExtendedLifetime(source) {} }
        let client = world.client(profile, setup: [token(#"{"get":"live"}"#)])
        let id = try #require(client.subscribe(track("a")))
        world.run()
        try client.peer.session.update(id, parameters(token(#"{"exp":0.5,"get":"live"}"#)))
        client.peer.flush()
        world.run()
        let code = client.done?.code
        #expect(code == profile.codes.publishDone.nearest(.updateFailed))
        guard !profile.behaviours.contains(.silentUpdates) else { return }
        let refusal = client.events.compactMap {
            if case .updateRejected(_, let error) = $0 { error.code } else { nil }
        }
        #expect(refusal == [.expiredAuthToken])
    }

    /// draft-18 "REQUEST_UPDATE".
    @Test(arguments: Drafts.since18)
    func `an update that fails resets the stream of a FETCH, and closes that of a namespace request`(
        profile: Profile
    ) throws {
        let world = try World(rules: Self.rules)
        let source = source(world)
        let keeper = keep(source)
        defer { withExtendedLifetime((source, keeper)) {} }
        let good = token(#"{"get":"live"}"#), bad = parameters(token(#"{"exp":0.5,"get":"live"}"#))
        let client = world.client(profile, setup: [good])
        client.reads = false
        let requests = try [AccessTests.Action.fetch, .subscribeNamespace].map { try client.ask($0, "a") }
        world.run()
        #expect(client.link.far.peer.requests.count == 2 && client.fetchEnd == nil)
        // What a request stream says may be overtaken by the end of a data stream.
        var refused = 0
        client.link.far.peer.session.watch = { message, sender, _ in
            guard case .requestError(let error) = message, sender == .server else { return }
            if error.code == .expiredAuthToken { refused += 1 }
        }
        for request in requests { try client.peer.session.update(request, bad) }
        client.peer.flush()
        client.resumeReading()
        world.run()
        #expect(refused == 2)
        guard case .reset = client.fetchEnd else {
            return #expect(Bool(false), "\(String(describing: client.fetchEnd))")
        }
        #expect(client.events.contains(.requestCancelled(requests[1], .cancelled)))
        #expect(client.link.far.peer.requests.isEmpty && client.closeCode == nil)
    }

    @Test(arguments: Profile.spoken) func `what is published ends for its subscribers`(profile: Profile) throws {
        let world = try World(rules: Self.rules)
        let token = token(#"{"exp":60,"root":"live","put":""}"#)
        let sender = world.client(profile, setup: [token])
        let publisher = TestPublisher(world, sender.link, "live")
        let log = publisher.add(track("a"))
        let reader = world.client(.draft18, setup: [.value(Array("for-good".utf8))])
        reader.subscribe(track("a"))
        world.run()
        log.putGroup(0, objects: 1, size: 10)
        world.run()
        #expect(reader.objects.count == 1)
        world.pass(.seconds(70))
        #expect(reader.done != nil)
        // It is told of the namespace, and of the subscription.
        #expect(publisher.events.count { if case .requestCancelled = $0 { true } else { false } } == 2)
        #expect(sender.link.far.peer.requests.isEmpty && log.subscriptions.isEmpty)
        reader.events = []
        reader.subscribe(track("a", in: "live", "b"))
        world.run()
        #expect(reader.rejection == .doesNotExist)
    }

    @Test(arguments: Profile.spoken) func `a SUBSCRIBE that waits is refused when its token ends`(profile: Profile)
        throws
    {
        guard profile.carries(.rendezvousTimeout, in: .subscribe) else { return }
        let world = try World(rules: Self.rules)
        let client = world.client(profile)
        client.subscribe(track("later")) {
            $0.authorizationTokens = [token(#"{"exp":60,"get":"live"}"#)]
            $0.rendezvousTimeout = 1_000_000
        }
        world.run()
        #expect(client.rejection == nil)
        world.pass(.seconds(70))
        #expect(client.rejection == .expiredAuthToken)
        #expect(client.link.far.peer.requests.isEmpty && world.relay.tracks.isEmpty)
    }

    @Test(arguments: Profile.spoken) func `a FETCH that is under way is reset when its token ends`(
        profile: Profile
    ) throws {
        let world = try World(rules: Self.rules)
        let source = source(world)
        let keeper = keep(source)
        defer { withExtendedLifetime((source, keeper)) {} }
        let client = world.client(profile, setup: [token(#"{"exp":60,"get":"live"}"#)])
        client.reads = false
        try client.ask(.fetch, "a")
        world.run()
        #expect(client.link.far.peer.requests.count == 1)
        world.pass(.seconds(70))
        let code: StreamResetCode = .expiredAuthToken
        #expect(client.fetchEnd == .reset(profile.codes.streamReset.number(of: code) == nil ? .cancelled : code))
        #expect(client.link.far.peer.requests.isEmpty)
    }

    @Test(arguments: Profile.spoken) func `interest in namespaces ends, and PUBLISH does`(profile: Profile) throws {
        let world = try World(rules: Self.rules)
        let source = source(world)
        defer { withExtendedLifetime(source) {} }
        let client = world.client(profile, setup: [token(#"{"exp":60,"put":"live","get":"live"}"#)])
        try client.ask(.subscribeNamespace, "")
        try client.ask(.publish, "b")
        world.run()
        #expect(client.rejection == nil && client.link.far.peer.requests.count == 2)
        #expect(client.events.contains { if case .namespaceAnnounced = $0 { true } else { false } })
        world.pass(.seconds(70))
        #expect(client.link.far.peer.requests.isEmpty)
        #expect(client.events.contains { if case .requestCancelled = $0 { true } else { false } })
    }

    // MARK: - Who sees what

    @Test(arguments: Profile.spoken) func `namespaces and tracks are told to who may know`(profile: Profile) throws {
        let world = try World(rules: Self.rules)
        let all = AuthorizationToken.value(Array("for-good".utf8))
        let sender = world.client(.draft18, setup: [all])
        for name in ["a", "b"] {
            _ = try sender.peer.session.publishNamespace(track("", in: "live", name).namespace)
            _ = try sender.peer.session.publish(track("t", in: "live", name))
        }
        sender.peer.flush()
        world.run()
        let client = world.client(profile, setup: [token(#"{"root":"live","get":"a"}"#)])
        try client.ask(.subscribeNamespace, "")
        world.run()
        _ = try sender.peer.session.publishNamespace(track("", in: "live", "a", "late").namespace)
        _ = try sender.peer.session.publishNamespace(track("", in: "live", "b", "late").namespace)
        sender.peer.flush()
        world.run()
        let told = client.events.compactMap { if case .namespaceAnnounced(_, let name) = $0 { name } else { nil } }
        #expect(Set(told) == [track("", in: "live", "a").namespace, track("", in: "live", "a", "late").namespace])
        let other = world.client(profile, setup: [token(#"{"root":"live","get":"a"}"#)])
        try other.ask(.subscribeTracks, "")
        world.run()
        let offered = other.events.compactMap { if case .publish(let offer) = $0 { offer.track } else { nil } }
        #expect(offered == [track("t", in: "live", "a")])
    }

    // MARK: - New rules

    @Test func `new rules end what they do not allow`() throws {
        let world = try World(rules: "allow anyone all *")
        let source = world.publisher("live")
        _ = source.add(track("a"))
        let client = world.client(.draft18)
        client.subscribe(track("a"))
        world.run()
        #expect(client.accepted != nil)
        world.relay.authorize(by: try RulesFolder().rules("allow anyone publish,announce live"), now: world.now)
        world.run()
        #expect(client.done?.code == .unauthorized)
        #expect(source.namespaceRequest.map { source.peer.requests[$0] } != nil)
        client.events = []
        client.subscribe(track("a"))
        world.run()
        #expect(client.rejection == .unauthorized)
    }

    // MARK: - Aliases

    @Test(arguments: Profile.spoken) func `a token can be named by its alias, until it has expired`(profile: Profile)
        throws
    {
        let world = try World(rules: Self.rules)
        let source = source(world)
        defer { withExtendedLifetime(source) {} }
        let client = world.client(profile, cache: 1000)
        let bytes = Bytes(Token.json(#"{"exp":60,"get":"live"}"#))
        try client.ask(.trackStatus, "a", [.register(alias: 7, type: 0, value: bytes)])
        world.run()
        try client.ask(.trackStatus, "a", [.useAlias(7)])
        world.run()
        #expect(client.rejection == nil)
        world.pass(.seconds(70))
        try client.ask(.trackStatus, "a", [.useAlias(7)])
        world.run()
        #expect(client.rejection == .expiredAuthToken && client.closeCode == nil)
    }

    @Test(arguments: Profile.spoken) func `a token of a kind that means nothing here changes nothing`(profile: Profile)
        throws
    {
        let world = try World(rules: "allow anyone subscribe live")
        let source = world.publisher("live")
        world.run()
        #expect(
            source.events.contains {
                if case .rejected(_, let error) = $0 { error.code == .unauthorized } else { false }
            })
        let client = world.client(profile, setup: [.value([1, 2, 3], type: 0x9D)])
        try client.ask(.subscribe, "a", [.value([4], type: 0x11C)])
        world.run()
        #expect(client.closeCode == nil && client.rejection == .doesNotExist)
    }

    @Test func `what is kept of tokens has a limit, and those of requests that are over are forgotten`() throws {
        let world = try World(rules: Self.rules)
        let client = world.client(.draft18, setup: [.value(Array("for-good".utf8))])
        let big = String(repeating: "x", count: 10_000)
        for number in 0..<300 {
            try client.ask(.trackStatus, "a", [token(#"{"get":"live","jti":"\#(big)\#(number)"}"#)])
            if number % 50 == 0 { world.run() }
        }
        world.run()
        #expect(
            !client.events.contains {
                if case .rejected(_, let error) = $0 { error.code == .unauthorized } else { false }
            })
        for number in 0..<300 {
            let name = "\(number)"
            client.subscribe(track(name)) {
                $0.authorizationTokens = [self.token(#"{"get":"live","jti":"\#(big)\#(name)"}"#)]
                $0.rendezvousTimeout = 1_000_000
            }
            if number % 50 == 0 { world.run() }
        }
        world.run()
        let refused = client.events.count {
            if case .rejected(_, let error) = $0 { error.code == .unauthorized } else { false }
        }
        #expect(refused > 200 && refused < 250)
    }
}
