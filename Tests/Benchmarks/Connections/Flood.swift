import EventLoop
import Glibc
import QUIC
import Wire

/// First flights of clients that never say another word, as from forged addresses, and how much is answered to each.
struct Flood {
    let server: SocketAddress
    let alpn: String
    let count: Int

    /// Clients whose answers are waited for at the same time.
    private static let batch = 500

    func run() throws {
        let start = EventLoop.clock()
        let credentials = try ClientCredentials(.insecure)
        var sent = 0
        var answered = 0
        var worst = 0.0
        for first in stride(from: 0, to: count, by: Self.batch) {
            var strangers: [Stranger] = []
            for _ in first..<min(first + Self.batch, count) {
                strangers.append(try Stranger(server, alpn, credentials))
            }
            // Whatever is said at once, and the first time that it is said again.
            usleep(400_000)
            for stranger in strangers {
                let bytes = stranger.answered()
                sent += stranger.sent
                answered += bytes
                worst = max(worst, Double(bytes) / Double(stranger.sent))
            }
        }
        Program.report(
            "\(count) first flights of \(sent) bytes got \(answered) bytes, at most \(worst) times theirs", since: start
        )
    }

    private struct Stranger {
        let socket: UDPSocket
        private(set) var sent = 0

        init(_ server: SocketAddress, _ alpn: String, _ credentials: ClientCredentials) throws {
            socket = try UDPSocket(peer: server)
            let connection = try Connection.client(
                on: NetworkPath(local: socket.localAddress, remote: server), serverName: "localhost",
                credentials: credentials, settings: QUICSettings(protocols: [alpn]), now: EventLoop.clock())
            let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 65_536, alignment: 64)
            defer { buffer.deallocate() }
            var nothing = NothingToSend()
            while let train = connection.write(into: buffer, from: &nothing, now: EventLoop.clock()) {
                let bytes = UnsafeRawBufferPointer(rebasing: buffer[..<train.byteCount])
                _ = socket.send(bytes, segmentSize: train.segmentSize, train.path, train.ecn)
                sent += train.byteCount
            }
        }

        func answered() -> Int {
            var bytes = 0
            while let count = try? socket.receive({ datagram, _, _ in bytes += datagram.count }), count > 0 {}
            return bytes
        }
    }
}
