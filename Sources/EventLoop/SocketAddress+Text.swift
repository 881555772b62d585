internal import CLinux
internal import Glibc
package import Wire

extension SocketAddress {
    /// Every address of this host: `0.0.0.0` or `::`.
    package static func any(_ family: Family, port: UInt16) -> Self {
        Self(family: family, address: InlineArray(repeating: 0), port: port)
    }

    /// This host to itself: `127.0.0.1` or `::1`.
    package static func loopback(_ family: Family, port: UInt16) -> Self {
        var address = InlineArray<16, UInt8>(repeating: 0)
        address[family == .ipv4 ? 0 : 15] = family == .ipv4 ? 127 : 1
        address[3] = family == .ipv4 ? 1 : 0
        return Self(family: family, address: address, port: port)
    }

    /// Whether it is `0.0.0.0` or `::`.
    package var isAny: Bool {
        for index in 0..<16 where address[index] != 0 { return false }
        return true
    }

    /// A numeric address, such as `127.0.0.1`, `::1` or `fe80::1%eth0`; nil for other text.
    package init?(host: String, port: UInt16) {
        var four = in_addr()
        if inet_pton(AF_INET, host, &four) == 1 {
            self.init(four, port: port)
            return
        }
        let parts = host.split(separator: "%", maxSplits: 1, omittingEmptySubsequences: false)
        var six = in6_addr()
        guard let first = parts.first, inet_pton(AF_INET6, String(first), &six) == 1 else { return nil }
        guard parts.count == 2 else {
            self.init(six, port: port, scope: 0)
            return
        }
        let scope = UInt32(parts[1]) ?? if_nametoindex(String(parts[1]))
        guard scope != 0 else { return nil }
        self.init(six, port: port, scope: scope)
    }

    /// The address without its port, such as `127.0.0.1` or `fe80::1%2`.
    package var host: String {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(INET6_ADDRSTRLEN)) { text in
            guard let start = text.baseAddress else { return "" }
            switch family {
            case .ipv4:
                var raw = rawIPv4
                inet_ntop(AF_INET, &raw, start, socklen_t(text.count))
            case .ipv6:
                var raw = rawIPv6
                inet_ntop(AF_INET6, &raw, start, socklen_t(text.count))
            }
            return String(cString: start) + (scope == 0 ? "" : "%\(scope)")
        }
    }
}

extension SocketAddress: CustomStringConvertible {
    /// `127.0.0.1:4443` or `[::1]:4443`.
    package var description: String { family == .ipv4 ? "\(host):\(port)" : "[\(host)]:\(port)" }
}
