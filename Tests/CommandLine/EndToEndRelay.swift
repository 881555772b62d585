import Foundation
import Testing

/// A relay of the built binary on a free port of the loopback; killed when released.
final class RunningRelay {
    let process: Moqt
    /// Where it listens: `127.0.0.1:PORT`.
    let address: String
    let fingerprint: String
    var url: String { "moqt://" + address }
    /// The same over WebTransport.
    var webURL: String { "https://" + address + "/" }

    /// - Parameters:
    ///   - address: where to listen.
    ///   - options: further options.
    convenience init(at address: String = "127.0.0.1:0", _ options: String...) throws {
        try self.init(at: address, options: options)
    }

    init(at address: String = "127.0.0.1:0", options: [String]) throws {
        process = try Moqt(["relay", "--listen", address] + options + Self.threads(beside: options))
        let words = try process.waitForLine().split(separator: " ").map(String.init)
        try #require(words.count > 3 && words.starts(with: ["listening", "on"]), "\(words)")
        self.address = words[2]
        fingerprint = try #require(words.last)
    }

    deinit { process.send(SIGKILL) }

    /// As many loops as `MOQT_THREADS` says, where a test does not.
    private static func threads(beside options: [String]) -> [String] {
        guard !options.contains("--threads"), let count = ProcessInfo.processInfo.environment["MOQT_THREADS"] else {
            return []
        }
        return ["--threads", count]
    }

    /// An address of this host with a port that nobody has at the moment.
    static func freeAddress() throws -> String {
        let relay = try RunningRelay()
        relay.process.send(SIGKILL)
        _ = try relay.process.wait()
        return relay.address
    }

    /// Starts `moqt sub` of this relay, which it trusts.
    func sub(_ arguments: String..., output: Moqt.Output = .captured) throws -> Moqt {
        try Moqt(["sub", url, "--fingerprint", fingerprint] + arguments, output: output)
    }

    /// Starts `moqt pub` to this relay, which it trusts.
    func pub(_ arguments: String..., input: Moqt.Input = .none) throws -> Moqt {
        try Moqt(["pub", url, "--fingerprint", fingerprint] + arguments, input: input)
    }
}

/// A folder for the files of one test; removed when released.
final class WorkFolder: Sendable {
    private let folder = FileManager.default.temporaryDirectory.appendingPathComponent("moqt-\(UUID().uuidString)")

    init() throws { try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true) }

    deinit { try? FileManager.default.removeItem(at: folder) }

    /// Path of a file in it.
    func path(_ name: String) -> String { folder.appendingPathComponent(name).path }

    /// Writes a file and gives its path.
    func file(_ name: String, _ bytes: [UInt8]) throws -> String {
        try Data(bytes).write(to: URL(fileURLWithPath: path(name)))
        return path(name)
    }
}

extension Moqt.Finished {
    /// Whether it failed as commands do: that status, nothing on stdout, one line on stderr.
    func isFailure(_ status: Int32) -> Bool {
        self.status == status && stdout.isEmpty && stderr.hasSuffix("\n") && stderr.count { $0 == "\n" } == 1
    }

    /// Whether it ended well and had nothing to say.
    var isQuietSuccess: Bool { status == 0 && stderr.isEmpty }
}

/// Bytes that look random and are the same in every run.
func noise(_ count: Int, seed: UInt64 = 1) -> [UInt8] {
    var dice = Dice(seed: seed)
    var bytes = [UInt8](repeating: 0, count: (count + 7) / 8 * 8)
    bytes.withUnsafeMutableBytes { memory in
        for index in memory.bindMemory(to: UInt64.self).indices {
            memory.storeBytes(of: dice.next(), toByteOffset: index * 8, as: UInt64.self)
        }
    }
    bytes.removeLast(bytes.count - count)
    return bytes
}
