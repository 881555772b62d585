import EventLoop
import Glibc
import Wire

/// `bench-connections` is many clients at once, for `connections.py` and
/// `badlink.py`.
///
/// ```
/// bench-connections handshakes PORT ALPN COUNT       COUNT handshakes, some at a time, each closed once complete
/// bench-connections subscribe PORT TRACK COUNT       COUNT connections with a subscription, until stdin ends
/// bench-connections latency PORT TRACK COUNT         how old objects are, at COUNT subscribers, for 10 s
/// bench-connections flood PORT ALPN COUNT            COUNT first flights of clients that then fall silent
/// ```
///
/// Each prints a line when it is done; `subscribe` then holds what it has.
@main
enum Program {
    /// Clients that are connecting at the same time.
    static let atOnce = 32

    static func main() throws {
        let arguments = CommandLine.arguments
        guard arguments.count == 5, let port = UInt16(arguments[2]), let count = Int(arguments[4]) else { usage() }
        let server = SocketAddress.loopback(.ipv4, port: port)
        switch arguments[1] {
        case "handshakes": try Handshakes(server, alpn: arguments[3], count: count).run()
        case "subscribe": try Subscribers(server, track: arguments[3], count: count).hold()
        case "latency": try Subscribers(server, track: arguments[3], count: count).measure(.seconds(10))
        case "flood": try Flood(server: server, alpn: arguments[3], count: count).run()
        default: usage()
        }
    }

    private static func usage() -> Never {
        print("usage: bench-connections handshakes|flood PORT ALPN COUNT, or subscribe|latency PORT TRACK COUNT")
        exit(2)
    }

    /// Says how long something took, at once.
    static func report(_ what: String, since start: Instant) {
        let line = "\(what) after \(Double((EventLoop.clock() - start).nanoseconds) / 1e9) s\n"
        _ = line.withCString { write(STDOUT_FILENO, $0, strlen($0)) }
    }
}
