internal import CNgtcp2
internal import Wire

/// A network path as ngtcp2 wants it, at a fixed address. Conversions of an unchanged path are skipped.
struct PathBuffer: ~Copyable {
    private let storage: UnsafeMutablePointer<ngtcp2_path_storage>
    /// The path last set; nil before, and for buffers that ngtcp2 writes.
    private(set) var held: NetworkPath?

    init() {
        storage = .allocate(capacity: 1)
        storage.initialize(to: ngtcp2_path_storage())
        ngtcp2_path_storage_zero(storage)
    }

    deinit { storage.deallocate() }

    /// The path; ngtcp2 reads it, or writes one into it.
    var pointer: UnsafeMutablePointer<ngtcp2_path> {
        UnsafeMutableRawPointer(storage).assumingMemoryBound(to: ngtcp2_path.self)
    }

    var remote: ngtcp2_addr { storage.pointee.path.remote }

    mutating func set(_ path: NetworkPath) {
        if held == path { return }
        held = path
        // Pointers into the storage itself, so that they stay right.
        storage.pointee.path.local.addrlen = Self.write(path.local, to: storage.pointer(to: \.local_addrbuf)!)
        storage.pointee.path.remote.addrlen = Self.write(path.remote, to: storage.pointer(to: \.remote_addrbuf)!)
    }

    private static func write(
        _ address: SocketAddress, to buffer: UnsafeMutablePointer<ngtcp2_sockaddr_union>
    ) -> ngtcp2_socklen {
        withUnsafeBytes(of: address.address) { bytes in
            CNgtcp2_sockaddr_make(
                buffer, address.family == .ipv6 ? 1 : 0, bytes.baseAddress!.assumingMemoryBound(to: UInt8.self),
                address.port, address.scope)
        }
    }
}

extension NetworkPath {
    init(_ path: ngtcp2_path) { self.init(local: SocketAddress(path.local), remote: SocketAddress(path.remote)) }
}

extension SocketAddress {
    fileprivate init(_ raw: ngtcp2_addr) {
        var bytes = InlineArray<16, UInt8>(repeating: 0)
        var port: UInt16 = 0
        var scope: UInt32 = 0
        let isIPv6 = withUnsafeMutableBytes(of: &bytes) {
            CNgtcp2_sockaddr_read(raw.addr, $0.baseAddress!.assumingMemoryBound(to: UInt8.self), &port, &scope) != 0
        }
        self.init(family: isIPv6 ? .ipv6 : .ipv4, address: bytes, port: port, scope: scope)
    }
}
