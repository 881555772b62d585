import Foundation
import Glibc
import Testing

/// `moqt relay` as a service of systemd.
@Suite struct RelayServiceTests {
    @Test("systemd hears that it is ready, alive, reloading and stopping")
    func states() throws {
        let folder = try WorkFolder(), path = folder.path("notify")
        let socket = Glibc.socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
        defer { close(socket) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        try #require(path.utf8.count < 108)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let bound = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(socket, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        try #require(bound == 0)
        var patience = timeval(tv_sec: 20, tv_usec: 0)
        setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        func next(_ isWanted: (String) -> Bool) -> String {
            while true {
                var buffer = [UInt8](repeating: 0, count: 4096)
                let count = recv(socket, &buffer, buffer.count, 0)
                let text = String(decoding: buffer[..<max(count, 0)], as: UTF8.self)
                if count <= 0 || isWanted(text) { return text }
            }
        }
        let relay = try Moqt(
            ["relay", "--listen", "127.0.0.1:0"], environment: ["NOTIFY_SOCKET": path, "WATCHDOG_USEC": "20000"])
        #expect(next { $0 != "WATCHDOG=1" } == "READY=1")
        #expect(try relay.waitForLine().hasPrefix("listening on "))
        #expect(next { $0 == "WATCHDOG=1" } == "WATCHDOG=1")
        relay.send(SIGHUP)
        #expect(next { $0 != "WATCHDOG=1" }.hasPrefix("RELOADING=1\nMONOTONIC_USEC="))
        #expect(next { $0 != "WATCHDOG=1" } == "READY=1")
        relay.send(SIGTERM)
        #expect(next { $0 != "WATCHDOG=1" } == "STOPPING=1")
        #expect(try relay.wait().status == 0)
    }
}
