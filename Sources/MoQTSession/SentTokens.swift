internal import MoQTCodec
internal import Wire

/// The aliases of tokens that we have registered with the peer (draft-18 "AUTHORIZATION TOKEN Parameter").
///
/// Streams overtake each other: an alias is used on another stream only once its registration was answered, and
/// deleted only once every message was that uses it.
struct SentTokens {
    private struct Alias {
        /// The request whose stream has the registration; nil: a control stream.
        var home: RequestID?
        /// The message that registers it, and those that use it, as far as they have no answer.
        var registration: RequestID?
        var uses: Set<RequestID> = []
        /// What it takes of the peer's MAX_AUTH_TOKEN_CACHE_SIZE.
        var size: UInt64
    }

    private var aliases: [UInt64: Alias] = [:]

    /// Notes what the tokens of a message do.
    /// - Parameters:
    ///   - message: the request, or the update.
    ///   - home: the request whose stream it goes on; nil: the control stream that requests share.
    ///   - limit: MAX_AUTH_TOKEN_CACHE_SIZE of the peer; nil: its SETUP has not come.
    /// - Throws: ``SessionError/invalid(_:)`` for what the peer could not take.
    mutating func note(
        _ tokens: [AuthorizationToken], in message: RequestID, on home: RequestID?, limit: UInt64?
    ) throws(SessionError) {
        for token in tokens {
            switch token {
            case .useValue: break
            case .register(let alias, _, let value):
                guard let limit else { throw .invalid("an alias of a token before the peer's SETUP") }
                guard aliases[alias] == nil else { throw .invalid("token alias \(alias) is registered already") }
                let entry = Alias(home: home, registration: message, size: 16 + UInt64(value.count))
                guard fits(entry, limit) else { throw .invalid("the peer keeps \(limit) bytes of tokens") }
                aliases[alias] = entry
            case .useAlias(let alias):
                try find(alias, on: home)
                aliases[alias]?.uses.insert(message)
            case .delete(let alias):
                let entry = try find(alias, on: home)
                guard entry.uses.isEmpty else { throw .invalid("what uses token alias \(alias) has no answer") }
                aliases[alias] = nil
            }
        }
    }

    /// What SETUP has registered, as far as the peer takes it (draft-18 "AUTHORIZATION TOKEN").
    mutating func noteSetup(_ tokens: [AuthorizationToken], limit: UInt64) {
        for case .register(let alias, _, let value) in tokens {
            let entry = Alias(home: nil, registration: nil, size: 16 + UInt64(value.count))
            if aliases[alias] == nil && fits(entry, limit) { aliases[alias] = entry }
        }
    }

    /// A request or an update was answered.
    mutating func answered(_ message: RequestID) {
        for alias in aliases.keys {
            if aliases[alias]?.registration == message { aliases[alias]?.registration = nil }
            aliases[alias]?.uses.remove(message)
        }
    }

    @discardableResult
    private func find(_ alias: UInt64, on home: RequestID?) throws(SessionError) -> Alias {
        guard let entry = aliases[alias] else { throw .invalid("token alias \(alias) is not registered") }
        guard entry.registration == nil || entry.home == home else {
            throw .invalid("the registration of token alias \(alias) has no answer")
        }
        return entry
    }

    private func fits(_ entry: Alias, _ limit: UInt64) -> Bool {
        aliases.values.reduce(entry.size) { $0 + $1.size } <= limit
    }
}
