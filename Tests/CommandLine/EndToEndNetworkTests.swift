import Foundation
import Testing
import Wire

/// `moqt pub`, `moqt relay` and `moqt sub` over networks that lose, delay, reorder and duplicate.
@Suite struct EndToEndNetworkTests {
    /// How a client speaks to the relay.
    private struct Way {
        var scheme: String
        var options: [String]
    }

    private static let ways = [
        Way(scheme: "moqt", options: []), Way(scheme: "moqt", options: ["--draft", "14"]),
        Way(scheme: "https", options: []),
    ]

    /// A file on its way, by one of the ``ways``.
    private struct Transfer {
        var pub, sub: Moqt
        var copy: String
        var words: String
    }

    private func start(
        _ way: Way, _ track: String, from source: String, to copy: String, _ network: ImpairedNetwork,
        _ relay: RunningRelay
    ) throws -> Transfer {
        let url = "\(way.scheme)://\(network.address)/"
        let common = [url, "test--\(track)", "--fingerprint", relay.fingerprint] + way.options
        let pub = try Moqt(
            ["pub"] + common + ["--as", "raw", "--object-size", "8Ki", "--group-size", "8", source])
        let sub = try Moqt(["sub"] + common + ["--wait", "50", "-o", copy])
        return Transfer(pub: pub, sub: sub, copy: copy, words: ([way.scheme] + way.options).joined(separator: " "))
    }

    private func expectWhole(_ transfer: Transfer, _ source: String) throws {
        let pub = try transfer.pub.wait()
        #expect(pub.isQuietSuccess, "\(transfer.words): \(pub)")
        let sub = try transfer.sub.wait()
        #expect(sub.isQuietSuccess, "\(transfer.words): \(sub)")
        let isSame = FileManager.default.contentsEqual(atPath: source, andPath: transfer.copy)
        #expect(isSame, "\(transfer.words)")
    }

    /// An impairment, and as many bytes as it carries in some seconds.
    struct Load: Sendable, CustomTestStringConvertible {
        var name: String
        var impairment: Impairment
        var byteCount: Int

        var testDescription: String { name }
    }

    static let loads = [
        Load(name: "5 % loss", impairment: Impairment(loss: 0.05), byteCount: 2 << 20),
        Load(name: "50 ms delay", impairment: Impairment(delay: .milliseconds(50)), byteCount: 2 << 20),
        Load(name: "20 % reordered", impairment: Impairment(reordering: 0.2), byteCount: 2 << 20),
        Load(name: "20 % twice", impairment: Impairment(duplication: 0.2), byteCount: 2 << 20),
        Load(name: "1 Mbit/s", impairment: Impairment(bottleneck: 1_000_000, queue: 16_384), byteCount: 1 << 18),
        Load(
            name: "all at once",
            impairment: Impairment(
                loss: 0.05, duplication: 0.2, reordering: 0.2, delay: .milliseconds(50),
                bottleneck: 1_000_000),
            byteCount: 1 << 17),
    ]

    @Test("what goes over streams arrives whole, whatever the network does", arguments: loads)
    func streams(_ load: Load) throws {
        let relay = try RunningRelay(), folder = try WorkFolder()
        let network = try ImpairedNetwork(to: relay.address, load.impairment)
        let source = try folder.file("source", noise(load.byteCount))
        let transfers = try Self.ways.enumerated().map { index, way in
            try start(way, "data\(index)", from: source, to: folder.path("copy\(index)"), network, relay)
        }
        for transfer in transfers { try expectWhole(transfer, source) }
        // The network has done what it is named for.
        let counts = network.counts
        #expect(load.impairment.loss == 0 || counts.lost > 0, "\(counts)")
        #expect(load.impairment.reordering == 0 || counts.reordered > 0, "\(counts)")
        #expect(load.impairment.duplication == 0 || counts.duplicated > 0, "\(counts)")
        // Where datagrams are lost before it, the bottleneck's queue does not fill.
        #expect(load.impairment.bottleneck == nil || load.impairment.loss > 0 || counts.overflowed > 0, "\(counts)")
    }

    @Test("a client whose address changes behind its back goes on where it was")
    func rebinding() throws {
        let relay = try RunningRelay(), folder = try WorkFolder()
        let network = try ImpairedNetwork(to: relay.address, Impairment(datagramsPerAddress: 150))
        let source = try folder.file("source", noise(2 << 20))
        let transfers = try Self.ways.enumerated().map { index, way in
            try start(way, "data\(index)", from: source, to: folder.path("copy\(index)"), network, relay)
        }
        for transfer in transfers { try expectWhole(transfer, source) }
        // Both clients of each way: the publisher sends data, the subscriber acknowledgements.
        #expect(network.counts.addressChanges >= 2 * Self.ways.count, "\(network.counts)")
    }

    @Test("datagrams that are lost are not waited for", arguments: ["moqt", "https"])
    func datagrams(_ scheme: String) throws {
        let relay = try RunningRelay()
        let network = try ImpairedNetwork(
            to: relay.address,
            Impairment(loss: 0.05, duplication: 0.2, reordering: 0.2, delay: .milliseconds(5)))
        let url = "\(scheme)://\(network.address)/"
        let common = [url, "test--ticks", "--fingerprint", relay.fingerprint, "--as", "lines"]
        let sub = try Moqt(["sub"] + common + ["--wait", "60", "--unordered"])
        // Two of them do not fit into a packet.
        let lines = (0..<500).map { "line \($0) " + String(repeating: "x", count: 800) }
        let text = lines.map { $0 + "\n" }.joined()
        let pub = try Moqt(["pub"] + common + ["--datagrams", "-"], input: .bytes(Array(text.utf8)))
        #expect(try pub.wait().isQuietSuccess)
        let finished = try sub.wait()
        #expect(finished.status == 0, "\(finished.stderr)")
        let received = finished.text.split(separator: "\n").map(String.init)
        #expect(Set(received).isSubset(of: lines) && Set(received).count == received.count)
        // Each has two ways to go, and one in twenty is lost on either; some come before the answer that says what they
        // belong to, and only so many are kept for it.
        #expect((1..<500).contains(received.count), "\(received.count)")
    }
}
