import Commands
import Foundation
import MoQTCodec
import QUIC
import Testing
import Wire

/// A relay under clients that break the rules of MoQT: each is closed with the draft's code, or left waiting where it
/// may wait, while a subscription of others goes on without a gap.
@Suite struct BadInputTests {
    /// What a client does to a session, and the code it is closed with.
    struct Rule: CustomTestStringConvertible, Sendable {
        var name: String
        var code: SessionCode
        /// Is given a client that has not said SETUP.
        var act: @Sendable (RudeClient) throws -> Void

        init(_ name: String, _ code: SessionCode, _ act: @escaping @Sendable (RudeClient) throws -> Void) {
            self.name = name
            self.code = code
            self.act = act
        }

        /// Bytes on the control stream, from its first on.
        static func control(
            _ name: String, _ bytes: [UInt8], fin: Bool = false,
            _ code: SessionCode = .protocolViolation
        ) -> Rule {
            Rule(name, code) { $0.say(bytes, on: try $0.open(.unidirectional), fin: fin) }
        }

        /// SETUP, then bytes on streams of their own.
        static func streams(
            _ direction: StreamDirection, _ name: String, _ all: [[UInt8]], fin: Bool = false,
            _ code: SessionCode = .protocolViolation
        ) -> Rule {
            Rule(name, code) {
                $0.say(Rude.setup, on: try $0.open(.unidirectional))
                for bytes in all { $0.say(bytes, on: try $0.open(direction), fin: fin) }
            }
        }

        /// SETUP, PUBLISH under alias 5, then bytes on a data stream.
        static func data(_ name: String, _ bytes: [UInt8], fin: Bool) -> Rule {
            Rule(name, .protocolViolation) { client in
                client.say(Rude.setup, on: try client.open(.unidirectional))
                let request = try client.open(.bidirectional)
                client.say(Rude.publish(0, alias: 5), on: request)
                try #require(client.run { client.heard[request]?.first == Rude.requestOK })
                client.say(bytes, on: try client.open(.unidirectional), fin: fin)
            }
        }

        static func datagram(_ name: String, _ bytes: [UInt8]) -> Rule {
            Rule(name, .protocolViolation) {
                $0.say(Rude.setup, on: try $0.open(.unidirectional))
                $0.say(datagram: bytes)
            }
        }

        var testDescription: String { name }
    }

    static let garbage = [UInt8](repeating: 0x3F, count: 200)

    // Sections of draft-18 by title.
    static let rules: [Rule] = [
        // "Session initialization", "Control Messages"
        .control("garbage on the control stream", Rude.setup + garbage),
        .control("a second SETUP", Rude.setup + Rude.setup),
        .control("the control stream ends", Rude.setup, fin: true),
        .control("the control stream ends inside SETUP", [0xAF, 0x00, 0, 9, 1], fin: true),
        Rule("the control stream is reset", .protocolViolation) { client in
            let control = try client.open(.unidirectional)
            client.say(Rude.setup, on: control)
            try #require(client.run { !client.heard.isEmpty })
            client.reset(control)
        },
        .streams(.unidirectional, "a second control stream", [Rude.setup]),
        // "Key-Value-Pair Structure"
        .control("a SETUP option of 2^62-1 bytes", Rude.setup(claiming: Rude.hugeLengths[0])),
        .control("a SETUP option of 2^62 bytes", Rude.setup(claiming: Rude.hugeLengths[1])),
        .control("a SETUP option of 2^64-1 bytes", Rude.setup(claiming: Rude.hugeLengths[2])),
        // "Unidirectional Stream Types", "Streams"
        .streams(.unidirectional, "an unknown stream type", [garbage]),
        .streams(.unidirectional, "a subgroup header with an invalid type", [[0x16, 5, 0, 0, 1, 0]]),
        .data("FIN inside an object", Rude.subgroup(alias: 5, claiming: Rude.vi64(1000)) + [1, 2, 3], fin: true),
        .data("FIN inside an object of 2^62 bytes", Rude.subgroup(alias: 5, claiming: Rude.hugeLengths[1]), fin: true),
        .data("an Object ID beyond 2^64-1", [0x30, 5, 0] + Rude.hugeLengths[2] + [1, 0] + [0, 1, 0], fin: false),
        .data("an unknown Object Status", [0x30, 5, 0, 0, 0, 0x55], fin: false),
        // "Session initialization", "Request ID"
        .streams(.bidirectional, "a request stream that begins with REQUEST_OK", [[0x07, 0, 1, 0]]),
        .streams(.bidirectional, "a request stream that begins with garbage", [garbage]),
        .streams(.bidirectional, "a request that is cut off", [Array(Rude.subscribe(0).dropLast())], fin: true),
        .streams(.bidirectional, "a Request ID of the server", [Rude.subscribe(1)], .invalidRequestID),
        .streams(
            .bidirectional, "a Request ID twice", [Rude.subscribe(0), Rude.subscribe(0)], .invalidRequestID),
        // "Datagrams"
        .datagram("a datagram of an unknown type", garbage),
        .datagram("an empty datagram", []),
    ]

    @Test("the session is closed with the draft's code", arguments: rules)
    func closes(_ rule: Rule) throws {
        let relay = try BusyRelay()
        let client = try relay.client()
        try rule.act(client)
        let code = client.closeCode()
        #expect(code == rule.code, "\(code.map(\.description) ?? "none"); \(client)")
        try relay.goesOn()
    }

    @Test("a message that claims 65,535 bytes and never comes holds up nobody else's, nor its own session's")
    func unfinishedMessage() throws {
        let relay = try BusyRelay()
        let (client, control) = try relay.introducedClient()
        client.say([0x10, 0xFF, 0xFF, 0], on: control)
        client.say([0x03, 0xFF, 0xFF, 0], on: try client.open(.bidirectional))
        let request = try client.open(.bidirectional)
        client.say(Rude.subscribe(0), on: request)
        #expect(client.run { client.heard[request]?.first == Rude.requestError }, "\(client)")
        #expect(client.cause == nil)
        try relay.goesOn()
    }

    @Test("objects that claim 2^62 bytes take no more memory than the bytes that came")
    func hugeObjects() throws {
        let relay = try BusyRelay()
        let (client, _) = try relay.introducedClient()
        let request = try client.open(.bidirectional)
        client.say(Rude.publish(0, alias: 5), on: request)
        try #require(client.run { client.heard[request]?.first == Rude.requestOK })
        for group in 0..<40 as Range<UInt64> {
            let header = Rude.subgroup(alias: 5, group: group, claiming: Rude.hugeLengths[1])
            client.say(header + [UInt8](repeating: 7, count: 1000), on: try client.open(.unidirectional))
        }
        #expect(client.run { client.unsent == 0 })
        try relay.goesOn()
        try relay.answersAnother()
        #expect(try relay.peakMemory < BusyRelay.memoryLimit)
        #expect(client.cause == nil)
    }

    @Test("streams of unknown aliases wait within bounds: as many as the transport allows, a window each")
    func unknownAliases() throws {
        let relay = try BusyRelay()
        let (client, _) = try relay.introducedClient()
        let filler = [UInt8](repeating: 9, count: 2_000_000)
        var count = 0
        while count < 400, let stream = client.tryOpen(.unidirectional) {
            client.say(Rude.subgroup(alias: UInt64(1000 + count), claiming: Rude.vi64(1 << 30)) + filler, on: stream)
            count += 1
        }
        _ = client.run(seconds: 2) { client.unsent == 0 }
        for number in 0..<200 as Range<UInt8> { client.say(datagram: [0x00, 0x7E, 0, number, 0] + [1, 2, 3]) }
        try relay.goesOn()
        try relay.answersAnother()
        #expect(client.cause == nil && count > 10, "\(client)")
        #expect(try relay.peakMemory < 64 * 1024 + BusyRelay.memoryLimit)
    }

    @Test("requests before SETUP wait within bounds")
    func earlyRequests() throws {
        let relay = try BusyRelay()
        let client = try relay.client()
        let control = try client.open(.unidirectional)
        let filler = [UInt8](repeating: 8, count: 1_000_000)
        var count = 0
        while count < 400, let stream = client.tryOpen(.bidirectional) {
            client.say([0x03, 0xFF, 0xFF] + filler, on: stream)
            count += 1
        }
        _ = client.run(seconds: 2) { client.unsent == 0 }
        try relay.goesOn()
        try relay.answersAnother()
        #expect(client.cause == nil && count > 10, "\(client)")
        #expect(try relay.peakMemory < BusyRelay.memoryLimit)
        client.say(Rude.setup, on: control)
        // On a slow machine the patience for SETUP is over by now.
        let code = client.closeCode()
        #expect(code == .protocolViolation || code == .controlMessageTimeout, "\(client)")
        try relay.goesOn()
    }

    @Test("requests by the ten thousand are all answered, and no trace of them stays")
    func manyRequests() throws {
        let relay = try BusyRelay()
        let (client, _) = try relay.introducedClient()
        let total = 10_000
        var said: UInt64 = 0
        let done = client.run(seconds: 120) {
            while said < total, let stream = client.tryOpen(.bidirectional) {
                client.say(Rude.subscribe(said * 2), on: stream, fin: true)
                said += 1
            }
            return client.closedStreams >= total
        }
        #expect(done && client.cause == nil, "\(said) said, \(client.closedStreams) closed; \(client)")
        #expect(client.heard.values.count { $0.first == Rude.requestError } == total)
        #expect(try relay.peakMemory < BusyRelay.memoryLimit)
        try relay.goesOn()
    }

    @Test("requests that stay open are held to their limit, and more of them refused")
    func openRequests() throws {
        let relay = try BusyRelay()
        let (client, _) = try relay.introducedClient()
        let limit = Int(RelayLimit(.namespaces).standard)
        var requests: [StreamID] = []
        while requests.count < limit + 50, let stream = client.tryOpen(.bidirectional) {
            client.say(Rude.publishNamespace(UInt64(requests.count) * 2), on: stream)
            requests.append(stream)
        }
        #expect(client.run { requests.allSatisfy { client.heard[$0] != nil } }, "\(client)")
        #expect(requests.prefix(limit).allSatisfy { client.heard[$0]?.first == Rude.requestOK })
        #expect(requests.dropFirst(limit).allSatisfy { client.heard[$0]?.first == Rude.requestError })
        #expect(requests.count == limit + 50 && client.cause == nil)
        try relay.goesOn()
    }
}
