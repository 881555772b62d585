internal import Credentials
internal import Glibc
internal import MoQTCodec
package import MoQTRelay
package import Wire

/// Who may do what, as an ``AccessFile`` says; nobody may do anything else.
package struct AccessRules: Authorizer {
    /// A shared secret, by its digest.
    struct Secret: Sendable {
        var name: String
        var digest: [UInt8]
    }

    /// Keys by which tokens that say themselves what they are good for are known.
    struct Issuer: Sendable {
        enum Kind: Sendable {
            case json
            case commonAccess(CommonAccessToken.ClaimKeys)
        }

        var name: String
        var kind: Kind
        var keys: [TokenKey]
        /// Its tokens are good for nothing outside.
        var ceiling: TrackNamespace
    }

    /// A client's certificate.
    struct Holder: Sendable {
        enum Proof: Sendable {
            /// Exactly this one.
            case fingerprint(Fingerprint)
            /// One of these authorities has signed it; with this common name, unless that is nil.
            case signed(by: CertificateAuthorities, commonName: String?)
        }

        var name: String
        var proof: Proof
    }

    var secrets: [Secret] = []
    var issuers: [Issuer] = []
    var holders: [Holder] = []
    /// Whom tokens with an audience may be for.
    var audience: Set<String> = []
    /// What the rules allow by name; ``anyone`` needs to show nothing.
    var allowed: [String: [Grant]] = [:]
    /// Seconds since 1970 at an instant.
    let time: @Sendable (Instant) -> Double

    static let anyone = "anyone"

    /// - Parameter time: seconds since 1970 at an instant; nil: what the system's clock shows whenever it is asked.
    init(time: (@Sendable (Instant) -> Double)?) {
        self.time =
            time ?? { _ in
                var now = timespec()
                clock_gettime(CLOCK_REALTIME, &now)
                return Double(now.tv_sec) + Double(now.tv_nsec) / 1e9
            }
    }

    /// Clients have to be asked for a certificate.
    package var wantsCertificates: Bool { !holders.isEmpty }

    // MARK: - Authorizer

    package func grants(to certificates: [[UInt8]], now: Instant) -> [Grant] {
        var grants = allowed[Self.anyone] ?? []
        guard let leaf = certificates.first else { return grants }
        for holder in holders {
            let end: Double?
            switch holder.proof {
            case .fingerprint(let wanted):
                guard Fingerprint(of: leaf) == wanted else { continue }
                end = CertificateAuthorities.end(of: leaf)
            case .signed(let authorities, let name):
                guard let found = authorities.accept(certificates, at: time(now), commonName: name) else { continue }
                end = found
            }
            // A certificate whose end nobody can read is good for nothing.
            guard let end, let until = instant(end, now) else { continue }
            grants += (allowed[holder.name] ?? []).map { Grant($0.actions, $0.scope, until: until) }
        }
        return grants
    }

    package func grants(by value: Bytes, type: UInt64, now: Instant) throws(TokenRefusal) -> [Grant] {
        switch type {
        case 0: try grants(byAny: value.array, now)
        case 1: try grants(byCommonAccess: value.array, now)
        default: []
        }
    }

    private func grants(byAny value: [UInt8], _ now: Instant) throws(TokenRefusal) -> [Grant] {
        if let name = secret(value) { return allowed[name] ?? [] }
        guard !issuers.isEmpty else { throw TokenRefusal(.unauthorized, "no secret of this kind is known") }
        let token = try signed(value)
        guard token.header.first == UInt8(ascii: "{") else { return try grants(byCommonAccess: value, now) }
        var refusal = TokenRefusal(.unauthorized, "there is no key for JSON Web Tokens")
        for issuer in issuers {
            guard case .json = issuer.kind else { continue }
            let known: JSONWebToken
            do throws(TokenError) { known = try JSONWebToken(token, keys: issuer.keys) } catch {
                refusal = TokenRefusal(error)
                if refusal.kind == .malformed { break }
                continue
            }
            return try grants(by: known, issuer, now)
        }
        throw refusal
    }

    private func grants(byCommonAccess value: [UInt8], _ now: Instant) throws(TokenRefusal) -> [Grant] {
        let token: SignedToken? = CommonAccessToken.isCOSE(value) ? nil : try signed(value)
        var refusal = TokenRefusal(.unauthorized, "there is no key for Common Access Tokens")
        for issuer in issuers {
            guard case .commonAccess(let numbers) = issuer.kind else { continue }
            let known: CommonAccessToken
            do throws(TokenError) {
                known =
                    if let token { try CommonAccessToken(token, keys: issuer.keys, claims: numbers) } else {
                        try CommonAccessToken(cose: value, keys: issuer.keys, claims: numbers)
                    }
            } catch {
                refusal = TokenRefusal(error)
                if refusal.kind == .malformed { break }
                continue
            }
            return try grants(by: known, issuer, now)
        }
        throw refusal
    }

    private func signed(_ value: [UInt8]) throws(TokenRefusal) -> SignedToken {
        do throws(TokenError) { return try SignedToken(value) } catch { throw TokenRefusal(error) }
    }

    /// The name of a secret that is known.
    private func secret(_ value: [UInt8]) -> String? {
        let digest = SHA256.digest(value)
        var found: String?
        // All are compared, so that the time does not tell which it is.
        for secret in secrets where TokenKey.isEqual(secret.digest, digest) { found = secret.name }
        return found
    }
}

extension TokenRefusal {
    fileprivate init(_ error: TokenError) {
        switch error {
        case .malformed(let why): self.init(.malformed, why)
        case .unverified(let why): self.init(.unauthorized, why)
        }
    }
}
