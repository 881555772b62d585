import Foundation
import Synchronization

/// Two network namespaces joined by a veth pair: a server's with two addresses, and a client's, whose address can be
/// replaced. Removed when released.
final class NamespacePair: Sendable {
    /// The server's second address: its kernel would answer from the first.
    static let server = "10.9.0.99"

    private static let count = Atomic(0)
    private let name: String
    private let clientAddress = Mutex(2)

    /// Whether this process may make namespaces, which takes root, `ip` and a kernel that has veth.
    static let isAvailable = (try? NamespacePair()) != nil

    init() throws {
        name = "moqt-\(getpid())-\(Self.count.add(1, ordering: .relaxed).newValue)"
        for end in ["s", "c"] {
            try Self.ip("netns", "add", "\(name)-\(end)")
            try Self.ip("-n", "\(name)-\(end)", "link", "set", "lo", "up")
        }
        try Self.ip(
            "link", "add", "s", "netns", "\(name)-s", "type", "veth", "peer", "name", "c", "netns", "\(name)-c")
        for (end, address) in [("s", 1), ("s", 99), ("c", 2)] {
            try change("add", end, address)
        }
        for end in ["s", "c"] {
            try Self.ip("-n", "\(name)-\(end)", "link", "set", end, "up")
        }
    }

    deinit {
        for end in ["s", "c"] { try? Self.ip("netns", "del", "\(name)-\(end)") }
    }

    /// Starts the binary under test as a server.
    func server(_ arguments: String...) throws -> Moqt { try start("s", arguments) }

    /// Starts the binary under test as a client.
    func client(_ arguments: [String]) throws -> Moqt { try start("c", arguments) }

    /// Takes the client's address away; everything it sends fails.
    func removeClientAddress() throws { try change("del", "c", clientAddress.withLock { $0 }) }

    /// Gives the client an address it did not have before.
    func addClientAddress() throws {
        let address = clientAddress.withLock {
            $0 += 1
            return $0
        }
        try change("add", "c", address)
    }

    private func change(_ verb: String, _ end: String, _ address: Int) throws {
        try Self.ip("-n", "\(name)-\(end)", "address", verb, "10.9.0.\(address)/24", "dev", end)
    }

    private func start(_ end: String, _ arguments: [String]) throws -> Moqt {
        try Moqt(
            ["ip", "netns", "exec", "\(name)-\(end)", Moqt.executable] + arguments, program: "/usr/bin/env")
    }

    private static func ip(_ arguments: String...) throws {
        let finished = try Moqt(["ip"] + arguments, program: "/usr/bin/env").wait()
        guard finished.status == 0 else {
            throw Moqt.Failure(description: "ip \(arguments.joined(separator: " ")): \(finished.stderr)")
        }
    }
}
