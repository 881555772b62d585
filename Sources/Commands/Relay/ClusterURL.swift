package import CommandLine
internal import MoQTCodec
package import Operations

/// Where the registry of a cluster is.
package enum ClusterURL: Hashable, Sendable {
    case redis(RedisLocation)
    /// moq-api's HTTP interface.
    case http(String)
}

extension ClusterURL: CustomStringConvertible {
    /// Without passwords.
    package var description: String {
        switch self {
        case .redis(let location): "\(location)"
        case .http(let url): url
        }
    }

    /// What asks the registry.
    var store: any OriginStore {
        switch self {
        case .redis(let location): RedisOrigins(location)
        case .http(let url): HTTPOrigins(url)
        }
    }
}

extension ValueType where Value == ClusterURL {
    package static var cluster: Self {
        Self("URL", expects: "redis://HOST[:PORT], redis+unix:///PATH or http://HOST[:PORT]") { text in
            if text.hasPrefix("http://") || text.hasPrefix("https://") { return .http(text) }
            return RedisLocation(text).map { .redis($0) }
        }
    }
}

/// How a namespace is called in the registry: a colon and its fields in hexadecimal with points between them, as
/// moq-rs relays call one that is of no scope.
enum ClusterKey {
    static func of(_ namespace: TrackNamespace) -> String {
        ":" + namespace.fields.map { $0.map(hex).joined() }.joined(separator: ".")
    }

    /// Of the namespace and of what it begins with, the longest first.
    static func all(for namespace: TrackNamespace) -> [String] {
        var keys: [String] = []
        var step: TrackNamespace? = namespace
        while let prefix = step, !prefix.isEmpty {
            keys.append(of(prefix))
            step = prefix.parent
        }
        return keys
    }

    private static func hex(_ byte: UInt8) -> String {
        let digits = String(byte, radix: 16)
        return digits.count < 2 ? "0" + digits : digits
    }
}
