internal import CLinux
internal import Glibc
package import Wire

/// Sockets that share a port, one per loop.
extension UDPSocket {
    /// Binds `count` sockets to `address`, as ``init(bind:_:)`` does with one; the kernel gives each datagram to one of
    /// them.
    ///
    /// That is the one whose number is the first byte of the destination connection id, where ids of `idLength` bytes
    /// are issued so (RFC 9000 §17); for other datagrams, one that depends on the addresses.
    ///
    /// - Parameter count: 1 through 255.
    package static func shared(
        bind address: SocketAddress, count: Int, idLength: Int, _ options: Options = Options()
    ) throws(SystemError) -> [UDPSocket] {
        let first = try UDPSocket(bind: address, options)
        guard count > 1 else { return [first] }
        // Only now, so that a port in use is an error.
        var on: CInt = 1
        setsockopt(first.fileDescriptor, SOL_SOCKET, SO_REUSEPORT, &on, socklen_t(MemoryLayout<CInt>.size))
        var options = options
        options.sharesPort = true
        var sockets = [first]
        for _ in 1..<count { sockets.append(try UDPSocket(bind: first.localAddress, options)) }
        // Where the kernel can't, loops forward to each other what is not theirs.
        _ = CLinux_steer(first.fileDescriptor, UInt8(clamping: count), UInt8(clamping: idLength))
        return sockets
    }
}
