/// A Common Access Token (CTA-5007, a CBOR Web Token) with the claim of MoQT (C4M), whose signature is good.
package struct CommonAccessToken: Hashable, Sendable {
    /// What the bytes of a field or a track name have to be.
    package enum Match: Hashable, Sendable {
        case exact([UInt8])
        case prefix([UInt8])
        case suffix([UInt8])
    }

    /// Actions, and what they are allowed on.
    package struct Scope: Hashable, Sendable {
        /// By C4M's numbers, such as 4 for SUBSCRIBE.
        package var actions: [Int64]
        /// What the first fields of a namespace have to be.
        package var namespace: [Match] = []
        /// There may be no further fields.
        package var isClosed = false
        /// What the track name has to be; nil: anything.
        package var track: Match?
    }

    package let claims: TokenClaims
    package let scopes: [Scope]

    /// Keys of the claims that have no registered number yet.
    package struct ClaimKeys: Hashable, Sendable {
        package var scopes: Int64
        /// How often the token has to be looked at again, in seconds; nil: it is not known.
        package var revalidation: Int64?

        package init(scopes: Int64, revalidation: Int64? = nil) {
            self.scopes = scopes
            self.revalidation = revalidation
        }
    }

    /// `HEADER.CLAIMS.SIGNATURE`, each in base64url, as C4M's own vectors are.
    /// - Parameter keys: one of them must have signed it.
    package init(_ token: SignedToken, keys: [TokenKey], claims numbers: ClaimKeys) throws(TokenError) {
        try self.init(
            Parts(
                header: try CBOR(token.header), payload: token.payload, signature: token.signature,
                message: token.message), keys, numbers)
    }

    /// COSE_Mac0 or COSE_Sign1, with or without the tag of a CBOR Web Token (RFC 8392 §6, RFC 9052 §4, §6).
    package init(cose bytes: [UInt8], keys: [TokenKey], claims numbers: ClaimKeys) throws(TokenError) {
        guard bytes.count <= SignedToken.limit else { throw .malformed("it is longer than \(SignedToken.limit) bytes") }
        try self.init(try Parts(cose: try CBOR(bytes)), keys, numbers)
    }

    /// Whether bytes can only be COSE, not text: they begin with its tags.
    package static func isCOSE(_ bytes: [UInt8]) -> Bool { bytes.first.map { $0 >= 0x80 } ?? false }

    private struct Parts {
        /// With the algorithm.
        var header: CBOR
        var payload: [UInt8]
        var signature: [UInt8]
        /// What was signed.
        var message: [UInt8]

        init(header: CBOR, payload: [UInt8], signature: [UInt8], message: [UInt8]) {
            self.header = header
            self.payload = payload
            self.signature = signature
            self.message = message
        }

        init(cose item: CBOR) throws(TokenError) {
            var item = item
            if case .tagged(61, let inner) = item { item = inner }
            let context: String
            switch item {
            case .tagged(17, let inner): (context, item) = ("MAC0", inner)
            case .tagged(18, let inner): (context, item) = ("Signature1", inner)
            default: throw .malformed("expected COSE_Mac0 or COSE_Sign1")
            }
            guard case .array(let parts) = item, parts.count == 4, case .bytes(let protected) = parts[0],
                case .map = parts[1], case .bytes(let payload) = parts[2], case .bytes(let signature) = parts[3]
            else { throw .malformed("expected four parts of COSE") }
            self.init(
                header: try CBOR(protected), payload: payload, signature: signature,
                message: [0x84] + CBOR.encode(Array(context.utf8), as: 3) + CBOR.encode(protected) + CBOR.encode([])
                    + CBOR.encode(payload))
        }
    }

    private init(_ parts: Parts, _ keys: [TokenKey], _ numbers: ClaimKeys) throws(TokenError) {
        guard let number = parts.header[1]?.integer else { throw .malformed("its header has no algorithm") }
        if parts.header[2] != nil { throw .malformed("its header has crit") }
        guard let algorithm = Self.algorithms[number] else { throw .unverified("its algorithm is not known here") }
        guard keys.contains(where: { $0.verifies(parts.signature, of: parts.message, algorithm) }) else {
            throw .unverified("no key verifies its signature")
        }
        let body = try CBOR(parts.payload)
        guard case .map(let pairs) = body else { throw .malformed("its claims are no map") }
        guard Set(pairs.map(\.key)).count == pairs.count else { throw .malformed("a claim comes twice") }
        for key in Self.unenforced where body[key] != nil {
            throw .unverified("it is bound by claim \(key), which is not known here")
        }
        if let key = numbers.revalidation, let value = body[key], value != .unsigned(0) {
            throw .unverified("it has to be validated again, which is not known here")
        }
        claims = TokenClaims(
            expires: try Self.time(body[4]), notBefore: try Self.time(body[5]), audience: try Self.audience(body[3]))
        scopes = try body[numbers.scopes].map { value throws(TokenError) in try Self.scopes(value) } ?? []
    }

    /// COSE's numbers; C4M's vectors use -4 for HMAC with SHA-256.
    private static let algorithms: [Int64: SignatureAlgorithm] = [
        -4: .hs256, 5: .hs256, 6: .hs384, 7: .hs512, -7: .es256, -35: .es384, -8: .edDSA, -37: .ps256, -38: .ps384,
        -39: .ps512, -257: .rs256, -258: .rs384, -259: .rs512,
    ]

    /// Claims that narrow what a token is good for, and that nobody here can check: confirmation, geography, version of
    /// CAT, networks, URIs, ALPN, headers, and proof of possession.
    private static let unenforced: [Int64] = [8, 282, 308, 309, 311, 312, 313, 314, 315, 316, 317, 318, 319, 320, 321]

    private static func time(_ value: CBOR?) throws(TokenError) -> Double? {
        switch value {
        case nil: return nil
        case .float(let seconds)? where seconds.isFinite: return seconds
        case let value?:
            guard let seconds = value.integer else { throw .malformed("a time that is no number") }
            return Double(seconds)
        }
    }

    private static func audience(_ value: CBOR?) throws(TokenError) -> [String]? {
        switch value {
        case nil: return nil
        case .text(let one)?: return [String(decoding: one, as: UTF8.self)]
        case .array(let list)?:
            return list.compactMap { if case .text(let one) = $0 { String(decoding: one, as: UTF8.self) } else { nil } }
        default: throw .malformed("its audience is no text")
        }
    }

    // MARK: - Scopes

    private static func scopes(_ value: CBOR) throws(TokenError) -> [Scope] {
        guard case .array(let list) = value else { throw .malformed("its scopes are no list") }
        var scopes: [Scope] = []
        for item in list { scopes.append(try scope(item)) }
        return scopes
    }

    private static func scope(_ value: CBOR) throws(TokenError) -> Scope {
        guard case .array(let parts) = value, (1...3).contains(parts.count), case .array(let actions) = parts[0] else {
            throw .malformed("a scope is no list of actions, namespace and track")
        }
        var scope = Scope(actions: actions.compactMap(\.integer))
        if parts.count > 1 {
            guard case .array(let fields) = parts[1] else { throw .malformed("a scope's namespace is no list") }
            for field in fields {
                guard !scope.isClosed else { throw .malformed("a scope's namespace goes on behind its end") }
                if field == .null { scope.isClosed = true } else { scope.namespace.append(try match(field)) }
            }
        }
        if parts.count > 2 { scope.track = try match(parts[2]) }
        return scope
    }

    private static func match(_ value: CBOR) throws(TokenError) -> Match {
        switch value {
        case .bytes(let bytes): return .exact(bytes)
        case .array(let parts) where parts.count == 2:
            guard case .bytes(let bytes) = parts[1] else { break }
            switch parts[0] {
            case .unsigned(1): return .prefix(bytes)
            case .unsigned(2): return .suffix(bytes)
            default: break
            }
        default: break
        }
        throw .malformed("a scope has a match that is neither bytes nor a prefix or suffix")
    }
}
