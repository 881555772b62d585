@testable import Credentials
import Testing

/// CTA-5007, RFC 8392, RFC 8949, RFC 9052 and C4M.
@Suite struct CommonAccessTokenTests {
    private static let vector = """
        ogEjEGNDQVQ.owF4GGh0dHBzOi8vYXV0aC5leGFtcGxlLmNvbQOBeBlodHRwczovL3JlbGF5LmV4YW1wbGUuY29tBBplVUKA.\
        W17GD7Gj-B0YtejX7fRwLlUmEkje-ME81oCc9oZaaYY
        """
    private static let mac0 = hex(
        "d18443a10105a047a1041a7fffffff582068a542c01377ee94899e3a37b3eea6cfac5c80613e9acad631a37324eef4cfeb")
    private static let sign1 = hex(
        "d83dd28443a10126a047a1041a7fffffff584011ebff1ed878b5515bf732be8ec5846c47e9d1ea297fa9c82a8dc6989353b4c446ff"
            + "4d8cd3a5437ceb481e62a9c52d05be206b5000a2de136012b775facaa779")
    private static let publicKey = """
        -----BEGIN PUBLIC KEY-----
        MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAENLwz7+K7dVGD4mnmzOOHl/XjjEha
        OsZFFs4eXUcfWjG7xY4nJBtyqnq4EOpOOtcbxDlvsNJf5WY8tNQVb15+MQ==
        -----END PUBLIC KEY-----

        """
    private let numbers = CommonAccessToken.ClaimKeys(scopes: 1000, revalidation: 1001)

    private static func hex(_ text: String) -> [UInt8] {
        var digits = text.utf8.map { UInt8($0 < 0x3A ? $0 - 0x30 : $0 - 0x57) }[...]
        var bytes: [UInt8] = []
        while let high = digits.popFirst(), let low = digits.popFirst() { bytes.append(high << 4 | low) }
        return bytes
    }

    private func keys() throws -> [TokenKey] {
        [try TokenKey(secret: Array(0..<32))] + (try TokenKeyFile.keys(in: Array(Self.publicKey.utf8)))
    }

    @Test func `the vector of C4M is good`() throws {
        let token = try CommonAccessToken(
            try SignedToken(Array(Self.vector.utf8)), keys: try keys(), claims: numbers)
        #expect(token.claims.expires == 1_700_086_400 && token.claims.audience == ["https://relay.example.com"])
        #expect(token.scopes.isEmpty)
        #expect(throws: TokenError.unverified("no key verifies its signature")) {
            _ = try CommonAccessToken(
                try SignedToken(Array(Self.vector.utf8)), keys: [try TokenKey(secret: Array(1..<33))], claims: numbers)
        }
    }

    @Test func `COSE is read in both forms`() throws {
        for bytes in [Self.mac0, Self.sign1] {
            #expect(CommonAccessToken.isCOSE(bytes))
            let token = try CommonAccessToken(cose: bytes, keys: try keys(), claims: numbers)
            #expect(token.claims.expires == 0x7FFF_FFFF)
        }
    }

    @Test func `what is cut short or changed anywhere is refused`() throws {
        let keys = try keys()
        for whole in [Self.mac0, Self.sign1] {
            for count in 0..<whole.count {
                #expect(throws: TokenError.self) {
                    _ = try CommonAccessToken(cose: Array(whole.prefix(count)), keys: keys, claims: numbers)
                }
            }
            // Another tag, or another unprotected header, changes nothing that was signed.
            for index in whole.indices.dropFirst(9) {
                var changed = whole
                changed[index] ^= 1
                #expect(throws: TokenError.self) {
                    _ = try CommonAccessToken(cose: changed, keys: keys, claims: numbers)
                }
            }
        }
        let text = Array(Self.vector.utf8)
        for count in 0..<text.count {
            #expect(throws: TokenError.self) {
                _ = try CommonAccessToken(try SignedToken(Array(text.prefix(count))), keys: keys, claims: numbers)
            }
        }
    }

    // MARK: - Claims

    /// A token in COSE_Mac0 with these claims.
    private func token(_ claims: [UInt8]) throws -> CommonAccessToken {
        let protected: [UInt8] = [0xA1, 0x01, 0x05]
        let message =
            [0x84] + CBOR.encode(Array("MAC0".utf8), as: 3) + CBOR.encode(protected) + CBOR.encode([])
            + CBOR.encode(claims)
        let key = [UInt8](0..<32)
        let block = key + [UInt8](repeating: 0, count: 32)
        let inner = SHA256.digest(block.map { $0 ^ 0x36 } + message)
        let code = SHA256.digest(block.map { $0 ^ 0x5C } + inner)
        let bytes = [0xD1, 0x84] + CBOR.encode(protected) + [0xA0] + CBOR.encode(claims) + CBOR.encode(code)
        return try CommonAccessToken(cose: bytes, keys: [try TokenKey(secret: key)], claims: numbers)
    }

    @Test func `scopes say what is allowed where`() throws {
        // {1000: [[[2, 6], ['live', [1, 'cam'], nil]], [[4, 7], ['live'], [2, 'x']], [[8]]]}
        let token = try token(
            Self.hex("a11903e8838282020683446c697665820143") + Array("cam".utf8)
                + Self.hex("f68382040781446c69766582024178818108"))
        let live = CommonAccessToken.Match.exact(Array("live".utf8))
        #expect(
            token.scopes == [
                .init(actions: [2, 6], namespace: [live, .prefix(Array("cam".utf8))], isClosed: true),
                .init(actions: [4, 7], namespace: [live], track: .suffix([0x78])),
                .init(actions: [8]),
            ])
    }

    @Test(arguments: [
        "a11903e800", "a11903e88100", "a11903e88180", "a11903e8818100", "a11903e881828104f6",
        "a11903e88182810481f6f6f6",
        "a11903e881828104828103", "a11903e88182810481820341aa", "a104617a", "a1044102", "a10300", "80", "a2040104",
        "a204010402", "a104fb7ff8000000000000",
    ])
    func `claims of the wrong form are malformed`(claims: String) {
        #expect {
            _ = try token(Self.hex(claims))
        } throws: {
            if case .malformed? = $0 as? TokenError { true } else { false }
        }
    }

    @Test(arguments: ["a10801", "a119013700", "a119014100", "a11903e901"])
    func `what binds a token and cannot be checked makes it useless`(claims: String) {
        #expect {
            _ = try token(Self.hex(claims))
        } throws: {
            if case .unverified? = $0 as? TokenError { true } else { false }
        }
    }

    @Test func `a token that need never be validated again is good`() throws {
        #expect(try token(Self.hex("a11903e900")).scopes.isEmpty)
    }

    // MARK: - CBOR

    @Test(arguments: [
        "", "18", "1900", "5f", "9f", "bf", "ff", "1c", "41", "81", "a1", "a100", "c1", "0000", "9bffffffffffffffff",
        "bbffffffffffffffff", "5bffffffffffffffff", "f8", "f9", "fb00", String(repeating: "81", count: 40) + "00",
    ])
    func `what is no whole CBOR is malformed`(text: String) {
        #expect(throws: TokenError.self) { _ = try CBOR(Self.hex(text)) }
    }

    @Test func `numbers are read in every length`() throws {
        #expect(try CBOR(Self.hex("17")).integer == 23)
        #expect(try CBOR(Self.hex("1bffffffffffffffff")).integer == nil)
        #expect(try CBOR(Self.hex("3b7fffffffffffffff")).integer == .min)
        #expect(try CBOR(Self.hex("f93c00")) == .float(1))
        #expect(try CBOR(Self.hex("f90001")) == .float(5.960464477539063e-8))
        #expect(try CBOR(Self.hex("fa47c35000")) == .float(100_000))
        #expect(try CBOR(Self.hex("f97c00")) == .float(.infinity))
    }
}
