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
        _ = try pair.subscribe("d", .useAlias(1))
        #expect(pair.server.close?.code == .unknownAuthTokenAlias)
    }

    @Test(arguments: Profile.spoken) func `deleting makes room`(profile: Profile) throws {
        let pair = Pair(profile, server: configuration(cache: 20))
        _ = try pair.subscribe("a", .register(alias: 1, type: 0, value: [1, 2, 3, 4]))
        _ = try pair.subscribe("b", .delete(alias: 1))
        _ = try pair.subscribe("c", .register(alias: 1, type: 0, value: [1]))
        #expect(pair.server.close == nil)
        _ = try pair.subscribe("d", .register(alias: 2, type: 0, value: []))
        #expect(pair.server.close?.code == .authTokenCacheOverflow)
    }

    @Test(arguments: Profile.spoken) func `without a cache REGISTER overflows`(profile: Profile) throws {
        let pair = Pair(profile)
        _ = try pair.subscribe("a", .register(alias: 1, type: 0, value: []))
        #expect(pair.server.close?.code == .authTokenCacheOverflow)
    }

    @Test(arguments: Profile.spoken) func `an alias is registered once`(profile: Profile) throws {
        let pair = Pair(profile, server: configuration(cache: 100))
        _ = try pair.subscribe("a", .register(alias: 1, type: 0, value: []))
        _ = try pair.subscribe("b", .register(alias: 1, type: 0, value: []))
        #expect(pair.server.close?.code == .duplicateAuthTokenAlias)
    }

    @Test(arguments: Profile.spoken) func `REGISTER counts though its message is rejected`(profile: Profile) throws {
        let pair = Pair(profile, server: configuration(cache: 100))
        _ = try pair.subscribe("a", .register(alias: 1, type: 2, value: [3]))
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

    private func configuration(cache: UInt64) -> SessionConfiguration {
        var configuration = SessionConfiguration.test
        configuration.tokenCacheSize = cache
        return configuration
    }
}

extension Pair {
    /// Subscribes with a token, and returns the tokens the server's application saw.
    fileprivate func subscribe(_ name: String, _ token: AuthorizationToken) throws -> [AuthorizationToken]? {
        var parameters = Parameters()
        parameters.authorizationTokens = [token]
        _ = try client.session.subscribe(track(name), parameters)
        run()
        guard case .subscribe(let message) = server.events.last else { return nil }
        return message.parameters.authorizationTokens
    }
}
