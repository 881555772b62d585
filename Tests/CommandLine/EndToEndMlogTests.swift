import Foundation
import Testing

/// `--mlog`: each session's MoQT events in a file of its own, as the qlog schema for MoQT has them.
@Suite struct EndToEndMlogTests {
    /// A relay that records, with its log of every message; ended before its record is read.
    private struct RecordedRelay {
        let relay: RunningRelay
        let directory, log: String

        init(in folder: WorkFolder, _ options: String...) throws {
            directory = folder.path("relay")
            log = folder.path("relay.log")
            relay = try RunningRelay(
                options: ["--mlog", directory, "--drain", "0", "-vv", "--log", log] + options)
        }

        func end() throws -> [MlogFile] {
            relay.process.send(SIGTERM)
            #expect(try relay.process.wait().status == 0)
            return try MlogFile.all(in: directory)
        }
    }

    /// Lets a client say everything in its log and its own record.
    private func options(_ name: String, in folder: WorkFolder) -> [String] {
        ["--mlog", folder.path(name), "-vv", "--log", folder.path(name + ".log")]
    }

    private func file(_ name: String, in folder: WorkFolder) throws -> MlogFile {
        let files = try MlogFile.all(in: folder.path(name))
        try #require(files.count == 1)
        return files[0]
    }

    /// What one end has sent is what the other has received, message by message and field by field; and either is what
    /// the process has told of it on the spot.
    private func agree(_ client: MlogFile, _ relay: MlogFile, _ kind: String = "control_message") {
        for (one, other) in [(client, relay), (relay, client)] {
            let sent = one.streams("\(kind)_created"), received = other.streams("\(kind)_parsed")
            // What was said last may not have been read.
            for (stream, messages) in received {
                #expect(Array((sent[stream] ?? []).prefix(messages.count)) == messages, "stream \(stream)")
            }
        }
    }

    @Test(arguments: [14, 15, 16, 17, 18, 19, 20, 22])
    func everySessionHasItsMessages(ofDraft draft: Int) throws {
        let folder = try WorkFolder()
        let relay = try RecordedRelay(in: folder)
        let of = ["--draft", "\(draft)"]
        let sub = try Moqt(
            ["sub", relay.relay.url, "-k", "a--b", "--as", "lines", "--wait", "60"] + of + options("sub", in: folder))
        let pub = try Moqt(
            ["pub", relay.relay.url, "-k", "a--b", "--group-size", "2"] + of + options("pub", in: folder),
            input: .bytes(Array("one\ntwo\nthree\n".utf8)))
        #expect(try pub.wait().status == 0)
        #expect(try sub.wait().text == "one\ntwo\nthree\n")
        let relayed = try relay.end()
        #expect(relayed.count == 2)
        for name in ["pub", "sub"] {
            let client = try file(name, in: folder)
            let server = try #require(relayed.first { $0.connection == client.connection })
            #expect(client.draft == draft && server.draft == draft)
            agree(client, server)
            for (one, log) in [(client, folder.path(name + ".log")), (server, relay.log)] {
                let logged = try LoggedMessages(log, session: one.session)
                #expect(one.lengths("parsed") == logged.received, "\(name)")
                #expect(one.lengths("created") == logged.sent, "\(name)")
            }
            #expect(client.events.allSatisfy { ($0["name"] as? String)?.hasPrefix("moqt:") == true })
        }
        let client = try file("sub", in: folder)
        #expect(client.messages("created").contains("subscribe"))
        let subscribe = try #require(
            client.data("control_message_created").lazy.compactMap { $0["message"] as? MlogFile.Object }
                .first { $0["type"] as? String == "subscribe" })
        #expect((subscribe["track_namespace"] as? [[String: String]]) == [["value": "a"]])
        #expect((subscribe["track_name"] as? [String: String]) == ["value": "b"])
        #expect(client.data("subgroup_header_parsed").compactMap { $0["group_id"] as? Int }.sorted() == [0, 1])
        #expect(
            client.data("subgroup_object_parsed").compactMap { $0["object_payload_length"] as? Int }.filter { $0 > 0 }
                .sorted() == [3, 3, 5])
        #expect(client.data("stream_type_set").contains { $0["stream_type"] as? String == "control" })
    }

    @Test(arguments: [14, 18, 22])
    func datagramsAndFetchedObjectsAreThere(ofDraft draft: Int) throws {
        let folder = try WorkFolder()
        let relay = try RecordedRelay(in: folder)
        let of = ["--draft", "\(draft)", "-k"]
        let url = relay.relay.webURL
        let sub = try Moqt(
            ["sub", url, "a--b", "--as", "lines", "--wait", "60"] + of + options("sub", in: folder))
        let pub = try Moqt(
            ["pub", url, "a--b", "--datagrams"] + of + options("pub", in: folder),
            input: .open)
        pub.write(Array("one\ntwo\n".utf8))
        _ = try sub.waitForLine { $0 == "two" }
        let fetch = try Moqt(
            ["fetch", relay.relay.url, "a--b", "0..0", "--as", "lines"] + of + options("fetch", in: folder)
        ).wait()
        #expect(fetch.text == "one\ntwo\n", "\(fetch)")
        pub.closeInput()
        #expect(try pub.wait().status == 0)
        #expect(try sub.wait().status == 0)
        let relayed = try relay.end()
        #expect(relayed.count == 3)
        let fetched = try file("fetch", in: folder)
        let server = try #require(relayed.first { $0.connection == fetched.connection })
        agree(fetched, server)
        agree(fetched, server, "fetch_object")
        #expect(fetched.data("fetch_header_parsed").count == 1)
        #expect(fetched.data("fetch_object_parsed").compactMap { $0["object_id"] as? Int } == [0, 1])
        let heard = try file("sub", in: folder).data("object_datagram_parsed")
        #expect(heard.compactMap { $0["object_id"] as? Int } == [0, 1])
        let said = try file("pub", in: folder).data("object_datagram_created")
        #expect(said.compactMap { ($0["object_payload"] as? [String: Int])?["length"] } == [3, 3])
    }

    /// Whoever reads the record must not be let in by it.
    @Test func noTokenIsRecorded() throws {
        let folder = try WorkFolder()
        let relay = try RecordedRelay(in: folder)
        let url = relay.relay.url + "/path?jwt=confidential"
        let sub = try Moqt(
            ["sub", url, "-k", "a--b", "--token", "confidential"] + options("sub", in: folder)
        ).wait()
        #expect(sub.status == 5)
        _ = try relay.end()
        for directory in [folder.path("sub"), relay.directory] {
            for name in try FileManager.default.contentsOfDirectory(atPath: directory) {
                let text = try String(contentsOfFile: directory + "/" + name, encoding: .utf8)
                #expect(text.contains("subscribe") && !text.contains("confidential"))
            }
        }
    }

    /// Runs the binary with files held to so many blocks of a shell's `ulimit`, as a disk that is nearly full would.
    private func confined(to blocks: Int, _ arguments: [String]) throws -> Moqt {
        let script = "trap '' XFSZ; ulimit -f \(blocks); exec \"$@\""
        return try Moqt(["-c", script, "sh", Moqt.executable] + arguments, program: "/bin/sh")
    }

    @Test(arguments: ["--mlog", "--qlog"])
    func aFullDiskIsAnErrorBeforeTheStart(_ option: String) throws {
        let folder = try WorkFolder()
        let relay = try confined(
            to: 0, ["relay", "--listen", "127.0.0.1:0", option, folder.path("relay")]
        ).wait()
        #expect(relay.isFailure(8) && relay.stderr.contains("\(option): "), "\(relay)")
    }

    /// The record ends, which is told once, and the relay goes on.
    @Test func aDiskThatFillsUpCostsTheRecordAlone() throws {
        let folder = try WorkFolder()
        let relay = try confined(
            to: 8, ["relay", "--listen", "127.0.0.1:0", "--drain", "0", "--mlog", folder.path("relay")])
        let line = try relay.waitForLine { $0.hasPrefix("listening on") }
        let url = "moqt://" + line.split(separator: " ")[2]
        for _ in 0..<2 {
            let sub = try Moqt(["sub", url, "-k", "a--b", "--as", "lines", "--wait", "60"])
            let lines = (0..<400).map { "\($0)\n" }.joined()
            let pub = try Moqt(["pub", url, "-k", "a--b"], input: .bytes(Array(lines.utf8)))
            #expect(try pub.wait().status == 0)
            #expect(try sub.wait().text == lines)
        }
        relay.send(SIGTERM)
        let finished = try relay.wait()
        #expect(finished.status == 0)
        #expect(finished.stderr.components(separatedBy: "--mlog: ").count == 2, "\(finished.stderr)")
    }
}
