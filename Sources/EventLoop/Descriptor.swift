internal import CLinux
internal import Glibc
internal import Wire

/// A socket being set up; closed unless taken.
struct Descriptor: ~Copyable {
    private let raw: CInt

    private init(_ raw: CInt) { self.raw = raw }

    deinit { close(raw) }

    /// Gives the descriptor away.
    consuming func take() -> CInt {
        let raw = raw
        discard self
        return raw
    }

    static func udp(_ family: SocketAddress.Family) throws(SystemError) -> Descriptor {
        let domain = family == .ipv4 ? AF_INET : AF_INET6
        let type = SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue
        let raw = socket(domain, CInt(type), 0)
        if raw < 0 { throw SystemError("socket") }
        let descriptor = Descriptor(raw)
        if family == .ipv6 { descriptor.set(SOL_IPV6, IPV6_V6ONLY, 0) }
        return descriptor
    }

    /// Blocks; may be bound while connections of the socket before it linger.
    static func tcp(_ family: SocketAddress.Family) throws(SystemError) -> Descriptor {
        let domain = family == .ipv4 ? AF_INET : AF_INET6
        let raw = socket(domain, CInt(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        if raw < 0 { throw SystemError("socket") }
        let descriptor = Descriptor(raw)
        descriptor.set(SOL_SOCKET, SO_REUSEADDR, 1)
        if family == .ipv6 { descriptor.set(SOL_IPV6, IPV6_V6ONLY, 0) }
        return descriptor
    }

    func bind(_ address: SocketAddress) throws(SystemError) {
        let status = address.withKernelAddress(for: address.family) { Glibc.bind(raw, $0, $1) }
        if status != 0 { throw SystemError("bind", address.description) }
    }

    /// Takes connections; so many of them may wait to be served.
    func listen(_ backlog: CInt = 128) throws(SystemError) {
        if Glibc.listen(raw, backlog) != 0 { throw SystemError("listen") }
    }

    func connect(_ peer: SocketAddress, _ family: SocketAddress.Family) throws(SystemError) {
        let status = peer.withKernelAddress(for: family) { Glibc.connect(raw, $0, $1) }
        if status != 0 { throw SystemError("connect", peer.description) }
    }

    func localAddress() throws(SystemError) -> SocketAddress {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let address: SocketAddress? = withUnsafeMutableBytes(of: &storage) { bytes in
            guard let start = bytes.baseAddress else { return nil }
            guard getsockname(raw, start.assumingMemoryBound(to: sockaddr.self), &length) == 0 else { return nil }
            return SocketAddress(kernel: start)
        }
        guard let address else { throw SystemError("getsockname") }
        return address
    }

    /// Asks for what comes with each datagram: its local address and its ECN bits. Also has every datagram sent
    /// unfragmented, whatever the kernel believes of the path: finding its limit is QUIC's (RFC 9000 §14).
    ///
    /// Failures are not errors: what the kernel does not tell is taken to be the bound address and no ECN.
    func askForMetadata(_ family: SocketAddress.Family) {
        // An IPv6 socket has the IPv4 options too, for its v4-mapped peers.
        set(SOL_IP, IP_RECVTOS, 1)
        set(SOL_IP, IP_MTU_DISCOVER, IP_PMTUDISC_PROBE)
        switch family {
        case .ipv4:
            set(SOL_IP, IP_PKTINFO, 1)
        case .ipv6:
            set(SOL_IPV6, IPV6_RECVTCLASS, 1)
            set(SOL_IPV6, IPV6_RECVPKTINFO, 1)
            set(SOL_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_PROBE)
        }
    }

    /// - Returns: what the operator should be told when the kernel gave less; nil when it gave enough.
    func growBuffers(to size: Int) -> String? {
        let buffers = [(SO_RCVBUF, "receive", "rmem_max"), (SO_SNDBUF, "send", "wmem_max")]
        let warnings = buffers.compactMap { option, word, limit -> String? in
            set(SOL_SOCKET, option, CInt(clamping: size))
            // The kernel doubles what it gives, for its own use, and tells the double.
            let given = get(SOL_SOCKET, option) / 2
            guard given < size else { return nil }
            return "the UDP \(word) buffer is \(given) bytes, not \(size): sysctl -w net.core.\(limit)=\(size)"
        }
        return warnings.isEmpty ? nil : warnings.joined(separator: "; ")
    }

    @discardableResult
    func set(_ level: CInt, _ option: CInt, _ value: CInt) -> Bool {
        var value = value
        return setsockopt(raw, level, option, &value, socklen_t(MemoryLayout<CInt>.size)) == 0
    }

    private func get(_ level: CInt, _ option: CInt) -> Int {
        var value: CInt = 0
        var length = socklen_t(MemoryLayout<CInt>.size)
        getsockopt(raw, level, option, &value, &length)
        return Int(value)
    }
}

extension SocketAddress {
    /// Lends the address as the kernel takes it.
    fileprivate func withKernelAddress(
        for family: Family, _ body: (UnsafePointer<sockaddr>, socklen_t) -> CInt
    ) -> CInt {
        var storage = sockaddr_storage()
        return withUnsafeMutablePointer(to: &storage) { start in
            let length = write(to: start, for: family)
            return start.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, length) }
        }
    }
}
