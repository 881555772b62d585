package import CommandLine
internal import Endpoint
package import EventLoop
internal import Wire

/// `moqt://HOST[:PORT][/PATH][?QUERY][#FRAGMENT]` (draft-18 "MOQT URI Scheme", RFC 3986), or the same with `https`.
package struct MoQTURL: Hashable, Sendable, CustomStringConvertible {
    /// It begins with `https`, not with `moqt`.
    package let isWebTransport: Bool

    /// A name or a numeric address, without brackets; never empty.
    package let host: String
    /// 1 through 65,535.
    package let port: UInt16
    /// Host and port as they were written: the AUTHORITY setup option.
    package let authority: String
    /// Empty, or beginning with a slash; escapes as written.
    package let path: String
    /// Without its question mark; nil when there is none.
    package let query: String?
    /// Without its number sign; nil when there is none. It is never sent.
    package let fragment: String?

    /// Path and query: the PATH setup option.
    package var pathAndQuery: String { path + (query.map { "?" + $0 } ?? "") }
    package var description: String {
        "\(isWebTransport ? "https" : "moqt")://\(authority)\(pathAndQuery)\(fragment.map { "#" + $0 } ?? "")"
    }
    /// What is sent of it, with the scheme of a transport.
    package func uri(isWebTransport: Bool) -> String {
        "\(isWebTransport ? "https" : "moqt")://\(authority)\(pathAndQuery)"
    }
    /// The name to look up, or the address, with the port.
    package var endpoint: HostPort { HostPort(host: host, port: port) }

    package init(_ text: String) throws(UsageError) {
        let url: Endpoint.MoQTURL
        do throws(Endpoint.MoQTURL.Malformed) { url = try Endpoint.MoQTURL(text) } catch {
            throw .expected(error.expected, got: text)
        }
        isWebTransport = url.isWebTransport
        (host, port, authority) = (url.host, url.port, url.authority)
        (path, query, fragment) = (url.path, url.query, url.fragment)
    }
}

extension ValueType where Value == MoQTURL {
    package static var url: Self {
        Self("URL", expects: Endpoint.MoQTURL.form) { (text) throws(UsageError) in try MoQTURL(text) }
    }
}
