internal import CLinux
internal import Glibc
package import Wire

/// A UDP socket that moves many datagrams per system call, in both directions.
///
/// Belongs to one thread. It never blocks: register ``fileDescriptor`` with the loop.
package final class UDPSocket {
    /// How a socket is set up.
    package struct Options: Sendable {
        /// The only peer, for clients: the kernel then reports at once that nothing listens there (`ECONNREFUSED`), and
        /// chooses the local address. Nil: any peer.
        package var peer: SocketAddress?
        /// Bytes asked for in each direction.
        package var bufferSize = 8 << 20
        /// Whether the kernel may cut trains into datagrams (`UDP_SEGMENT`), where it can.
        package var segmentsTrains = true
        /// Whether the kernel may join received datagrams (`UDP_GRO`), where it can.
        package var joinsReceived = true
        /// Whether the port may be shared with sockets that share it, too.
        var sharesPort = false

        package init() {}
    }

    /// For the loop. Closed with the socket: cancel its registration first.
    package let fileDescriptor: CInt
    /// Where the socket is bound, with the real port; for a socket with a peer also the real address.
    package let localAddress: SocketAddress
    /// The peer given at the start; nil: any.
    package let peer: SocketAddress?
    /// What the operator should be told: the kernel gave less buffer than asked for. Nil: it gave enough.
    package let bufferWarning: String?

    let family: SocketAddress.Family
    /// Whether trains go to the kernel whole; false from the first sign that it cannot cut them.
    var segmentsTrains: Bool
    let inbox = DatagramInbox()
    let outbox = DatagramOutbox()

    /// Binds a socket to `address`; port 0 takes a free one. `[::]` also takes IPv4 datagrams, and falls back to
    /// `0.0.0.0` on a host without IPv6.
    ///
    /// Throws `EADDRINUSE` when another socket has the port.
    package convenience init(bind address: SocketAddress, _ options: Options = Options()) throws(SystemError) {
        do {
            try self.init(exactly: address, options)
        } catch {
            let lacksIPv6 = error.errno == EAFNOSUPPORT || error.errno == EADDRNOTAVAIL
            guard lacksIPv6, address.family == .ipv6, address.isAny else { throw error }
            try self.init(exactly: .any(.ipv4, port: address.port), options)
        }
    }

    /// A client's socket: a free port, and `peer` as the only one it talks to.
    package convenience init(peer: SocketAddress, _ options: Options = Options()) throws(SystemError) {
        var options = options
        options.peer = peer
        try self.init(exactly: .any(peer.family, port: 0), options)
    }

    /// Where this host would send to `peer` from, with some port; throws `ENETUNREACH` when it has no way there.
    package static func source(toward peer: SocketAddress) throws(SystemError) -> SocketAddress {
        let descriptor = try Descriptor.udp(peer.family)
        try descriptor.connect(peer, peer.family)
        return try descriptor.localAddress()
    }

    private init(exactly address: SocketAddress, _ options: Options) throws(SystemError) {
        let descriptor = try Descriptor.udp(address.family)
        if options.sharesPort { descriptor.set(SOL_SOCKET, SO_REUSEPORT, 1) }
        try descriptor.bind(address)
        if let peer = options.peer { try descriptor.connect(peer, address.family) }
        localAddress = try descriptor.localAddress()
        descriptor.askForMetadata(address.family)
        if options.joinsReceived { descriptor.set(SOL_UDP, UDP_GRO, 1) }
        bufferWarning = descriptor.growBuffers(to: options.bufferSize)
        family = address.family
        peer = options.peer
        segmentsTrains = options.segmentsTrains
        fileDescriptor = descriptor.take()
    }

    deinit { close(fileDescriptor) }
}
