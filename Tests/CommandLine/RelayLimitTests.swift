import CommandLine
import Commands
import Foundation
import Testing
import Wire

/// What a relay grants its clients: options, manual, metrics and README tell the same.
@Suite struct RelayLimitTests {
    private func relay(_ words: String...) throws(UsageError) -> RelaySettings {
        guard case .run(let settings) = try RelayCommand.command.parse(words) else { return RelaySettings() }
        return settings
    }

    @Test("every limit has an option of its own, whose default is what it says", arguments: RelayLimit.all)
    func options(_ row: RelayLimit) throws {
        let page = try #require(Program.pages.first { $0.name == "relay" })
        let options = page.options.filter { $0.long == row.option }
        #expect(options.count == 1 && options[0].help == row.help && options[0].defaultText == row.standardText)
        #expect(try relay().limits[row.limit] == row.standard)
        #expect(try relay("--" + row.option, row.standardText).limits[row.limit] == row.standard)
        #expect(row.range.contains(row.standard))
        #expect(throws: UsageError.self) { _ = try relay("--" + row.option, "\(row.range.upperBound + 1)") }
        if row.range.lowerBound > 0 {
            #expect(throws: UsageError.self) { _ = try relay("--" + row.option, "\(row.range.lowerBound - 1)") }
        }
    }

    @Test("an option changes its own limit only", arguments: RelayLimit.all)
    func independence(_ row: RelayLimit) throws {
        let told = try relay("--" + row.option, "\(row.standard - 1)")
        for other in Limit.allCases {
            #expect(told.limits[other] == RelayLimit(other).standard - (other == row.limit ? 1 : 0))
        }
    }

    @Test("README shows the table, and the manual what becomes of what goes beyond")
    func documents() throws {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let readme = try String(contentsOf: root.appendingPathComponent("README.md"), encoding: .utf8)
        #expect(readme.contains("\n" + RelayLimit.table), "put it there:\n\(RelayLimit.table)")
        for row in RelayLimit.all { #expect(RelayLimit.answers.contains("--" + row.option)) }
    }

    @Test("there is room for the least window of every stream")
    func buffer() throws {
        #expect(throws: UsageError.self) { _ = try relay("--max-buffer", "1Mi") }
        #expect(try relay("--max-buffer", "1Mi", "--max-streams", "32").limits[.buffer] == 1 << 20)
    }

    // MARK: - The relay itself

    /// A relay, and how often its limits were reached.
    private final class Server {
        let relay: RunningRelay
        private let port: UInt16

        init(_ options: String...) throws {
            relay = try RunningRelay(options: ["--http", "127.0.0.1:0"] + options)
            let line = try relay.process.waitForLine()
            port = try #require(line.wholeMatch(of: /serving http:\/\/127\.0\.0\.1:(\d+)\//).flatMap { UInt16($0.1) })
        }

        /// What `/metrics` says once `limit` has been reached.
        func reached(_ limit: Limit) throws -> [Limit: Double] {
            let metrics = try EventuallyMetrics.when({ MetricsRules(try PlainHTTP(port: self.port, "/metrics").body) })
            {
                $0[Self.sample(limit)] ?? 0 > 0
            }
            #expect(metrics.faults.isEmpty, "\(metrics.faults)")
            return Dictionary(
                uniqueKeysWithValues: Limit.allCases.compactMap { limit in
                    metrics[Self.sample(limit)].map { (limit, $0) }
                })
        }

        private static func sample(_ limit: Limit) -> String {
            "moqt_limit_reached_total{limit=\"\(limit.rawValue)\"}"
        }
    }

    /// - Parameter count: of `limit`, and of no other.
    private func expect(_ counts: [Limit: Double], _ limit: Limit, _ count: Double = 1) {
        for other in Limit.allCases { #expect(counts[other] == (other == limit ? count : 0), "\(other)") }
    }

    @Test("clients beyond a limit of connections are refused", arguments: [Limit.connections, .connectionsPerAddress])
    func connections(_ limit: Limit) throws {
        let server = try Server("--" + RelayLimit(limit).option, "1", "-v")
        let first = try server.relay.sub("test--n", "--wait", "60")
        _ = try server.relay.process.waitForLine(on: .stderr) { $0.contains("session 1") }
        let second = try server.relay.sub("test--n", "--connect-timeout", "5").wait()
        #expect(second.isFailure(3), "\(second)")
        expect(try server.reached(limit), limit)
        first.send(SIGKILL)
    }

    @Test("a subscription beyond the limit is refused by its code")
    func tracks() throws {
        let server = try Server("--max-tracks", "1", "-vv")
        let first = try server.relay.sub("test--n", "--wait", "60")
        _ = try server.relay.process.waitForLine(on: .stderr) { $0.contains("received SUBSCRIBE") }
        let second = try server.relay.sub("test--m", "--wait", "60").wait()
        #expect(second.status == 5 && second.stderr.contains("EXCESSIVE_LOAD"), "\(second)")
        expect(try server.reached(.tracks), .tracks)
        first.send(SIGKILL)
    }

    @Test("an object that is too long does not pass, over both transports", arguments: [false, true])
    func objectSize(_ isWeb: Bool) throws {
        let server = try Server("--max-object-size", "100")
        let url = isWeb ? server.relay.webURL : server.relay.url
        let folder = try WorkFolder()
        let file = try folder.file("data", noise(101))
        let sub = try server.relay.sub("test--n", "--wait", "60", "--json")
        let pub = try Moqt([
            "pub", url, "-k", "test--n", "--as", "raw", "--object-size", "200", file,
        ])
        expect(try server.reached(.objectSize), .objectSize)
        pub.send(SIGTERM)
        sub.send(SIGTERM)
        #expect(try sub.wait().stdout.isEmpty)
        _ = try pub.wait()
    }

    @Test("a session has its share of log lines, and it is told how many there were more")
    func logLines() throws {
        let server = try Server("--max-log-lines", "1", "-v")
        let sub = try server.relay.sub("no--such")
        #expect(try sub.wait().status == 5)
        _ = try server.relay.process.waitForLine(on: .stderr) { $0.contains("more lines were withheld") }
        #expect(try server.reached(.logLines)[.logLines] ?? 0 >= 1)
    }
}
