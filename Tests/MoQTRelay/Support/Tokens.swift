import Authorization
import Credentials
import Foundation
import Testing
@testable import MoQTRelay
import MoQTCodec
import MoQTSession
import Wire

/// Tokens that a test makes itself.
enum Token {
    static let key = Array("0123456789abcdef0123456789abcdef".utf8)

    static func encode(_ bytes: [UInt8]) -> String {
        Data(bytes).base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }

    /// HMAC (RFC 2104) with SHA-256.
    static func code(_ message: [UInt8], _ key: [UInt8]) -> [UInt8] {
        let block = key + [UInt8](repeating: 0, count: 64 - key.count)
        let inner = SHA256.digest(block.map { $0 ^ 0x36 } + message)
        return SHA256.digest(block.map { $0 ^ 0x5C } + inner)
    }

    private static func signed(_ header: [UInt8], _ payload: [UInt8], _ key: [UInt8]) -> [UInt8] {
        let message = Array((encode(header) + "." + encode(payload)).utf8)
        return message + Array(("." + encode(code(message, key))).utf8)
    }

    /// A JSON Web Token signed with HMAC and SHA-256.
    static func json(_ claims: String, key: [UInt8] = key) -> [UInt8] {
        signed(Array(#"{"alg":"HS256","typ":"JWT"}"#.utf8), Array(claims.utf8), key)
    }

    /// A Common Access Token; the scopes are claim 1000.
    ///
    /// - Parameters:
    ///   - actions: by C4M's numbers.
    ///   - field: first of the namespaces it is for.
    static func commonAccess(actions: [UInt8], field: String, expires: UInt32, key: [UInt8] = key) -> [UInt8] {
        let name = Array(field.utf8)
        let time = [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: expires >> $0) }
        let scope = [0x82, 0x80 | UInt8(actions.count)] + actions + [0x81, 0x40 | UInt8(name.count)] + name
        let claims = [0xA2, 0x04, 0x1A] + time + [0x19, 0x03, 0xE8, 0x81] + scope
        return signed([0xA2, 0x01, 0x23, 0x10, 0x63, 0x43, 0x41, 0x54], claims, key)
    }
}

/// A folder for the files of one test; removed when released.
final class RulesFolder {
    private let folder = FileManager.default.temporaryDirectory.appendingPathComponent("moqt-\(UUID().uuidString)")

    init() throws { try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true) }

    deinit { try? FileManager.default.removeItem(at: folder) }

    /// Rules as a file has them. A second of virtual time is a second since 1970; `keys` holds ``Token/key``.
    func rules(_ text: String) throws -> AccessRules {
        try Data(Token.key).write(to: folder.appendingPathComponent("keys"))
        let file = folder.appendingPathComponent("rules")
        try Data(text.utf8).write(to: file)
        return try AccessFile.read(file.path) { Double($0.nanoseconds) / 1e9 }
    }
}

extension World {
    /// A relay with rules of its own.
    convenience init(rules: String) throws {
        self.init()
        relay.authorize(by: try RulesFolder().rules(rules), now: now)
    }

    /// A client that shows tokens with its SETUP, or one in its URL.
    func client(
        _ profile: Profile, setup: [AuthorizationToken] = [], path: String? = nil, cache: UInt64 = 0
    ) -> TestSubscriber {
        var client = SessionConfiguration()
        client.tokens = setup
        client.path = path
        var server = SessionConfiguration()
        server.tokenCacheSize = cache
        let link = connect(
            profile, Side.Windows(data: 65_536, uni: 100, bidi: 100_000), .perfect, client: client, server: server)
        let subscriber = TestSubscriber(self, link)
        run()
        return subscriber
    }
}

extension AuthorizationToken {
    static func value(_ bytes: [UInt8], type: UInt64 = 0) -> Self { .useValue(type: type, value: Bytes(bytes)) }
}
