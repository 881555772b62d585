import EventLoop
import Foundation
import Glibc
import Operations
import Testing
import Wire

@Suite struct SystemdTests {
    /// The socket that systemd listens to.
    private final class Listener {
        let name: String
        private let socket: CInt

        /// - Parameter name: a path, or `@` and a name of the abstract namespace.
        init(_ name: String) throws {
            self.name = name
            socket = Glibc.socket(AF_UNIX, CInt(SOCK_DGRAM.rawValue), 0)
            var address = sockaddr_un()
            address.sun_family = sa_family_t(AF_UNIX)
            let count = name.utf8.count
            withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: name.utf8) }
            let isAbstract = name.hasPrefix("@")
            if isAbstract { address.sun_path.0 = 0 }
            let length = socklen_t(MemoryLayout<sa_family_t>.size + count + (isAbstract ? 0 : 1))
            let status = withUnsafePointer(to: &address) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(socket, $0, length) }
            }
            try #require(status == 0)
        }

        deinit {
            close(socket)
            if name.hasPrefix("/") { unlink(name) }
        }

        /// The next datagram.
        func next() -> String {
            var buffer = [UInt8](repeating: 0, count: 4096)
            let count = recv(socket, &buffer, buffer.count, 0)
            return String(decoding: buffer[..<max(count, 0)], as: UTF8.self)
        }
    }

    @Test(arguments: ["@", "/"])
    func `states are datagrams to the socket, at a path or in the abstract namespace`(_ kind: String) throws {
        let unique = "moqt-\(UUID().uuidString)"
        let path = kind == "@" ? "@" + unique : FileManager.default.temporaryDirectory.path + "/" + unique
        let listener = try Listener(path)
        let systemd = try #require(Systemd { $0 == "NOTIFY_SOCKET" ? path : nil })
        systemd.ready()
        systemd.reloading(Instant(nanoseconds: 1_234_567_890))
        systemd.alive()
        systemd.stopping()
        #expect(listener.next() == "READY=1")
        #expect(listener.next() == "RELOADING=1\nMONOTONIC_USEC=1234567")
        #expect(listener.next() == "WATCHDOG=1")
        #expect(listener.next() == "STOPPING=1")
    }

    @Test func `where nobody listens nothing is told, and nothing fails`() {
        #expect(Systemd { _ in nil } == nil)
        for name in ["", "relative", "/" + String(repeating: "x", count: 200)] {
            #expect(Systemd { $0 == "NOTIFY_SOCKET" ? name : nil } == nil)
        }
        Systemd { $0 == "NOTIFY_SOCKET" ? "/nowhere/socket" : nil }?.ready()
    }

    @Test func `the watchdog's time is in microseconds, and may be meant for another process`() throws {
        func interval(_ variables: [String: String]) -> Interval? {
            Systemd { variables[$0] ?? ($0 == "NOTIFY_SOCKET" ? "@x" : nil) }?.watchdogInterval
        }
        #expect(interval([:]) == nil && interval(["WATCHDOG_USEC": "0"]) == nil)
        #expect(interval(["WATCHDOG_USEC": "30000000"]) == .seconds(30))
        #expect(interval(["WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "\(getpid())"]) == .seconds(30))
        #expect(interval(["WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "1"]) == nil)
        #expect(interval(["WATCHDOG_USEC": "soon"]) == nil)
    }
}
