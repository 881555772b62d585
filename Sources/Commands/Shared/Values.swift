package import CommandLine
internal import Credentials
package import EventLoop
package import MoQTCodec
package import Wire

extension ValueType where Value == Interval {
    /// A length of time, see ``ValueType/nanoseconds(_:zero:)``.
    package static func interval(_ name: String, zero: Bool = false) -> Self {
        ValueType<UInt64>.nanoseconds(name, zero: zero).map { Interval(nanoseconds: $0) }
    }
}

extension ValueType where Value == String {
    /// The path of a URL.
    package static var path: Self {
        Self("PATH", expects: "a path that begins with a slash") { $0.hasPrefix("/") ? $0 : nil }
    }
}

extension ValueType where Value == SocketAddress {
    /// `ADDR:PORT` in numbers; without an address (`:PORT`) it is every address.
    package static var listener: Self {
        Self("ADDR:PORT", expects: "ADDR:PORT in numbers, such as [::]:4443") { (try? HostPort($0))?.numeric }
    }
}

extension UInt64 {
    /// Decimal digits and nothing else; nil for anything else, or more than fits.
    package init?(digits: some StringProtocol) {
        guard !digits.isEmpty, digits.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) else {
            return nil
        }
        self.init(digits)
    }
}

extension Location {
    /// `GROUP:OBJECT`; nil for anything else.
    package init?(_ text: some StringProtocol) {
        guard let end = RangeEnd(text), let object = end.object else { return nil }
        self.init(group: end.group, object: object)
    }
}

extension RangeEnd {
    /// `GROUP`, the whole of it, or `GROUP:OBJECT`; nil for anything else.
    package init?(_ text: some StringProtocol) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count <= 2, let group = parts.first.flatMap({ UInt64(digits: $0) }) else { return nil }
        self.init(group: group)
        guard parts.count == 2 else { return }
        guard let object = UInt64(digits: parts[1]) else { return nil }
        self.object = object
    }
}

extension ValueType where Value == RangeEnd {
    /// The end of a range, inclusively.
    package static var rangeEnd: Self {
        Self("GROUP[:OBJECT]", expects: "GROUP or GROUP:OBJECT") { RangeEnd($0) }
    }
}

/// What `--resolve` says: where a host and port really are.
package struct Resolution: Hashable, Sendable {
    package var name: HostPort
    /// With the port of `name`.
    package var address: SocketAddress
}

extension ValueType where Value == Resolution {
    /// `HOST:PORT:ADDR` as curl takes it; IPv6 addresses may stand in brackets.
    package static var resolution: Self {
        Self("HOST:PORT:ADDR", expects: "HOST:PORT:ADDR with a numeric address") { text in
            let start = text.hasPrefix("[") ? text.firstIndex(of: "]") ?? text.startIndex : text.startIndex
            guard let first = text[start...].firstIndex(of: ":") else { return nil }
            guard let second = text[text.index(after: first)...].firstIndex(of: ":") else { return nil }
            guard let name = try? HostPort(String(text[..<second])), !name.host.isEmpty else { return nil }
            var address = text[text.index(after: second)...]
            if address.hasPrefix("["), address.hasSuffix("]") { address = address.dropFirst().dropLast() }
            return SocketAddress(host: String(address), port: name.port).map { Resolution(name: name, address: $0) }
        }
    }
}

extension ValueType where Value == Fingerprint {
    static var fingerprint: Self {
        Self("HEX", expects: "64 hex digits (SHA-256)") { try? Fingerprint($0) }
    }
}

extension ValueType where Value == Double {
    /// Something per second: more than 0, at most a million; fractions are fine.
    package static func rate(_ name: String) -> Self {
        Self(name, expects: "a number more than 0, at most 1000000") { text in
            let billionths = Quantity.parse(text, bare: 1_000_000_000, units: [])
            guard let billionths, billionths > 0, billionths <= 1_000_000_000_000_000 else { return nil }
            return Double(billionths) / 1e9
        }
    }
}
