import QUIC
import Testing
import Wire

@Suite struct HandshakeTests {
    @Test("both ends complete the handshake and agree on the protocol (RFC 9001 §8.1)")
    func completes() throws {
        let pair = try Pair()
        #expect(pair.connect())
        pair.run(for: .seconds(1))
        #expect(pair.client.alpn == "moqt-18" && pair.server.alpn == "moqt-18")
        #expect(pair.client.connection.phase == .established)
        for side in [pair.client, pair.server] {
            #expect(side.count { if case .handshakeConfirmed = $0 { true } else { false } } == 1)
        }
        #expect(pair.client.connection.smoothedRoundTrip >= .milliseconds(20))
        #expect(pair.endpoint.handshakeCount == 0 && pair.endpoint.connectionCount == 1)
    }

    @Test("the server's order of preference decides")
    func serverPrefers() throws {
        let pair = try Pair { client, server in
            client.protocols = ["moqt-16", "moqt-17", "moqt-18"]
            server.protocols = ["moqt-18", "moqt-16"]
        }
        #expect(pair.connect())
        #expect(pair.client.alpn == "moqt-18")
    }

    @Test("no common protocol is told as that on both ends (RFC 7301 §3.2)")
    func noCommonProtocol() throws {
        let pair = try Pair { client, server in client.protocols = ["h3"] }
        pair.run { pair.client.closed != nil }
        #expect(pair.client.closed == .noCommonProtocol(by: .peer))
        #expect(pair.server.closed == .noCommonProtocol(by: .local))
    }

    @Test("a client without protocols is refused (RFC 9001 §8.1)")
    func noProtocolAtAll() throws {
        let pair = try Pair { client, server in client.protocols = [] }
        pair.run { pair.client.closed != nil }
        #expect(pair.client.closed == .noCommonProtocol(by: .peer))
    }

    @Test("an authority's certificate is accepted for its name")
    func authority() throws {
        let pair = try Pair(policy: .authority(path: TestCertificate.good.path))
        #expect(pair.connect())
    }

    @Test("an authority's certificate is accepted for its address, which is not sent as a name (RFC 6066 §3)")
    func addressLiteral() throws {
        let pair = try Pair(policy: .authority(path: TestCertificate.good.path), name: "127.0.0.1")
        #expect(pair.connect())
    }

    @Test("the right fingerprint is accepted whatever the name")
    func fingerprint() throws {
        let pair = try Pair(policy: .fingerprint(TestCertificate.good.fingerprint), name: "elsewhere.example")
        #expect(pair.connect())
    }

    @Test("a refused certificate says why")
    func refusals() throws {
        func failure(
            _ policy: CertificatePolicy, name: String = "localhost",
            _ identity: Identity = TestCertificate.good.identity
        ) throws -> CertificateFailure? {
            let pair = try Pair(policy: policy, name: name, identity: identity)
            pair.run { pair.client.closed != nil && pair.server.closed != nil }
            if case .tls(_, _, .peer) = pair.server.closed {} else { Issue.record("\(pair.server.closed as Any)") }
            guard case .certificate(let failure) = pair.client.closed else { return nil }
            return failure
        }
        let wrong = [UInt8](repeating: 0, count: 32)
        let digits = TestCertificate.good.fingerprint.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        #expect(
            try failure(.fingerprint(wrong))
                == .fingerprintMismatch(
                    expected: String(repeating: "0", count: 64), actual: digits))
        #expect(try failure(.system) == .selfSigned)
        #expect(try failure(.authority(path: TestCertificate.other.path)) == .selfSigned)
        #expect(
            try failure(.authority(path: TestCertificate.good.path), name: "a.example")
                == .nameMismatch(
                    expected: "a.example", names: ["localhost", "127.0.0.1"]))
        let expired = TestCertificate.expired
        #expect(try failure(.authority(path: expired.path), expired.identity) == .expired)
    }

    @Test("a handshake survives loss", arguments: 1...10 as ClosedRange<UInt64>)
    func lossy(_ seed: UInt64) throws {
        let pair = try Pair(seed: seed)
        (pair.link.loss, pair.link.reorder, pair.link.duplicate) = (0.2, 0.2, 0.2)
        #expect(pair.connect())
    }

    @Test("a handshake that does not complete ends at its timeout, on both ends")
    func timeout() throws {
        let pair = try Pair { client, server in client.handshakeTimeout = .seconds(3) }
        pair.link.isCutToClient = true
        pair.run(for: .seconds(20))
        #expect(pair.client.closed == .handshakeTimeout)
        #expect(pair.server.closed == .handshakeTimeout && pair.server.connection.isClosed)
        #expect(pair.endpoint.handshakeCount == 0)
        pair.endpoint.remove(pair.server.connection)
        #expect(pair.endpoint.connectionCount == 0)
    }

    @Test("the key log has the lines that decrypt a connection")
    func keyLog() throws {
        let lines = Lines()
        let pair = try Pair { client, server in client.keyLog = { lines.add($0) } }
        #expect(pair.connect())
        let labels = Set(lines.all.compactMap { $0.split(separator: " ").first.map(String.init) })
        #expect(labels.isSuperset(of: ["CLIENT_TRAFFIC_SECRET_0", "SERVER_TRAFFIC_SECRET_0"]))
        #expect(lines.all.allSatisfy { $0.split(separator: " ").count == 3 })
    }

    @Test("qlog is written")
    func qlog() throws {
        let lines = Lines()
        let pair = try Pair { client, server in
            client.qlog = { _, chunk, _ in lines.add(String(decoding: chunk, as: UTF8.self)) }
        }
        #expect(pair.connect())
        #expect(lines.all.joined().contains("packet_sent"))
    }

    @Test("unreadable credentials are refused with words")
    func badCredentials() {
        #expect(throws: CredentialsError.self) { try ServerCredentials(Identity(chain: [1, 2, 3], key: [4])) }
        #expect(throws: CredentialsError.self) {
            try ServerCredentials(
                Identity(
                    chain: TestCertificate.good.identity.chain, key: TestCertificate.other.identity.key))
        }
        #expect(throws: CredentialsError.self) { try ClientCredentials(.authority(path: "/nonexistent")) }
    }
}

/// Lines from a callback; touched by one test's thread.
final class Lines: @unchecked Sendable {
    private(set) var all: [String] = []
    func add(_ line: String) { all.append(line) }
}
