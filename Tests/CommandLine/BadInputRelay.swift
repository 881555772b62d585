import EventLoop
import Foundation
import MoQTCodec
import Testing
import Wire

/// A relay of the built binary that serves numbered lines to a subscriber while others misbehave; all are killed when
/// it is released.
final class BusyRelay {
    let address: SocketAddress
    private let relay: Moqt
    private let publisher: Moqt
    private let subscriber: Moqt
    private var lastLine = 0

    /// What the relay may take besides its cache, in KiB; the cache is what the subscription's few bytes fill.
    static let memoryLimit = Moqt.isSanitized ? Int.max / 2 : 64 * 1024

    init(_ options: String...) throws {
        relay = try Moqt(["relay", "--listen", "127.0.0.1:0"] + options)
        let words = try relay.waitForLine().split(separator: " ")
        let port = try #require(words.dropFirst(2).first?.split(separator: ":").last.flatMap { UInt16($0) })
        address = .loopback(.ipv4, port: port)
        let url = "moqt://\(address)", lines = Array((1...20_000).map { "\($0)\n" }.joined().utf8)
        subscriber = try Moqt(["sub", url, "busy--lines", "-k", "--wait", "60", "--as", "lines"])
        publisher = try Moqt(
            ["pub", url, "busy--lines", "-k", "--as", "lines", "--rate", "100", "--group-size", "10", "-"],
            input: .bytes(lines))
        try goesOn()
    }

    deinit {
        for process in [relay, publisher, subscriber] { process.send(SIGKILL) }
    }

    /// Waits for so many more lines, none of which may be missing.
    func goesOn(_ count: Int = 20, sourceLocation: SourceLocation = #_sourceLocation) throws {
        for _ in 0..<count {
            let line = try subscriber.waitForLine()
            try #require(Int(line) == lastLine + 1, sourceLocation: sourceLocation)
            lastLine += 1
        }
    }

    /// The most memory the relay's process has had, in KiB.
    var peakMemory: Int { get throws { try relay.peakMemory } }

    /// A client that has completed the handshake.
    func client() throws -> RudeClient { try RudeClient(address) }

    /// A client that has said SETUP, too, and the control stream that it did so on.
    func introducedClient() throws -> (client: RudeClient, control: StreamID) {
        let client = try client()
        let control = try client.open(.unidirectional)
        client.say(Rude.setup, on: control)
        return (client, control)
    }

    /// A new client gets an answer to a request.
    func answersAnother() throws {
        let (client, _) = try introducedClient()
        let request = try client.open(.bidirectional)
        client.say(Rude.subscribe(0), on: request)
        #expect(client.run { client.heard[request]?.first == Rude.requestError }, "\(client)")
    }
}

/// Bytes that rude clients use, draft-18.
enum Rude {
    /// Opens a control stream: stream type and message type in one, and no options.
    static let setup: [UInt8] = [0xAF, 0x00, 0, 0]
    static let requestError: UInt8 = 0x05
    static let requestOK: UInt8 = 0x07
    /// 2^62-1, 2^62 and 2^64-1.
    static let hugeLengths = [UInt64(1) << 62 - 1, 1 << 62, .max].map { vi64($0) }

    static func vi64(_ value: UInt64) -> [UInt8] {
        var bytes: [UInt8] = []
        VI64.append(value, to: &bytes)
        return bytes
    }

    /// A control message of the client, as it travels.
    static func message(_ type: [UInt8], _ body: [UInt8]) -> [UInt8] {
        type + [UInt8(body.count >> 8), UInt8(body.count & 0xFF)] + body
    }

    /// SETUP with one option of an odd type, which has a length.
    static func setup(claiming length: [UInt8]) -> [UInt8] { message([0xAF, 0x00], [0x07] + length + [0x61, 0x62]) }

    /// SUBSCRIBE for the track (rude, x), which does not exist.
    static func subscribe(_ id: UInt64) -> [UInt8] {
        message([0x03], vi64(id) + [1, 4] + Array("rude".utf8) + [1, 0x78, 0])
    }

    /// PUBLISH of the track (rude, p).
    static func publish(_ id: UInt64, alias: UInt64) -> [UInt8] {
        message([0x1D], vi64(id) + [1, 4] + Array("rude".utf8) + [1, 0x70] + vi64(alias) + [0])
    }

    /// PUBLISH_NAMESPACE of (rude).
    static func publishNamespace(_ id: UInt64) -> [UInt8] {
        message([0x06], vi64(id) + [1, 4] + Array("rude".utf8) + [0])
    }

    /// A subgroup stream's header (subgroup 0, default priority), and one object that claims `length` bytes.
    static func subgroup(alias: UInt64, group: UInt64 = 0, claiming length: [UInt8]) -> [UInt8] {
        [0x30] + vi64(alias) + vi64(group) + [0] + length
    }
}
