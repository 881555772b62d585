internal import CLinux
internal import Glibc
package import Wire

/// Why text does not lead to an address.
package struct AddressError: Error, Hashable, Sendable, CustomStringConvertible {
    /// In words, without the text itself, such as "Name or service not known".
    package let description: String

    package init(_ description: String) { self.description = description }
}

/// A host, by name or number, and a port: `localhost:4443`, `127.0.0.1:4443`, `[::1]:4443`, `:4443`.
package struct HostPort: Hashable, Sendable {
    /// A name, or an address without brackets; empty for every address of this host.
    package var host: String
    package var port: UInt16

    package init(host: String, port: UInt16) {
        self.host = host
        self.port = port
    }

    /// Reads `HOST:PORT`; IPv6 addresses stand in brackets.
    ///
    /// - Parameter defaultPort: for text without a port; nil: the port must be there.
    package init(_ text: String, defaultPort: UInt16? = nil) throws(AddressError) {
        let (host, port) = try Self.split(text)
        self.host = String(host)
        switch (port, defaultPort) {
        case (let port?, _):
            guard let number = UInt16(port), port.allSatisfy(\.isNumber) else {
                throw AddressError("expected a port from 0 to 65535, got '\(port)'")
            }
            self.port = number
        case (nil, let number?):
            self.port = number
        case (nil, nil):
            throw AddressError("expected HOST:PORT, got '\(text)'")
        }
    }

    private static func split(_ text: String) throws(AddressError) -> (host: Substring, port: Substring?) {
        if text.hasPrefix("[") {
            guard let end = text.firstIndex(of: "]") else { throw AddressError("']' is missing in '\(text)'") }
            let host = text[text.index(after: text.startIndex)..<end]
            guard host.contains(":"), SocketAddress(host: String(host), port: 0) != nil else {
                throw AddressError("expected an IPv6 address in brackets, got '\(text)'")
            }
            let rest = text[text.index(after: end)...]
            if rest.isEmpty { return (host, nil) }
            guard rest.first == ":" else { throw AddressError("expected [ADDRESS]:PORT, got '\(text)'") }
            return (host, rest.dropFirst())
        }
        guard let colon = text.lastIndex(of: ":") else { return (text[...], nil) }
        let host = text[..<colon]
        if host.contains(":") {
            throw AddressError("an IPv6 address stands in brackets: [ADDRESS]:PORT, got '\(text)'")
        }
        return (host, text[text.index(after: colon)...])
    }

    /// The address when the host is a number or empty (then `[::]`); nil for a name.
    package var numeric: SocketAddress? {
        host.isEmpty ? .any(.ipv6, port: port) : SocketAddress(host: host, port: port)
    }

    /// The addresses of the host, best first, never none. Waits for the name service: for use at start only.
    package func resolve() throws(AddressError) -> [SocketAddress] {
        if let numeric { return [numeric] }
        var hints = addrinfo()
        hints.ai_socktype = CInt(SOCK_DGRAM.rawValue)
        hints.ai_flags = AI_ADDRCONFIG
        var found: UnsafeMutablePointer<addrinfo>?
        let status = getaddrinfo(host, nil, &hints, &found)
        if status != 0 { throw AddressError(String(cString: gai_strerror(status))) }
        defer { freeaddrinfo(found) }
        var addresses: [SocketAddress] = []
        var next = found
        while let entry = next?.pointee {
            if let raw = entry.ai_addr, var address = SocketAddress(kernel: raw) {
                address.port = port
                if !addresses.contains(address) { addresses.append(address) }
            }
            next = entry.ai_next
        }
        if addresses.isEmpty { throw AddressError("the host has no address") }
        return addresses
    }

    /// Resolves on a thread of its own, and calls `handler` in `loop` with what came of it.
    package func resolve(
        on loop: EventLoop, _ handler: @escaping (Result<[SocketAddress], AddressError>) -> Void
    ) throws(SystemError) {
        let answers = try Mailbox<Result<[SocketAddress], AddressError>>()
        var registration: Registration?
        registration = try answers.attach(to: loop) { answer in
            if let registration { loop.cancel(registration) }
            handler(answer)
        }
        try Worker.start("resolver") { [self] in
            answers.post(Result { () throws(AddressError) in try resolve() })
        }
    }
}

extension HostPort: CustomStringConvertible {
    package var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}
