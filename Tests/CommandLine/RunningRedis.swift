import Foundation
import Glibc
import Testing

/// A Redis server of Debian's on a socket in a folder of its own; killed when released.
final class RunningRedis {
    private let folder: WorkFolder
    private let options: [String]
    private var process: Process?
    /// For `--cluster`.
    var url: String { "redis+unix://" + socket }
    /// Its socket.
    var socket: String { folder.path("redis.sock") }

    /// - Parameter options: further options.
    init(_ options: String...) throws {
        folder = try WorkFolder()
        self.options = options
        try start()
    }

    deinit { stop() }

    /// Starts it; what it knew before is forgotten.
    func start() throws {
        try? FileManager.default.removeItem(atPath: socket)
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/redis-server")
        process.arguments = ["--port", "0", "--unixsocket", socket, "--save", "", "--appendonly", "no"] + options
        process.currentDirectoryURL = URL(fileURLWithPath: folder.path(""))
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        self.process = process
        // It says so once it listens.
        var text = ""
        while !text.contains("eady to accept connections") {
            let data = output.fileHandleForReading.availableData
            try #require(!data.isEmpty, "redis-server: \(text)")
            text += String(decoding: data, as: UTF8.self)
        }
        output.fileHandleForReading.readabilityHandler = { _ = $0.availableData }
    }

    /// Kills it.
    func stop() {
        guard let process else { return }
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
        self.process = nil
    }

    /// What `redis-cli` prints, without the last newline.
    func ask(_ words: String...) throws -> String {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/redis-cli")
        process.arguments = ["-s", socket] + words
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let data = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return String(decoding: data, as: UTF8.self).trimmingCharacters(in: .newlines)
    }
}
