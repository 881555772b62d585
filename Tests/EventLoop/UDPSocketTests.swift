import Glibc
import Testing
import Wire

@testable import EventLoop

@Suite struct UDPSocketTests {
    @Test(arguments: Wiring.all) func `a train arrives whole, in order, cut where it was to be cut`(wiring: Wiring)
        throws
    {
        let link = try Link(wiring)
        let train = (0..<100_000).map { UInt8(truncatingIfNeeded: $0 / 7) }
        #expect(link.send(train, segmentSize: 1200) == .sent)
        let received = link.receive(bytes: train.count)
        #expect(received.flatMap(\.bytes) == train)
        #expect(received.dropLast().allSatisfy { $0.bytes.count == 1200 })
        #expect(received.last?.bytes.count == 100_000 % 1200)
    }

    @Test(arguments: Wiring.all) func `datagrams of one byte and of the loopback's greatest length arrive`(
        wiring: Wiring
    ) throws {
        let link = try Link(wiring)
        for size in [1, 1200, 65487] {
            #expect(link.send([UInt8](repeating: 7, count: size), segmentSize: size) == .sent)
            #expect(link.receive(bytes: size).map(\.bytes.count) == [size])
        }
    }

    @Test(arguments: Wiring.all) func `a path names both ends as they see each other`(wiring: Wiring) throws {
        let link = try Link(wiring)
        _ = link.send([1], segmentSize: 1)
        let path = try #require(link.receive(bytes: 1).first).path
        #expect(path.remote == link.client.localAddress)
        #expect(path.local == SocketAddress(host: wiring.target, port: link.server.localAddress.port))
    }

    @Test(arguments: Wiring.hasIPv6 ? [SocketAddress.Family.ipv4, .ipv6] : [.ipv4])
    func `the kernel says where it would send from`(family: SocketAddress.Family) throws {
        let peer = SocketAddress.loopback(family, port: 9)
        var source = try UDPSocket.source(toward: peer)
        source.port = 9
        #expect(source == peer)
    }

    // RFC 3168 §5: the two ECN bits; RFC 9000 §13.4.
    @Test(arguments: Wiring.all, [ECN.notCapable, .capable0, .capable1, .congestionExperienced])
    func `the ECN bits sent are the ECN bits received`(wiring: Wiring, ecn: ECN) throws {
        let link = try Link(wiring)
        _ = link.send([1, 2, 3, 4], segmentSize: 2, ecn)
        #expect(link.receive(bytes: 4).map(\.ecn) == [ecn, ecn])
    }

    @Test(arguments: Wiring.all) func `an answer from a wildcard socket leaves from the address that was asked`(
        wiring: Wiring
    ) throws {
        guard wiring.bound.isAny else { return }
        // The client's kernel drops what does not come from the very address it is connected to.
        let link = try Link(wiring)
        _ = link.send([1], segmentSize: 1)
        let path = try #require(link.receive(bytes: 1).first).path
        let answer: [UInt8] = [9, 8, 7, 6]
        #expect(answer.withUnsafeBytes { link.server.send($0, segmentSize: 2, path, .capable0) } == .sent)
        let received = link.receive(bytes: 4, at: link.client)
        #expect(received.map(\.bytes) == [[9, 8], [7, 6]])
        #expect(received.map(\.ecn) == [.capable0, .capable0])
        #expect(received.map(\.path.remote.host) == [wiring.target, wiring.target])
    }

    @Test func `another of the host's addresses answers under its own name`() throws {
        let wiring = Wiring(bound: .any(.ipv6, port: 0), target: "127.0.0.2")
        let link = try Link(wiring)
        _ = link.send([1], segmentSize: 1)
        let path = try #require(link.receive(bytes: 1).first).path
        #expect(path.local.host == "127.0.0.2")
        _ = [UInt8](repeating: 5, count: 3).withUnsafeBytes { link.server.send($0, segmentSize: 3, path, .notCapable) }
        #expect(link.receive(bytes: 3, at: link.client).map(\.path.remote.host) == ["127.0.0.2"])
    }

    @Test func `nothing listening is reported to a socket with a peer`() throws {
        let loop = try EventLoop()
        let gone = try UDPSocket(bind: .loopback(.ipv4, port: 0)).localAddress
        let client = try UDPSocket(peer: gone)
        let path = NetworkPath(local: client.localAddress, remote: gone)
        #expect([1].withUnsafeBytes { client.send($0, segmentSize: 8, path, .notCapable) } == .sent)
        var failure: SystemError?
        let registration = try loop.register(client.fileDescriptor, .readable) { _ in
            do throws(SystemError) { try client.receive { _, _, _ in } } catch { failure = error }
        }
        loop.run(until: loop.now + .seconds(5)) { failure != nil }
        loop.cancel(registration)
        #expect(failure?.isConnectionRefused == true)
    }

    @Test func `a port in use is an error that names it`() throws {
        let first = try UDPSocket(bind: .any(.ipv6, port: 0))
        let address = first.localAddress
        let error = #expect(throws: SystemError.self) { try UDPSocket(bind: address) }
        #expect(error?.isAddressInUse == true)
        #expect(error?.description == "bind [::]:\(address.port): Address already in use")
        #expect(throws: SystemError.self) { try UDPSocket(bind: .any(.ipv4, port: address.port)) }
    }

    @Test func `a datagram too long for the link is dropped, and the others of its train are not`() throws {
        var options = UDPSocket.Options()
        options.segmentsTrains = false
        let link = try Link(Wiring.all[0], options)
        // No datagram holds 65,508 bytes over IPv4; the rest of the train is one that does fit.
        #expect(link.send([UInt8](repeating: 1, count: 65508 + 10), segmentSize: 65508) == .sent)
        #expect(link.receive(bytes: 10).map(\.bytes.count) == [10])
    }

    @Test func `datagrams too long for the link do not look like a kernel that cannot cut trains`() throws {
        let link = try Link(Wiring.all[0])
        #expect(link.send([UInt8](repeating: 1, count: 2 * 65508), segmentSize: 65508) == .sent)
        #expect(link.client.segmentsTrains)
        #expect(link.send([1, 2, 3, 4], segmentSize: 2) == .sent)
        #expect(link.client.segmentsTrains)
        #expect(link.receive(bytes: 4).map(\.bytes) == [[1, 2], [3, 4]])
    }

    @Test func `a kernel that cannot cut trains is found out once, and the train arrives all the same`() throws {
        let link = try Link(Wiring.all[0])
        // Without checksums Linux refuses to cut, as it does for devices that cannot (EIO).
        var yes: CInt = 1
        setsockopt(link.client.fileDescriptor, SOL_SOCKET, SO_NO_CHECK, &yes, 4)
        let train = (0..<10_000).map { UInt8(truncatingIfNeeded: $0) }
        #expect(link.send(train, segmentSize: 1000) == .sent)
        #expect(!link.client.segmentsTrains)
        #expect(link.receive(bytes: train.count).map(\.bytes.count) == Array(repeating: 1000, count: 10))
    }

    @Test func `a buffer smaller than asked for is told with its sysctl, and one as asked for is not`() throws {
        var options = UDPSocket.Options()
        options.bufferSize = 1 << 30
        let warning = try #require(try UDPSocket(bind: .loopback(.ipv4, port: 0), options).bufferWarning)
        #expect(warning.contains("sysctl -w net.core.rmem_max=1073741824"))
        #expect(warning.contains("sysctl -w net.core.wmem_max=1073741824"))
        options.bufferSize = 65536
        #expect(try UDPSocket(bind: .loopback(.ipv4, port: 0), options).bufferWarning == nil)
    }

    @Test func `an idle socket has nothing to receive`() throws {
        #expect(try UDPSocket(bind: .loopback(.ipv4, port: 0)).receive { _, _, _ in } == 0)
    }
}

/// Where a server is bound, and by which of its addresses a client reaches it, with and without the kernel's help.
struct Wiring: Sendable, CustomTestStringConvertible {
    var bound: SocketAddress
    var target: String
    var offloads = true

    /// Whether the machine has an IPv6 loopback; some containers have none.
    static let hasIPv6 = (try? UDPSocket(bind: .loopback(.ipv6, port: 0))) != nil

    static let all: [Wiring] = [true, false].flatMap { offloads in
        [
            Wiring(bound: .loopback(.ipv4, port: 0), target: "127.0.0.1", offloads: offloads),
            Wiring(bound: .any(.ipv4, port: 0), target: "127.0.0.1", offloads: offloads),
            Wiring(bound: .loopback(.ipv6, port: 0), target: "::1", offloads: offloads),
            Wiring(bound: .any(.ipv6, port: 0), target: "::1", offloads: offloads),
            Wiring(bound: .any(.ipv6, port: 0), target: "127.0.0.1", offloads: offloads),
        ].filter { hasIPv6 || $0.target != "::1" }
    }

    var testDescription: String { "\(bound.host) by \(target), \(offloads ? "GSO and GRO" : "no offload")" }
}

/// A client's socket and a server's, on the loopback interface.
struct Link {
    struct Datagram {
        var bytes: [UInt8]
        var path: NetworkPath
        var ecn: ECN
    }

    let loop: EventLoop
    let server: UDPSocket
    let client: UDPSocket
    private let path: NetworkPath

    init(_ wiring: Wiring, _ options: UDPSocket.Options = .init()) throws {
        var options = options
        options.segmentsTrains = options.segmentsTrains && wiring.offloads
        options.joinsReceived = wiring.offloads
        loop = try EventLoop()
        server = try UDPSocket(bind: wiring.bound, options)
        let target = try #require(SocketAddress(host: wiring.target, port: server.localAddress.port))
        client = try UDPSocket(peer: target, options)
        path = NetworkPath(local: client.localAddress, remote: target)
    }

    func send(_ train: [UInt8], segmentSize: Int, _ ecn: ECN = .notCapable) -> UDPSocket.SendResult {
        train.withUnsafeBytes { client.send($0, segmentSize: segmentSize, path, ecn) }
    }

    /// Runs the loop until so many bytes have arrived, 5 s at most.
    func receive(bytes: Int, at socket: UDPSocket? = nil) -> [Datagram] {
        let socket = socket ?? server
        var datagrams: [Datagram] = []
        let registration = try? loop.register(socket.fileDescriptor, .readable) { _ in
            _ = try? socket.receive { bytes, path, ecn in
                datagrams.append(Datagram(bytes: Array(bytes), path: path, ecn: ecn))
            }
        }
        loop.run(until: EventLoop.clock() + .seconds(5)) { datagrams.reduce(0) { $0 + $1.bytes.count } >= bytes }
        if let registration { loop.cancel(registration) }
        return datagrams
    }
}
