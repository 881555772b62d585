internal import FoundationEssentials

/// A signed JSON Web Token (RFC 7519) whose signature is good, with the claims of moq-dev's relays.
package struct JSONWebToken: Hashable, Sendable {
    package let claims: TokenClaims
    /// The path that the others are below; empty: all.
    package let root: String
    /// Paths below the root that may be read; an empty one is the root itself.
    package let get: [String]
    /// Paths below the root that may be written.
    package let put: [String]

    /// - Parameter keys: one of them must have signed it.
    package init(_ token: SignedToken, keys: [TokenKey]) throws(TokenError) {
        let header: Header
        do { header = try JSONDecoder().decode(Header.self, from: Data(token.header)) } catch {
            throw .malformed("its header is not JSON, or has no alg")
        }
        // RFC 7515 §4.1.11: what must be understood and is not.
        if header.crit != nil { throw .malformed("it has a crit header") }
        guard let algorithm = SignatureAlgorithm(rawValue: header.alg) else {
            throw .unverified("its alg is not known here")
        }
        let isSigned = keys.contains { key in
            (header.kid == nil || key.id == nil || key.id == header.kid)
                && key.verifies(token.signature, of: token.message, algorithm)
        }
        guard isSigned else { throw .unverified("no key verifies its signature") }
        let body: Body
        do { body = try JSONDecoder().decode(Body.self, from: Data(token.payload)) } catch {
            throw .malformed("its claims are not JSON, or of the wrong type")
        }
        claims = TokenClaims(expires: body.exp, notBefore: body.nbf, audience: body.aud?.list)
        root = body.root ?? ""
        get = body.get?.list ?? []
        put = body.put?.list ?? []
    }

    private struct Header: Decodable {
        var alg: String
        var kid: String?
        var crit: [String]?
    }

    private struct Body: Decodable {
        var exp: Double?
        var nbf: Double?
        var aud: OneOrMore?
        var root: String?
        var get: OneOrMore?
        var put: OneOrMore?
    }

    /// A string, or a list of them.
    private struct OneOrMore: Decodable {
        let list: [String]

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if let one = try? container.decode(String.self) {
                list = [one]
            } else {
                list = try container.decode([String].self)
            }
        }
    }
}
