internal import Glibc
package import Wire

/// A TCP socket that takes connections; who serves them is none of its business.
package final class TCPListener: Sendable {
    /// Where it listens, with the real port.
    package let localAddress: SocketAddress
    /// The socket; closed with the listener.
    package let fileDescriptor: CInt

    /// Listens at `address`; port 0: a free one. `[::]` is every address of this host, IPv4's too.
    package init(bind address: SocketAddress) throws(SystemError) {
        let descriptor = try Descriptor.tcp(address.family)
        try descriptor.bind(address)
        try descriptor.listen()
        localAddress = try descriptor.localAddress()
        fileDescriptor = descriptor.take()
    }

    /// The socket under a further number, for who closes what it serves.
    package func duplicate() throws(SystemError) -> CInt {
        let copy = fcntl(fileDescriptor, F_DUPFD_CLOEXEC, 0)
        if copy < 0 { throw SystemError("fcntl") }
        return copy
    }

    deinit { close(fileDescriptor) }
}
