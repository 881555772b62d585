internal import CLinux
internal import Glibc
package import Wire

extension UDPSocket {
    /// Calls `body` for each datagram of one batch, in order of arrival: its bytes, which live as long as the call,
    /// its two addresses and its ECN bits.
    ///
    /// - Returns: how many datagrams there were; 0: none is waiting. Level-triggered watching reports what is left.
    /// - Throws: what the kernel holds against a socket with a peer, `ECONNREFUSED` above all.
    @discardableResult
    package func receive(
        _ body: (UnsafeRawBufferPointer, NetworkPath, ECN) -> Void
    ) throws(SystemError) -> Int {
        let filled = try inbox.fill(fileDescriptor)
        var datagrams = 0
        for index in 0..<filled {
            guard let message = inbox.message(index, localAddress) else { continue }
            // Datagrams that the kernel joined (UDP_GRO) are of one size, but for the last.
            var start = 0
            repeat {
                let end = min(start + message.segmentSize, message.bytes.count)
                body(UnsafeRawBufferPointer(rebasing: message.bytes[start..<end]), message.path, message.ecn)
                datagrams += 1
                start = end
            } while start < message.bytes.count
        }
        return datagrams
    }
}

/// What one `recvmmsg` fills: room for a batch of messages, each of up to 64 KiB of joined datagrams.
final class DatagramInbox {
    struct Message {
        var bytes: UnsafeRawBufferPointer
        var path: NetworkPath
        var ecn: ECN
        /// Bytes per datagram, 1 or more.
        var segmentSize: Int
    }

    private static let batch = 16
    private static let room = 65536
    private static let controlRoom = 256

    // The kernel's pages for the parts that no datagram reaches are never taken.
    private let payload = UnsafeMutableRawPointer.allocate(byteCount: batch * room, alignment: 64)
    private let control = UnsafeMutableRawPointer.allocate(byteCount: batch * controlRoom, alignment: 16)
    private let names = UnsafeMutablePointer<sockaddr_storage>.allocate(capacity: batch)
    private let vectors = UnsafeMutablePointer<iovec>.allocate(capacity: batch)
    private let headers = UnsafeMutablePointer<CLinux_mmsghdr>.allocate(capacity: batch)

    init() {
        for index in 0..<Self.batch {
            vectors[index] = iovec(iov_base: payload + index * Self.room, iov_len: Self.room)
            names[index] = sockaddr_storage()
            headers[index] = CLinux_mmsghdr()
            headers[index].msg_hdr.msg_iov = vectors + index
            headers[index].msg_hdr.msg_iovlen = 1
            headers[index].msg_hdr.msg_name = UnsafeMutableRawPointer(names + index)
            headers[index].msg_hdr.msg_control = control + index * Self.controlRoom
        }
    }

    deinit {
        payload.deallocate()
        control.deallocate()
        names.deallocate()
        vectors.deallocate()
        headers.deallocate()
    }

    /// - Returns: how many messages are there, 0 when none is waiting.
    func fill(_ fd: CInt) throws(SystemError) -> Int {
        for index in 0..<Self.batch {
            headers[index].msg_hdr.msg_namelen = socklen_t(MemoryLayout<sockaddr_storage>.size)
            headers[index].msg_hdr.msg_controllen = Self.controlRoom
        }
        while true {
            let count = CLinux_recvmmsg(fd, headers, UInt32(Self.batch), CInt(MSG_DONTWAIT), nil)
            if count >= 0 { return Int(count) }
            if errno == EAGAIN || errno == EWOULDBLOCK { return 0 }
            // EMSGSIZE: a router answered to a probe of the path's limit (ICMP), which QUIC finds out for itself.
            if errno != EINTR && errno != EMSGSIZE { throw SystemError("recvmmsg") }
        }
    }

    /// A message of the last batch; nil when it is of no use (cut off, or of an unknown family).
    ///
    /// - Parameter bound: where the socket is bound; the port, and the address should the kernel not tell it.
    func message(_ index: Int, _ bound: SocketAddress) -> Message? {
        let header = headers + index
        guard header.pointee.msg_hdr.msg_flags & CInt(MSG_TRUNC) == 0,
            let remote = SocketAddress(kernel: names + index)
        else { return nil }
        let bytes = UnsafeRawBufferPointer(
            start: payload + index * Self.room, count: min(Int(header.pointee.msg_len), Self.room))
        var message = Message(
            bytes: bytes, path: NetworkPath(local: bound, remote: remote), ecn: .notCapable,
            segmentSize: max(1, bytes.count))
        var next = CLinux_CMSG_FIRSTHDR(&header.pointee.msg_hdr)
        while let entry = next {
            Self.read(entry, into: &message)
            next = CLinux_CMSG_NXTHDR(&header.pointee.msg_hdr, entry)
        }
        return message
    }

    private static func read(_ entry: UnsafeMutablePointer<cmsghdr>, into message: inout Message) {
        guard let data = CLinux_CMSG_DATA(entry) else { return }
        let (value, length) = (UnsafeRawPointer(data), Int(entry.pointee.cmsg_len) - CLinux_CMSG_LEN(0))
        let port = message.path.local.port
        switch (entry.pointee.cmsg_level, entry.pointee.cmsg_type) {
        case (SOL_IP, IP_PKTINFO) where length >= MemoryLayout<in_pktinfo>.size:
            message.path.local = SocketAddress(value.loadUnaligned(as: in_pktinfo.self).ipi_addr, port: port)
        case (SOL_IPV6, IPV6_PKTINFO) where length >= MemoryLayout<CLinux_in6_pktinfo>.size:
            let info = value.loadUnaligned(as: CLinux_in6_pktinfo.self)
            message.path.local = SocketAddress(info.ipi6_addr, port: port, scope: info.ipi6_ifindex)
        case (SOL_IP, IP_TOS) where length >= 1,
            (SOL_IPV6, IPV6_TCLASS) where length >= 1:
            // One byte for IPv4, an int for IPv6.
            let bits = length >= 4 ? UInt8(truncatingIfNeeded: value.loadUnaligned(as: CInt.self)) : data[0]
            message.ecn = ECN(rawValue: bits & 3) ?? .notCapable
        case (SOL_UDP, UDP_GRO) where length >= 4:
            message.segmentSize = max(1, Int(value.loadUnaligned(as: CInt.self)))
        default:
            break
        }
    }
}
