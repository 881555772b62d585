import Foundation
import Testing

/// `--session-file`: what one run leaves for the next.
@Suite struct SessionFileTests {
    /// Subscribes, and gives what the one object was that came after that.
    private func receive(
        _ relay: RunningRelay, _ pub: Moqt, _ words: String, _ options: String...
    ) throws -> Moqt.Finished {
        let sub = try Moqt(
            ["sub", relay.url, "a--b", "-v", "-n", "1", "--as", "lines", "--fingerprint", relay.fingerprint] + options)
        _ = try sub.waitForLine(on: .stderr) { $0.contains("subscribed to a--b") }
        pub.write(words + "\n")
        return try sub.wait()
    }

    /// A relay with a publisher that waits for lines.
    private func publisher(_ relay: RunningRelay) throws -> Moqt {
        let pub = try Moqt(
            ["pub", relay.url, "a--b", "-v", "--start", "now", "--fingerprint", relay.fingerprint, "-"], input: .open)
        _ = try pub.waitForLine(on: .stderr) { $0.contains("the namespace was accepted") }
        return pub
    }

    /// What an endpoint received before its handshake was complete: packet types with the streams they carried.
    private func firstFlight(_ qlog: String) throws -> [(type: String, streams: [Int])] {
        let records = try Data(contentsOf: URL(fileURLWithPath: qlog)).split(separator: 0x1E)
        var packets: [(type: String, streams: [Int])] = []
        for record in records {
            let event = try JSONSerialization.jsonObject(with: Data(record)) as? [String: Any]
            guard let name = event?["name"] as? String, name.hasSuffix("packet_received"),
                let data = event?["data"] as? [String: Any], let header = data["header"] as? [String: Any],
                let type = header["packet_type"] as? String
            else { continue }
            if type == "handshake" || type == "1RTT" { break }
            let frames = data["frames"] as? [[String: Any]] ?? []
            packets.append((type, frames.compactMap { ($0["stream_id"] as? NSNumber)?.intValue }))
        }
        return packets
    }

    @Test("a second sub has its SUBSCRIBE at the relay in the first flight; and what a first has left is for it alone")
    func firstFlight() throws {
        let folder = try WorkFolder(), qlogs = folder.path("qlog"), file = folder.path("sessions")
        let relay = try RunningRelay(at: "127.0.0.1:0", "--qlog", qlogs)
        let pub = try publisher(relay)
        let manager = FileManager.default
        var known = Set<String>()
        for (turn, words) in ["one", "two", "three"].enumerated() {
            known = Set(try manager.contentsOfDirectory(atPath: qlogs))
            let finished = try receive(relay, pub, words, "--session-file", file)
            #expect(finished.status == 0 && finished.text == words + "\n", "\(finished)")
            let fresh = Set(try manager.contentsOfDirectory(atPath: qlogs)).subtracting(known)
            let packets = try firstFlight(qlogs + "/" + (try #require(fresh.first)))
            // SUBSCRIBE opens the client's first request stream, SETUP its first unidirectional one.
            let early = packets.filter { $0.type == "0RTT" }.flatMap(\.streams)
            #expect(turn == 0 ? early.isEmpty : Set(early).isSuperset(of: [0, 2]), "\(turn): \(packets)")
        }
        let mode = try #require(try manager.attributesOfItem(atPath: file)[.posixPermissions] as? NSNumber)
        #expect(mode.intValue == 0o600)
        #expect(try manager.contentsOfDirectory(atPath: folder.path("")).sorted() == ["qlog", "sessions"])
        // Trusted for another reason, it would have been accepted for none.
        let stranger = try Moqt.run("sub", relay.url, "a--b", "--session-file", file)
        #expect(stranger.isFailure(3), "\(stranger)")
    }

    @Test("a relay that refuses early data is survived")
    func refused() throws {
        let folder = try WorkFolder(), file = folder.path("sessions")
        var relay = try RunningRelay()
        let address = relay.address
        do {
            let pub = try publisher(relay)
            #expect(try receive(relay, pub, "one", "--session-file", file).text == "one\n")
        }
        relay.process.send(SIGKILL)
        _ = try relay.process.wait()
        relay = try RunningRelay(at: address)
        let pub = try publisher(relay)
        // Another certificate: but the ticket was trusted by its fingerprint, and so is not gone on from.
        #expect(try receive(relay, pub, "two", "--session-file", file).text == "two\n")
        // Trusted in any case, the ticket of the relay before is offered to this one.
        let old = try Moqt(["sub", relay.url, "a--b", "-k", "-v", "-n", "1", "--as", "lines", "--session-file", file])
        _ = try old.waitForLine(on: .stderr) { $0.contains("subscribed to a--b") }
        pub.write("three\n")
        #expect(try old.wait().text == "three\n")
        relay.process.send(SIGKILL)
        _ = try relay.process.wait()
        relay = try RunningRelay(at: address)
        let last = try publisher(relay)
        let sub = try Moqt(["sub", relay.url, "a--b", "-k", "-v", "-n", "1", "--as", "lines", "--session-file", file])
        _ = try sub.waitForLine(on: .stderr) { $0.contains("subscribed to a--b") }
        last.write("four\n")
        #expect(try sub.wait().text == "four\n")
    }

    @Test(
        "every command that connects goes on from the file, on every draft", arguments: ["14", "16", "17", "18", "22"])
    func everyCommand(_ draft: String) throws {
        let folder = try WorkFolder(), file = folder.path("sessions"), relay = try RunningRelay()
        let options = ["--fingerprint", relay.fingerprint, "--session-file", file, "--draft", draft]
        for _ in 0..<2 {
            let sub = try Moqt(["sub", relay.url, "a--b", "--wait", "60", "--as", "lines"] + options)
            let pub = try Moqt(["pub", relay.url, "a--b", "-"] + options, input: .bytes(Array("x\ny\n".utf8)))
            #expect(try pub.wait().isQuietSuccess)
            let finished = try sub.wait()
            #expect(finished.isQuietSuccess && finished.text == "x\ny\n", "\(finished)")
            let status = try Moqt(["announce", relay.url, "--status", "a--nothing"] + options).wait()
            #expect(status.status == 5, "\(status)")
            let fetch = try Moqt(["fetch", relay.url, "a--nothing", "0"] + options).wait()
            #expect(fetch.status == 5, "\(fetch)")
        }
        let interop = try Moqt(["interop", "-r", relay.url, "-t", "setup-only"] + options).wait()
        #expect(interop.status == 0, "\(interop)")
    }

    @Test("WebTransport resumes, too")
    func webTransport() throws {
        let folder = try WorkFolder(), file = folder.path("sessions"), relay = try RunningRelay()
        for _ in 0..<2 {
            let finished = try Moqt.run("sub", relay.webURL, "a--b", "-k", "--session-file", file)
            #expect(finished.isFailure(5), "\(finished)")
        }
        #expect(FileManager.default.fileExists(atPath: file))
    }

    @Test("a file of something else is told of and left alone; what cannot be read of ours is left out")
    func foreign() throws {
        let folder = try WorkFolder(), relay = try RunningRelay()
        let diary = Array("dear diary\n".utf8)
        for bytes in [diary, [0xFF, 0x00], Array("moqt-sessions 2\n".utf8)] {
            let file = try folder.file("diary", bytes)
            let finished = try Moqt.run("sub", relay.url, "a--b", "-k", "--session-file", file)
            #expect(finished.status == 5 && finished.stderr.contains("--session-file: "), "\(finished)")
            #expect(try Data(contentsOf: URL(fileURLWithPath: file)) == Data(bytes))
        }
        let torn = try folder.file("torn", Array("moqt-sessions 1\nearly s61 p6 t\nlate\n\u{0}\n".utf8))
        let finished = try Moqt.run("sub", relay.url, "a--b", "-k", "--session-file", torn)
        #expect(finished.status == 5 && finished.stderr.contains("unreadable"), "\(finished)")
        let text = try String(contentsOfFile: torn, encoding: .utf8)
        #expect(text.hasPrefix("moqt-sessions 1\nearly s") && text.count { $0 == "\n" } == 2)
        let empty = try folder.file("empty", [])
        #expect(try Moqt.run("sub", relay.url, "a--b", "-k", "--session-file", empty).isFailure(5))
        #expect(try Data(contentsOf: URL(fileURLWithPath: empty)).count > 100)
    }
}
