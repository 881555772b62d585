internal import CLinux
internal import Glibc
internal import Wire

extension SocketAddress {
    /// Writes the address as the kernel takes it, and returns its length.
    ///
    /// - Parameters:
    ///   - storage: room for a `sockaddr_storage`.
    ///   - family: the socket's; for IPv6, an IPv4 address is written v4-mapped (RFC 4291 §2.5.5.2).
    func write(to storage: UnsafeMutableRawPointer, for family: Family) -> socklen_t {
        switch family {
        case .ipv4:
            var raw = sockaddr_in()
            raw.sin_family = sa_family_t(AF_INET)
            raw.sin_port = port.bigEndian
            raw.sin_addr = rawIPv4
            storage.storeBytes(of: raw, as: sockaddr_in.self)
            return socklen_t(MemoryLayout<sockaddr_in>.size)
        case .ipv6:
            var raw = sockaddr_in6()
            raw.sin6_family = sa_family_t(AF_INET6)
            raw.sin6_port = port.bigEndian
            raw.sin6_addr = rawIPv6
            raw.sin6_scope_id = scope
            storage.storeBytes(of: raw, as: sockaddr_in6.self)
            return socklen_t(MemoryLayout<sockaddr_in6>.size)
        }
    }

    /// Reads what the kernel wrote; v4-mapped becomes IPv4. Nil for another family.
    init?(kernel storage: UnsafeRawPointer) {
        switch CInt(storage.loadUnaligned(as: sa_family_t.self)) {
        case AF_INET:
            let raw = storage.loadUnaligned(as: sockaddr_in.self)
            self.init(raw.sin_addr, port: UInt16(bigEndian: raw.sin_port))
        case AF_INET6:
            let raw = storage.loadUnaligned(as: sockaddr_in6.self)
            self.init(raw.sin6_addr, port: UInt16(bigEndian: raw.sin6_port), scope: raw.sin6_scope_id)
        default:
            return nil
        }
    }

    init(_ raw: in_addr, port: UInt16) {
        var address = InlineArray<16, UInt8>(repeating: 0)
        withUnsafeBytes(of: raw) { bytes in
            for index in 0..<4 { address[index] = bytes[index] }
        }
        self.init(family: .ipv4, address: address, port: port)
    }

    /// - Parameter scope: kept for link-local addresses only, as other addresses mean the same in every zone.
    init(_ raw: in6_addr, port: UInt16, scope: UInt32) {
        var address = InlineArray<16, UInt8>(repeating: 0)
        withUnsafeBytes(of: raw) { bytes in
            for index in 0..<16 { address[index] = bytes[index] }
        }
        if let mapped = Self.unmapped(address) {
            self.init(family: .ipv4, address: mapped, port: port)
        } else {
            let isLinkLocal = address[0] == 0xFE && address[1] & 0xC0 == 0x80
            self.init(family: .ipv6, address: address, port: port, scope: isLinkLocal ? scope : 0)
        }
    }

    /// The IPv4 address in a v4-mapped one; nil for any other.
    private static func unmapped(_ address: InlineArray<16, UInt8>) -> InlineArray<16, UInt8>? {
        for index in 0..<10 where address[index] != 0 { return nil }
        guard address[10] == 0xFF, address[11] == 0xFF else { return nil }
        var mapped = InlineArray<16, UInt8>(repeating: 0)
        for index in 0..<4 { mapped[index] = address[12 + index] }
        return mapped
    }

    /// The address for an IPv4 call.
    var rawIPv4: in_addr {
        var raw = in_addr()
        withUnsafeMutableBytes(of: &raw) { bytes in
            for index in 0..<4 { bytes[index] = address[index] }
        }
        return raw
    }

    /// The address for an IPv6 call, v4-mapped where it is IPv4.
    var rawIPv6: in6_addr {
        var raw = in6_addr()
        withUnsafeMutableBytes(of: &raw) { bytes in
            switch family {
            case .ipv6:
                for index in 0..<16 { bytes[index] = address[index] }
            case .ipv4:
                bytes[10] = 0xFF
                bytes[11] = 0xFF
                for index in 0..<4 { bytes[12 + index] = address[index] }
            }
        }
        return raw
    }
}
