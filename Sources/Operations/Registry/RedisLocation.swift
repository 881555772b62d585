internal import Glibc

/// Where a Redis server is: `redis://[[USER]:PASSWORD@]HOST[:PORT][/DATABASE]`, or `redis+unix:///PATH` for one that
/// listens at a socket of this host.
package struct RedisLocation: Hashable, Sendable {
    package enum Place: Hashable, Sendable {
        case host(String, port: UInt16)
        case socket(path: String)
    }

    package var place: Place
    package var user: String?
    package var password: String?
    /// Number of the database.
    package var database: UInt64 = 0

    /// - Returns: nil: the text is no such URL.
    package init?(_ text: String) {
        if let path = text.strip("redis+unix://") {
            guard path.hasPrefix("/") else { return nil }
            place = .socket(path: String(path))
            return
        }
        guard var rest = text.strip("redis://") else { return nil }
        if let at = rest.lastIndex(of: "@") {
            let parts = rest[..<at].split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            user = parts.first.flatMap { $0.isEmpty ? nil : String($0) }
            password = parts.count > 1 ? String(parts[1]) : nil
            rest = rest[rest.index(after: at)...]
        }
        if let slash = rest.firstIndex(of: "/") {
            let number = rest[rest.index(after: slash)...]
            if !number.isEmpty {
                guard let database = UInt64(number) else { return nil }
                self.database = database
            }
            rest = rest[..<slash]
        }
        guard let place = Self.place(rest) else { return nil }
        self.place = place
    }

    private static func place(_ text: Substring) -> Place? {
        var host = text
        var port: UInt16 = 6379
        let end = text.lastIndex(of: "]") ?? text.startIndex
        if let colon = text[end...].lastIndex(of: ":") {
            guard let number = UInt16(text[text.index(after: colon)...]) else { return nil }
            (host, port) = (text[..<colon], number)
        }
        if host.hasPrefix("["), host.hasSuffix("]") { host = host.dropFirst().dropLast() }
        return host.isEmpty ? nil : .host(String(host), port: port)
    }
}

extension RedisLocation: CustomStringConvertible {
    /// Without the password.
    package var description: String {
        switch place {
        case .host(let host, let port): "redis://\(host.contains(":") ? "[\(host)]" : host):\(port)"
        case .socket(let path): "redis+unix://\(path)"
        }
    }
}

extension String {
    fileprivate func strip(_ prefix: String) -> Substring? { hasPrefix(prefix) ? dropFirst(prefix.count) : nil }
}
