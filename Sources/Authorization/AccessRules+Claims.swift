internal import Credentials
internal import Glibc
internal import MoQTCodec
internal import MoQTRelay
internal import Wire

/// What tokens say themselves, as grants.
extension AccessRules {
    /// A token of moq-dev's kind: `put` may be published, `get` may be read.
    func grants(by token: JSONWebToken, _ issuer: Issuer, _ now: Instant) throws(TokenRefusal) -> [Grant] {
        let end = try check(token.claims, now)
        var grants = granted(to: issuer, until: end)
        for (paths, actions) in [(token.put, Grant.Actions.put), (token.get, .get)] {
            for path in paths {
                guard let prefix = Self.namespace(token.root, path) else {
                    throw TokenRefusal(.malformed, "a path that makes no namespace")
                }
                guard prefix.overlaps(issuer.ceiling) else { continue }
                let scope = NameScope(prefix: prefix.hasPrefix(issuer.ceiling) ? prefix : issuer.ceiling)
                grants.append(Grant(actions, scope, until: end))
            }
        }
        guard !grants.isEmpty else { throw TokenRefusal(.unauthorized, "it allows nothing here") }
        return grants
    }

    /// Slashes part the fields of a namespace; those at the ends, and doubled ones, stand for nothing.
    private static func namespace(_ paths: String...) -> TrackNamespace? {
        let fields = paths.flatMap { $0.utf8.split(separator: UInt8(ascii: "/")).map(Array.init) }
        return try? TrackNamespace(fields)
    }

    func grants(by token: CommonAccessToken, _ issuer: Issuer, _ now: Instant) throws(TokenRefusal) -> [Grant] {
        let end = try check(token.claims, now)
        var grants = granted(to: issuer, until: end)
        for said in token.scopes {
            var scope = NameScope(prefix: issuer.ceiling)
            scope.fields = said.namespace.map { NameScope.Match($0) }
            scope.isClosed = said.isClosed
            scope.track = said.track.map { NameScope.Match($0) }
            grants.append(Grant(Grant.Actions(said.actions), scope, until: end))
        }
        guard !grants.isEmpty else { throw TokenRefusal(.unauthorized, "it allows nothing here") }
        return grants
    }

    /// What rules allow whoever shows a token of the issuer.
    private func granted(to issuer: Issuer, until end: Instant?) -> [Grant] {
        (allowed[issuer.name] ?? []).map { Grant($0.actions, $0.scope, until: end) }
    }

    /// - Returns: when the token is no longer good; nil: never.
    private func check(_ claims: TokenClaims, _ now: Instant) throws(TokenRefusal) -> Instant? {
        if let wanted = claims.audience, audience.isDisjoint(with: wanted) {
            throw TokenRefusal(.unauthorized, "it is for somebody else: \(wanted.joined(separator: ", "))")
        }
        // Read as what is, so that a time that is no number allows nothing.
        if let start = claims.notBefore, !(start <= time(now)) {
            throw TokenRefusal(.unauthorized, "it is not good yet")
        }
        guard let expires = claims.expires else { return nil }
        guard let end = instant(expires, now) else { throw TokenRefusal(.expired, "it has expired") }
        return end
    }

    /// When it is so late; nil when that is past.
    func instant(_ seconds: Double, _ now: Instant) -> Instant? {
        let left = seconds - time(now)
        guard left > 0 else { return nil }
        // A century will do.
        return now + Interval(nanoseconds: UInt64(min(left, 3.2e9) * 1e9))
    }
}

extension Grant.Actions {
    /// What publishers do.
    static let put: Self = [.publish, .publishNamespace, .update]
    /// What subscribers do.
    static let get: Self = [.subscribe, .subscribeNamespace, .fetch, .trackStatus, .update]

    /// By the numbers of C4M.
    fileprivate init(_ numbers: [Int64]) {
        let known: [Int64: Self] = [
            2: .publishNamespace, 3: .subscribeNamespace, 4: .subscribe, 5: .update, 6: .publish, 7: .fetch,
            8: .trackStatus,
        ]
        self = numbers.reduce(into: []) { $0.formUnion(known[$1] ?? []) }
    }
}

extension NameScope.Match {
    fileprivate init(_ match: CommonAccessToken.Match) {
        self =
            switch match {
            case .exact(let bytes): .exact(bytes)
            case .prefix(let bytes): .prefix(bytes)
            case .suffix(let bytes): .suffix(bytes)
            }
    }
}
