import Commands
import Foundation
import Testing

/// `moqt pub --listen`: a publisher that is the server.
@Suite struct ListenTests {
    /// A publisher that listens on a free port.
    private final class Server {
        let process: Moqt
        let address: String

        init(_ arguments: [String], input: Moqt.Input = .none) throws {
            process = try Moqt(["pub", "--listen", "127.0.0.1:0"] + arguments, input: input)
            let line = try process.waitForLine { $0.hasPrefix("listening on ") }
            address = try #require(line.split(separator: " ").dropFirst(2).first.map(String.init))
        }

        func url(_ transport: String) -> String {
            transport == "quic" ? "moqt://" + address : "https://\(address)/"
        }
    }

    private func lines(_ range: ClosedRange<Int>) -> String { range.map { "\($0)\n" }.joined() }

    @Test(
        "a track for several subscribers", arguments: [Drafts.known.last ?? "", "moqt-16", "moqt-19", "moqt-22"],
        ["quic", "webtransport"])
    func track(_ draft: String, _ transport: String) throws {
        let server = try Server(["a--b", "--group-size", "3", "-"], input: .open)
        let url = server.url(transport)
        let subs = try (0..<2).map { _ in
            try Moqt("sub", url, "-k", "a--b", "--draft", draft, "--as", "lines", "-v")
        }
        for sub in subs { _ = try sub.waitForLine(on: .stderr) { $0.contains("subscribed to a--b") } }
        server.process.write(lines(1...10))
        for sub in subs { _ = try sub.waitForLine { $0 == "10" } }
        let fetch = try Moqt.run("fetch", url, "-k", "a--b", "0..1", "--draft", draft, "--as", "lines")
        #expect(fetch.isQuietSuccess && fetch.text == lines(1...6), "\(fetch)")
        let status = try Moqt.run("announce", "--status", url, "-k", "a--b", "--draft", draft)
        #expect(status.isQuietSuccess && status.text.contains("largest 3:0"), "\(status)")
        let watch = try Moqt("announce", "--watch", url, "a", "-k", "--draft", draft)
        #expect(try watch.waitForLine() == "+ a")
        watch.send(SIGTERM)
        _ = try watch.wait()
        server.process.write(lines(11...12))
        server.process.closeInput()
        for sub in subs { #expect(try sub.wait().text == lines(1...12)) }
        #expect(try server.process.wait().status == 0)
    }

    @Test("a movie", arguments: ["moqt-16", "moqt-22"])
    func movie(_ draft: String) throws {
        let source = try SourceMovie.plain.path(), folder = try WorkFolder(), copy = folder.path("copy.mp4")
        let server = try Server(["test-movie", "--no-realtime", source])
        let sub = try Moqt("sub", server.url("quic"), "-k", "test-movie", "--draft", draft, "-o", copy)
        #expect(try sub.wait().isQuietSuccess)
        #expect(try server.process.wait().status == 0)
        let original = try Packets(of: source, "framehash", "-c", "copy")
        #expect(original.isSame(as: try Packets(of: copy, "framehash", "-c", "copy")))
    }

    @Test("tracks that are offered are watched, too")
    func offers() throws {
        let server = try Server(["a--b", "--publish", "-"], input: .open)
        let watch = try Moqt("announce", "--tracks", server.url("quic"), "-k")
        #expect(try [watch.waitForLine(), watch.waitForLine()].sorted() == ["+ a", "+ a--b"])
        server.process.closeInput()
    }

    @Test("one subscriber that is lost ends nothing")
    func lostSubscriber() throws {
        let server = try Server(["a--b", "-"], input: .open)
        let sub = try Moqt("sub", server.url("quic"), "-k", "a--b", "--as", "lines", "-v")
        _ = try sub.waitForLine(on: .stderr) { $0.contains("subscribed to a--b") }
        server.process.write("1\n")
        #expect(try sub.waitForLine() == "1")
        sub.send(SIGTERM)
        _ = try sub.wait()
        let other = try Moqt("sub", server.url("quic"), "-k", "a--b", "--as", "lines", "--from", "start", "-v")
        #expect(try other.waitForLine() == "1")
        server.process.write("2\n")
        server.process.closeInput()
        #expect(try other.wait().text == "1\n2\n")
        #expect(try server.process.wait().status == 0)
    }

    @Test("what is of no use to a server is refused, and a port that is taken is said")
    func usage() throws {
        #expect(try Moqt.run("pub", "--listen", "127.0.0.1:0", "-k", "a--b", "-").isFailure(2))
        #expect(try Moqt.run("pub", "--listen", "127.0.0.1:0", "moqt://localhost", "a--b", "-").isFailure(2))
        #expect(try Moqt.run("pub", "a--b", "-").isFailure(2))
        let server = try Server(["a--b", "-"], input: .open)
        let finished = try Moqt.run("pub", "--listen", server.address, "a--b", "-")
        #expect(finished.isFailure(1) && finished.stderr.contains("the port is in use"), "\(finished)")
        server.process.send(SIGINT)
        #expect(try server.process.wait().status == 130)
    }
}
