internal import MoQTCodec
internal import Wire

/// The tokens the peer has registered (draft-18 "AUTHORIZATION TOKEN Parameter").
struct TokenCache {
    private struct Token: Hashable {
        var type: UInt64
        var value: Bytes
    }

    /// MAX_AUTH_TOKEN_CACHE_SIZE in bytes.
    let limit: UInt64
    /// A message may have the same token twice.
    let takesRepeated: Bool
    private var used: UInt64 = 0
    private var registered: [UInt64: Token] = [:]

    init(limit: UInt64, takesRepeated: Bool) {
        self.limit = limit
        self.takesRepeated = takesRepeated
    }

    /// Carries out what `tokens` say of aliases, and returns the tokens that are used, each once and by value.
    /// - Parameter isSetup: in SETUP a token that does not fit is used once, instead of ending the session.
    /// - Throws: what closes the session. A message that names an alias which is not registered does, too: no draft has
    ///   an error of requests for that, only one of sessions.
    mutating func resolve(
        _ tokens: [AuthorizationToken], isSetup: Bool = false, offset: UInt64
    ) throws(CodecError) -> [AuthorizationToken] {
        if tokens.isEmpty { return [] }
        var seen: Set<Token> = []
        var result: [AuthorizationToken] = []
        for token in tokens {
            guard let token = try resolve(token, isSetup, offset) else { continue }
            guard seen.insert(token).inserted else {
                if takesRepeated { continue }
                throw Self.error(.protocolViolation, "the same token twice in a message", offset)
            }
            result.append(.useValue(type: token.type, value: token.value))
        }
        return result
    }

    private mutating func resolve(
        _ token: AuthorizationToken, _ isSetup: Bool, _ offset: UInt64
    ) throws(CodecError) -> Token? {
        switch token {
        case .useValue(let type, let value):
            return Token(type: type, value: value)
        case .useAlias(let alias):
            guard let token = registered[alias] else {
                throw Self.error(.unknownAuthTokenAlias, "alias \(alias) is not registered", offset)
            }
            return token
        case .delete(let alias):
            guard let token = registered.removeValue(forKey: alias) else {
                throw Self.error(.unknownAuthTokenAlias, "alias \(alias) is not registered", offset)
            }
            used -= Self.size(token)
            return nil
        case .register(let alias, let type, let value):
            // Kept for the session; the message it came in is not.
            let token = Token(type: type, value: value.compact)
            guard registered[alias] == nil else {
                throw Self.error(.duplicateAuthTokenAlias, "alias \(alias) is registered already", offset)
            }
            if Self.size(token) > limit - used {
                if isSetup { return token }
                throw Self.error(.authTokenCacheOverflow, "\(Self.size(token)) bytes more than \(limit)", offset)
            }
            used += Self.size(token)
            registered[alias] = token
            return token
        }
    }

    private static func size(_ token: Token) -> UInt64 { 16 + UInt64(token.value.count) }

    private static func error(_ code: SessionCode, _ what: String, _ offset: UInt64) -> CodecError {
        CodecError(.session(code), what, field: "Token Alias", offset: offset, section: "AUTHORIZATION TOKEN Parameter")
    }
}
