@testable import Credentials
import Testing

/// RFC 7515, RFC 7518, RFC 7519, RFC 8037.
@Suite struct JSONWebTokenTests {
    private func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

    private func keys(_ vector: TokenVector) throws -> [TokenKey] { try TokenKeyFile.keys(in: bytes(vector.key)) }

    @Test(arguments: TokenVector.all) func `a good signature is known`(vector: TokenVector) throws {
        let token = try SignedToken(bytes(vector.token))
        for key in try keys(vector) {
            #expect(key.verifies(token.signature, of: token.message, vector.algorithm))
            for other in SignatureAlgorithm.allCases where other != vector.algorithm {
                #expect(!key.verifies(token.signature, of: token.message, other), "\(other)")
            }
        }
    }

    @Test(arguments: TokenVector.all) func `no bit of what is signed or of the signature may change`(
        vector: TokenVector
    )
        throws
    {
        let token = try SignedToken(bytes(vector.token))
        let key = try #require(try keys(vector).first)
        for index in token.message.indices {
            var message = token.message
            message[index] ^= 1
            #expect(!key.verifies(token.signature, of: message, vector.algorithm))
        }
        for index in stride(from: 0, to: token.signature.count, by: 5) {
            var signature = token.signature
            signature[index] ^= 0x10
            #expect(!key.verifies(signature, of: token.message, vector.algorithm))
        }
        #expect(!key.verifies([], of: token.message, vector.algorithm))
        #expect(!key.verifies(token.signature + [0], of: token.message, vector.algorithm))
    }

    @Test(arguments: TokenVector.all) func `a token that is cut short anywhere is refused`(vector: TokenVector) throws {
        let keys = try keys(vector), whole = bytes(vector.token)
        for count in 0..<whole.count {
            #expect(throws: TokenError.self) {
                _ = try JSONWebToken(try SignedToken(Array(whole.prefix(count))), keys: keys)
            }
        }
    }

    @Test func `claims are those of moq-dev`() throws {
        for vector in TokenVector.all.suffix(3) {
            let token = try JSONWebToken(try SignedToken(bytes(vector.token)), keys: try keys(vector))
            #expect(token.root == "demo" && token.get == [""] && token.put == ["me"])
            #expect(token.claims == TokenClaims())
        }
        let old = try JSONWebToken(
            try SignedToken(bytes(TokenVector.all[0].token)), keys: try keys(TokenVector.all[0]))
        #expect(old.claims.expires == 1_300_819_380 && old.put.isEmpty && old.get.isEmpty)
    }

    @Test func `a token does not choose how it is verified`() throws {
        // A public key is no secret.
        let vector = TokenVector.all[1]
        let key = try #require(try keys(vector).first)
        #expect(key.algorithms.isDisjoint(with: [.hs256, .hs384, .hs512]))
        // {"alg":"none"}
        let none = "eyJhbGciOiJub25lIn0." + vector.token.split(separator: ".")[1] + "."
        #expect(throws: TokenError.unverified("its alg is not known here")) {
            _ = try JSONWebToken(try SignedToken(bytes(none)), keys: [key])
        }
    }

    @Test func `what must be understood and is not is refused`() throws {
        // {"alg":"HS256","crit":["b64"]}
        let token = "eyJhbGciOiJIUzI1NiIsImNyaXQiOlsiYjY0Il19.e30.AAAA"
        #expect(throws: TokenError.malformed("it has a crit header")) {
            _ = try JSONWebToken(try SignedToken(bytes(token)), keys: [])
        }
    }

    @Test(arguments: [
        "", ".", "..", "...", "a.b.c", "e30.e30.e30", "e30.e30.e30=", "W10.e30.", "bnVsbA.e30.", "MQ.e30.",
    ])
    func `what is no token is malformed`(text: String) {
        #expect {
            _ = try JSONWebToken(try SignedToken(bytes(text)), keys: [])
        } throws: {
            if case .malformed? = $0 as? TokenError { true } else { false }
        }
    }

    @Test func `a token has a longest length`() {
        #expect(throws: TokenError.malformed("it is longer than 16384 bytes")) {
            _ = try SignedToken([UInt8](repeating: 0x41, count: 16385))
        }
    }

    // MARK: - Keys

    @Test func `a set has several keys, and kid chooses among them`() throws {
        let secret = "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"
        let keys = try TokenKeyFile.keys(
            in: bytes(
                """
                {"keys":[{"kty":"oct","kid":"a","k":"\(secret)"},{"kty":"oct","kid":"b","alg":"HS512","k":"\(secret)"}]}
                """))
        #expect(keys.map(\.id) == ["a", "b"])
        #expect(keys[0].algorithms == [.hs256, .hs384, .hs512] && keys[1].algorithms == [.hs512])
        let token = try SignedToken(bytes(TokenVector.all[0].token))
        #expect(throws: Never.self) { _ = try JSONWebToken(token, keys: [keys[0]]) }
        #expect(throws: TokenError.unverified("no key verifies its signature")) {
            _ = try JSONWebToken(token, keys: [keys[1]])
        }
    }

    @Test func `a file is a key as JSON, that in base64url, PEM, or a secret`() throws {
        let secret = [UInt8](repeating: 0x73, count: 32)
        #expect(try TokenKeyFile.keys(in: secret + [0x0D, 0x0A]).first?.algorithms == [.hs256])
        // {"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}
        let wrapped =
            "eyJrdHkiOiJPS1AiLCJjcnYiOiJFZDI1NTE5IiwieCI6IjExcVlBWUt4Q3JmVlNfN1R5V1FIT2c3aGN2UGFwaU1scndJYWFQY0hVUm8ifQ"
        #expect(try TokenKeyFile.keys(in: bytes(wrapped)).first?.algorithms == [.edDSA])
    }

    @Test(arguments: [
        "short", "{}", "{", #"{"keys":[]}"#, #"{"kty":"oct"}"#, #"{"kty":"oct","k":"c2hvcnQ"}"#, #"{"kty":"what"}"#,
        #"{"kty":"RSA","n":"AQAB","e":"AQAB"}"#, #"{"kty":"EC","crv":"P-256","x":"AQAB","y":"AQAB"}"#,
        #"{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"}"#,
        #"{"kty":"OKP","crv":"Ed25519","x":"AQAB"}"#,
        #"{"kty":"OKP","crv":"Ed25519","alg":"HS256","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#,
        #"{"kty":"OKP","crv":"Ed25519","use":"enc","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#,
        "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n",
    ])
    func `what is no key that can be used is refused`(text: String) {
        #expect(throws: TokenKeyError.self) { _ = try TokenKeyFile.keys(in: bytes(text)) }
    }

    @Test func `base64url is read as it is written`() {
        #expect(Base64URL.decode(bytes("-_8")) == [0xFB, 0xFF])
        for wrong in ["A", "AB", "A=", "+/8", "AAA=", "A A", "AAB"] where wrong != "AAB" {
            #expect(Base64URL.decode(bytes(wrong)) == nil, "\(wrong)")
        }
        #expect(Base64URL.decode(bytes("")) == [])
    }
}
