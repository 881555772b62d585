internal import Glibc

/// Where a Redis server is: `redis://[[USER]:PASSWORD@]HOST[:PORT][/DATABASE]`, or
/// `redis+unix://[[USER]:PASSWORD@]/PATH[?db=DATABASE]` for one that listens at a socket of this host.
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
        let isSocket = text.hasPrefix("redis+unix://")
        guard var rest = text.strip(isSocket ? "redis+unix://" : "redis://") else { return nil }
        var user: String?
        var password: String?
        if let at = rest.lastIndex(of: "@") {
            let parts = rest[..<at].split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            user = parts.first.flatMap { $0.isEmpty ? nil : String($0) }
            password = parts.count > 1 ? String(parts[1]) : nil
            rest = rest[rest.index(after: at)...]
        }
        guard let (place, number) = isSocket ? Self.socket(rest) : Self.host(rest) else { return nil }
        if !number.isEmpty {
            guard let database = UInt64(number) else { return nil }
            self.database = database
        }
        (self.place, self.user, self.password) = (place, user, password)
    }

    private static func socket(_ text: Substring) -> (Place, database: Substring)? {
        let mark = "?db="
        guard text.hasPrefix("/") else { return nil }
        guard let query = text.lastIndex(of: "?"), text[query...].hasPrefix(mark) else {
            return (.socket(path: String(text)), "")
        }
        return (.socket(path: String(text[..<query])), text[query...].dropFirst(mark.count))
    }

    private static func host(_ text: Substring) -> (Place, database: Substring)? {
        let slash = text.firstIndex(of: "/") ?? text.endIndex
        return place(text[..<slash]).map { ($0, text[slash...].dropFirst()) }
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
