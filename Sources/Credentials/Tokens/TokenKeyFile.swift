internal import FoundationEssentials

/// Files of keys that tokens are verified with.
package enum TokenKeyFile {
    /// The longest file that is read, in bytes.
    package static let limit = 1 << 20

    /// Keys of a file: a JSON Web Key or a set of them (RFC 7517), as JSON or that in base64url; a public key or a
    /// certificate in PEM; anything else is a shared secret, without the line end behind it.
    package static func keys(in bytes: [UInt8]) throws(TokenKeyError) -> [TokenKey] {
        var text = bytes
        while let last = text.last, last == UInt8(ascii: "\n") || last == UInt8(ascii: "\r") { text.removeLast() }
        if text.first == UInt8(ascii: "{") { return try web(text) }
        if text.starts(with: Array("-----BEGIN".utf8)) {
            return [try TokenKey(id: nil, .published(try PublicKey.pem(bytes)), only: nil)]
        }
        if let inner = Base64URL.decode(text), inner.first == UInt8(ascii: "{") { return try web(inner) }
        return [try TokenKey(secret: text)]
    }

    private static func web(_ json: [UInt8]) throws(TokenKeyError) -> [TokenKey] {
        let decoder = JSONDecoder()
        let set: [WebKey]
        do {
            set = try decoder.decode(WebKeySet.self, from: Data(json)).keys
        } catch {
            do { set = [try decoder.decode(WebKey.self, from: Data(json))] } catch {
                throw .unusable("expected a JSON Web Key or a set of them")
            }
        }
        var keys: [TokenKey] = []
        for key in set { keys.append(try key.verifying()) }
        guard !keys.isEmpty else { throw .unusable("a set without keys") }
        return keys
    }
}

private struct WebKeySet: Decodable {
    var keys: [WebKey]
}

/// RFC 7517 §4, RFC 7518 §6, RFC 8037 §2.
private struct WebKey: Decodable {
    var kty: String
    var kid: String?
    var alg: String?
    var use: String?
    var key_ops: [String]?
    var k: String?
    var n: String?
    var e: String?
    var crv: String?
    var x: String?
    var y: String?

    func verifying() throws(TokenKeyError) -> TokenKey {
        guard use.map({ $0 == "sig" }) ?? true, key_ops?.contains(where: { $0 == "verify" || $0 == "sign" }) ?? true
        else { throw .unusable("it is not for signatures") }
        var only: SignatureAlgorithm?
        if let alg {
            only = SignatureAlgorithm(rawValue: alg)
            guard only != nil else { throw .unusable("its alg is not known here") }
        }
        return try TokenKey(id: kid, try material(), only: only)
    }

    private func material() throws(TokenKeyError) -> TokenKey.Material {
        switch (kty, crv) {
        case ("oct", _): .secret(try bytes(k, "k"))
        case ("RSA", _): .published(try .rsa(modulus: try bytes(n, "n"), exponent: try bytes(e, "e")))
        case ("EC", "P-256"?), ("EC", "P-384"?):
            .published(try .curve(crv ?? "", x: try bytes(x, "x"), y: try bytes(y, "y")))
        case ("OKP", "Ed25519"?): .published(try .ed25519(try bytes(x, "x")))
        default: throw .unusable("expected kty oct, RSA, EC with P-256 or P-384, or OKP with Ed25519")
        }
    }

    private func bytes(_ text: String?, _ name: String) throws(TokenKeyError) -> [UInt8] {
        guard let text, let bytes = Base64URL.decode(Array(text.utf8)) else {
            throw .unusable("expected \(name) in base64url")
        }
        return bytes
    }
}
