import Testing
import Wire

@testable import EventLoop

/// Sockets that share a port (RFC 9000 §17: where a packet has its destination connection id).
@Suite struct SharedPortTests {
    private static let idLength = 18

    /// Which of the sockets gets each packet, in the order in which they are sent.
    private func receivers(of packets: [[UInt8]], _ count: Int) throws -> [Int] {
        let sockets = try UDPSocket.shared(
            bind: .loopback(.ipv4, port: 0), count: count, idLength: Self.idLength)
        #expect(Set(sockets.map(\.localAddress)).count == 1)
        let client = try UDPSocket(bind: .loopback(.ipv4, port: 0))
        let path = NetworkPath(local: client.localAddress, remote: sockets[0].localAddress)
        let loop = try EventLoop()
        var receivers: [Int] = []
        var registrations: [Registration] = []
        for (index, socket) in sockets.enumerated() {
            registrations.append(
                try loop.register(socket.fileDescriptor, .readable) { _ in
                    _ = try? socket.receive { _, _, _ in receivers.append(index) }
                })
        }
        for (number, packet) in packets.enumerated() {
            packet.withUnsafeBytes { #expect(client.send($0, segmentSize: $0.count, path, .notCapable) == .sent) }
            loop.run(until: EventLoop.clock() + .seconds(10)) { receivers.count > number }
        }
        for registration in registrations { loop.cancel(registration) }
        return receivers
    }

    private func long(_ type: UInt8, _ id: [UInt8]) -> [UInt8] {
        [0xC0 | type << 4, 0, 0, 0, 1, UInt8(id.count)] + id + [UInt8](repeating: 0, count: 40)
    }

    private func id(_ loop: UInt8, count: Int = idLength) -> [UInt8] {
        [loop] + [UInt8](repeating: 0xAA, count: count - 1)
    }

    @Test func `a packet goes to the loop that its connection id names`() throws {
        let packets = (0..<4 as Range<UInt8>).flatMap { loop in
            [[0x40] + id(loop) + [1, 2, 3], long(2, id(loop)), long(0, id(loop))]
        }
        #expect(try receivers(of: packets, 4) == (0..<4).flatMap { [$0, $0, $0] })
    }

    /// A client chooses its first id, and its packets stay together all the same.
    @Test func `packets of a client whose id says nothing go to one loop`() throws {
        let packets = [long(0, id(2, count: 8)), long(1, id(2, count: 8)), long(0, id(200)), [0x40] + id(200), [0x40]]
        let loops = try receivers(of: packets, 3)
        #expect(Set(loops.prefix(4)).count == 1)
        #expect(loops.count == packets.count)
    }

    @Test func `a port in use is not shared`() throws {
        let sockets = try UDPSocket.shared(
            bind: .loopback(.ipv4, port: 0), count: 2, idLength: Self.idLength)
        let address = sockets[0].localAddress
        #expect(throws: SystemError.self) { try UDPSocket.shared(bind: address, count: 2, idLength: Self.idLength) }
        #expect(throws: SystemError.self) { try UDPSocket(bind: address) }
    }
}
