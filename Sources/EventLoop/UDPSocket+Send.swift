internal import CLinux
internal import Glibc
package import Wire

extension UDPSocket {
    /// What came of a train.
    package enum SendResult: Hashable, Sendable {
        /// The kernel has all of it.
        case sent
        /// The kernel took the first `sent` bytes, whole datagrams: send the rest when the socket is writable.
        case wouldBlock(sent: Int)
        /// The path or the socket cannot be used; `ECONNREFUSED` from a peer where nothing listens.
        case failed(SystemError)
    }

    /// Sends a train of datagrams to `path.remote`: `segmentSize` bytes each, but for the last, which may be shorter.
    ///
    /// A socket bound to a wildcard sends from `path.local`. A socket with a peer sends to it, whatever the path says.
    /// A datagram that is longer than the link allows is dropped quietly, as happens to path MTU probes.
    package func send(
        _ train: UnsafeRawBufferPointer, segmentSize: Int, _ path: NetworkPath, _ ecn: ECN
    ) -> SendResult {
        precondition(segmentSize > 0, "a datagram of a train has at least one byte")
        outbox.address(path, ecn, family, usesPath: peer == nil, choosesSource: localAddress.isAny)
        var sent = 0
        while sent < train.count {
            let rest = UnsafeRawBufferPointer(rebasing: train[sent...])
            switch segmentsTrains && rest.count > segmentSize
                ? sendWhole(rest, segmentSize) : outbox.sendEach(fileDescriptor, rest, segmentSize)
            {
            case .took(let count): sent += count
            case .stopped(EAGAIN): return .wouldBlock(sent: sent)
            case .stopped(let number):
                return .failed(SystemError(errno: number, call: "sendmsg", subject: path.remote.description))
            }
        }
        return .sent
    }

    /// Sends the front of a train in one piece for the kernel to cut, or each datagram where it cannot.
    private func sendWhole(_ train: UnsafeRawBufferPointer, _ segmentSize: Int) -> DatagramOutbox.Step {
        let front = UnsafeRawBufferPointer(rebasing: train[..<min(train.count, DatagramOutbox.limit(segmentSize))])
        let step = outbox.sendWhole(fileDescriptor, front, segmentSize)
        guard case .stopped(let number) = step, Self.maybeUncuttable.contains(number) else { return step }
        let dropped = outbox.dropped
        let each = outbox.sendEach(fileDescriptor, front, segmentSize)
        // EMSGSIZE, and EINVAL from older kernels, say that the datagrams are too long for the link. So the kernel is
        // held to be unable to cut only when it takes the same datagrams one at a time.
        if case .took = each, number != EMSGSIZE, outbox.dropped == dropped { segmentsTrains = false }
        return each
    }

    /// How kernels and devices that cannot cut a train say so, or that its datagrams are too long.
    private static let maybeUncuttable = [EIO, EINVAL, ENOPROTOOPT, EOPNOTSUPP, EMSGSIZE]
}

/// What `sendmsg` and `sendmmsg` read: headers, control data and the peer's address, filled in place.
final class DatagramOutbox {
    enum Step {
        /// This many bytes are done with: sent, or dropped as too long.
        case took(Int)
        /// Nothing was sent, for this `errno`.
        case stopped(CInt)
    }

    private static let batch = 64
    private static let controlRoom = 128

    private let name = UnsafeMutablePointer<sockaddr_storage>.allocate(capacity: 1)
    private let control = UnsafeMutableRawPointer.allocate(byteCount: controlRoom, alignment: 16)
    private let vectors = UnsafeMutablePointer<iovec>.allocate(capacity: batch)
    private let headers = UnsafeMutablePointer<CLinux_mmsghdr>.allocate(capacity: batch)
    /// The first header's address and control data, without the segment size, for all datagrams of a train.
    private var template = msghdr()
    private var controlLength = 0
    /// Datagrams that were longer than the link allows.
    private(set) var dropped = 0

    init() {
        name.initialize(to: sockaddr_storage())
        control.initializeMemory(as: UInt8.self, repeating: 0, count: Self.controlRoom)
        vectors.initialize(repeating: iovec(), count: Self.batch)
        headers.initialize(repeating: CLinux_mmsghdr(), count: Self.batch)
    }

    deinit {
        name.deallocate()
        control.deallocate()
        vectors.deallocate()
        headers.deallocate()
    }

    /// The longest train of such datagrams that the kernel takes at once, in bytes: 64 datagrams (`UDP_MAX_SEGMENTS`),
    /// and no more than an IPv4 datagram's payload.
    static func limit(_ segmentSize: Int) -> Int {
        min(batch, max(1, 65507 / segmentSize)) * segmentSize
    }

    /// Prepares for the datagrams of one train.
    func address(
        _ path: NetworkPath, _ ecn: ECN, _ family: SocketAddress.Family, usesPath: Bool, choosesSource: Bool
    ) {
        template = msghdr()
        if usesPath {
            template.msg_namelen = path.remote.write(to: name, for: family)
            template.msg_name = UnsafeMutableRawPointer(name)
        }
        controlLength = 0
        let isIPv4 = path.remote.family == .ipv4
        // IPv4 options serve the v4-mapped peers of an IPv6 socket too.
        if ecn != .notCapable { append(isIPv4 ? SOL_IP : SOL_IPV6, isIPv4 ? IP_TOS : IPV6_TCLASS, CInt(ecn.rawValue)) }
        guard usesPath, choosesSource, !path.local.isAny, path.local.family == path.remote.family else { return }
        if isIPv4 {
            var info = in_pktinfo()
            info.ipi_spec_dst = path.local.rawIPv4
            append(SOL_IP, IP_PKTINFO, info)
        } else {
            let info = CLinux_in6_pktinfo(ipi6_addr: path.local.rawIPv6, ipi6_ifindex: path.local.scope)
            append(SOL_IPV6, IPV6_PKTINFO, info)
        }
    }

    /// Sends `train` as one message for the kernel to cut.
    func sendWhole(_ fd: CInt, _ train: UnsafeRawBufferPointer, _ segmentSize: Int) -> Step {
        let plain = controlLength
        defer { controlLength = plain }
        append(SOL_UDP, UDP_SEGMENT, UInt16(segmentSize))
        put(train, at: 0)
        let (_, failure) = persist { sendmsg(fd, &headers[0].msg_hdr, CInt(MSG_DONTWAIT)) }
        return failure.map { .stopped($0) } ?? .took(train.count)
    }

    /// Sends the front of `train`, as many datagrams as one call takes.
    func sendEach(_ fd: CInt, _ train: UnsafeRawBufferPointer, _ segmentSize: Int) -> Step {
        var (start, count) = (0, 0)
        while start < train.count, count < Self.batch {
            let end = min(start + segmentSize, train.count)
            put(UnsafeRawBufferPointer(rebasing: train[start..<end]), at: count)
            (start, count) = (end, count + 1)
        }
        let (sent, failure) = persist { Int(CLinux_sendmmsg(fd, headers, UInt32(count), CInt(MSG_DONTWAIT))) }
        switch failure {
        case nil:
            return .took(min(sent * segmentSize, train.count))
        case EMSGSIZE:
            dropped += 1
            return .took(min(segmentSize, train.count))
        case let number?:
            return .stopped(number)
        }
    }

    /// Calls again after an interruption, and once after EMSGSIZE: a socket with a peer tells of a router's answer to
    /// an earlier datagram (ICMP) in this way too, having sent nothing.
    private func persist(_ call: () -> Int) -> (result: Int, failure: CInt?) {
        var retried = false
        while true {
            let result = call()
            if result >= 0 { return (result, nil) }
            switch errno {
            case EINTR: continue
            case EMSGSIZE where !retried: retried = true
            // The device's queue is full, which passes as a full socket buffer does.
            case EWOULDBLOCK, ENOBUFS: return (result, EAGAIN)
            case let number: return (result, number)
            }
        }
    }

    private func put(_ bytes: UnsafeRawBufferPointer, at index: Int) {
        vectors[index] = iovec(iov_base: UnsafeMutableRawPointer(mutating: bytes.baseAddress), iov_len: bytes.count)
        template.msg_iov = vectors + index
        template.msg_iovlen = 1
        template.msg_control = controlLength == 0 ? nil : control
        template.msg_controllen = controlLength
        headers[index].msg_hdr = template
    }

    /// Adds an entry of control data.
    private func append<Value>(_ level: CInt, _ type: CInt, _ value: Value) {
        let size = MemoryLayout<Value>.size
        let header = (control + controlLength).assumingMemoryBound(to: cmsghdr.self)
        controlLength += CLinux_CMSG_SPACE(size)
        precondition(controlLength <= Self.controlRoom, "control data without room")
        header.pointee.cmsg_len = CLinux_CMSG_LEN(size)
        header.pointee.cmsg_level = level
        header.pointee.cmsg_type = type
        let data = UnsafeMutableRawBufferPointer(start: CLinux_CMSG_DATA(header), count: size)
        withUnsafeBytes(of: value) { data.copyMemory(from: $0) }
    }
}
