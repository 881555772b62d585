package import CommandLine
package import EventLoop
internal import Wire

/// `moqt://HOST[:PORT][/PATH][?QUERY][#FRAGMENT]` (draft-18 "MOQT URI Scheme", RFC 3986), or the same with `https`.
package struct MoQTURL: Hashable, Sendable, CustomStringConvertible {
    /// Port when the URL names none.
    package static let defaultPort: UInt16 = 443
    fileprivate static let form = "moqt:// or https://HOST[:PORT][/PATH][?QUERY]"

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
        let wrong = UsageError.expected(Self.form, got: text)
        isWebTransport = text.hasPrefix("https://")
        guard isWebTransport || text.hasPrefix("moqt://"), text.utf8.allSatisfy(Self.isURLByte) else { throw wrong }
        var rest = text.dropFirst(isWebTransport ? "https://".count : "moqt://".count)
        fragment = Self.cut(&rest, at: "#")
        query = Self.cut(&rest, at: "?")
        path = Self.cut(&rest, at: "/").map { "/" + $0 } ?? ""
        authority = String(rest)
        if authority.contains("@") { throw UsageError("expected no user name in a URL, got '\(text.printable())'") }
        guard let address = try? HostPort(authority, defaultPort: Self.defaultPort), address.port != 0,
            Self.isHost(address.host, bracketed: authority.hasPrefix("["))
        else { throw wrong }
        (host, port) = (address.host, address.port)
    }

    /// Takes what follows the first `mark` off `text`.
    private static func cut(_ text: inout Substring, at mark: Character) -> String? {
        guard let index = text.firstIndex(of: mark) else { return nil }
        defer { text = text[..<index] }
        return String(text[text.index(after: index)...])
    }

    /// Printable ASCII that may stand in a URL as it is (RFC 3986 §2), brackets for addresses among it.
    private static func isURLByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x21...0x7E: !"\"<>\\^`{|}".utf8.contains(byte)
        default: false
        }
    }

    /// RFC 3986 §3.2.2: a number in brackets (judged already), or a name.
    private static func isHost(_ host: String, bracketed: Bool) -> Bool {
        bracketed || !host.isEmpty && !host.utf8.contains { "[]:/".utf8.contains($0) }
    }
}

extension ValueType where Value == MoQTURL {
    package static var url: Self {
        Self("URL", expects: MoQTURL.form) { (text) throws(UsageError) in try MoQTURL(text) }
    }
}
