import CommandLine
import Commands
import EventLoop
import Glibc
import Testing
import Wire

/// Options in a file (`--config`).
@Suite struct ConfigurationFileTests {
    private func settings(_ arguments: String..., file: String, environment: [String: String] = [:]) throws
        -> RelaySettings
    {
        let request = try RelayCommand.command.parse(
            arguments + ["--config", "relay.conf"], environment: { environment[$0] },
            file: { (path) throws(UsageError) in
                guard path == "relay.conf" else { throw UsageError("no such file") }
                return file
            })
        guard case .run(let settings) = request else { throw UsageError("interrupted") }
        return settings
    }

    @Test("names are the flags', with or without a sign, dashes, comments and empty lines")
    func forms() throws {
        let settings = try settings(
            file: """
                # A relay.
                listen = 127.0.0.1:4443
                listen [::1]:4444   # another
                \tcache-size=1Ki\t

                --drain 3
                http =127.0.0.1:9090
                json
                verbose = no\r
                log = a#b
                """)
        #expect(settings.listeners.map(\.description) == ["127.0.0.1:4443", "[::1]:4444"])
        #expect(settings.cacheSize == 1024 && settings.drainTime == .seconds(3))
        #expect(settings.http?.port == 9090 && settings.common.json && settings.common.verbosity == 0)
        #expect(settings.common.logFile == "a#b")
    }

    @Test("what the command line says wins, wherever it says it")
    func precedence() throws {
        let settings = try settings(
            "--cache-size", "2Ki", "--listen", "127.0.0.1:1", file: "cache-size 1Ki\nlisten :2\ndrain 4")
        #expect(settings.cacheSize == 2048 && settings.drainTime == .seconds(4))
        #expect(settings.listeners.map(\.port) == [1])
    }

    @Test("what the environment says wins, too")
    func environment() throws {
        let settings = try settings(file: "keylog of-file\n", environment: ["SSLKEYLOGFILE": "of-environment"])
        #expect(settings.transport.keylogFile == "of-environment")
    }

    @Test(
        "errors name the file and the line",
        arguments: [
            ("\n\ncache-size = much", "relay.conf:3: --cache-size: expected"),
            ("cache-siz 1Ki", "relay.conf:1: --cache-siz: unknown option; did you mean --cache-size?"),
            ("# x\nlisten", "relay.conf:2: --listen: expected"), ("= 3", "relay.conf:1: expected a name before '='"),
            ("json = perhaps", "relay.conf:1: --json: expected yes or no, got 'perhaps'"),
            ("help", "relay.conf:1: --help: is for the command line only"),
            ("config = other.conf", "relay.conf:1: --config: is for the command line only"),
        ])
    func errors(_ file: String, _ words: String) {
        #expect {
            _ = try settings(file: file)
        } throws: {
            ($0 as? UsageError)?.line.hasPrefix(words) ?? false
        }
    }

    @Test("what several options mean together is judged after the file")
    func check() throws {
        #expect(throws: UsageError.self) { _ = try settings(file: "cert = a.pem") }
        #expect(try settings("--key", "k.pem", file: "cert = a.pem").identity.certificateFile == "a.pem")
    }

    @Test("a file that is not there is an error of one line")
    func missing() throws {
        let relay = try Moqt.run("relay", "--config", "/nowhere/relay.conf")
        #expect(relay.isFailure(2))
        #expect(relay.stderr == "moqt relay: --config: /nowhere/relay.conf: No such file or directory\n")
    }

    @Test("a relay runs as its file says")
    func run() throws {
        let folder = try WorkFolder()
        let path = try folder.file("relay.conf", Array("http 127.0.0.1:0\n".utf8))
        let relay = try RunningRelay(options: ["--config", path])
        #expect(try relay.process.waitForLine().hasPrefix("serving http://127.0.0.1:"))
        relay.process.send(SIGTERM)
        #expect(try relay.process.wait().status == 0)
    }
}
