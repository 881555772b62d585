import Glibc
import Testing
import Wire

@testable import EventLoop

@Suite struct AddressTests {
    @Test(arguments: [
        ("127.0.0.1:4443", "127.0.0.1:4443"), ("[::1]:4443", "[::1]:4443"), ("[::]:0", "[::]:0"),
        (":4443", "[::]:4443"), ("[2001:DB8:0:0::1]:65535", "[2001:db8::1]:65535"),
        ("[fe80::1%7]:1", "[fe80::1%7]:1"), ("[::ffff:1.2.3.4]:5", "1.2.3.4:5"),
    ])
    func `a numeric address is read and written`(text: String, expected: String) throws {
        #expect(try HostPort(text).numeric?.description == expected)
    }

    @Test(arguments: ["localhost:4443", "relay.example:1", "1.2.3:4", "256.0.0.1:4"])
    func `a name is kept for the name service`(text: String) throws {
        let name = try HostPort(text)
        #expect(name.numeric == nil)
        #expect(name.description == text)
    }

    @Test func `the default port stands in for a missing one only`() throws {
        #expect(try HostPort("relay.example", defaultPort: 443) == HostPort(host: "relay.example", port: 443))
        #expect(try HostPort("[::1]", defaultPort: 443) == HostPort(host: "::1", port: 443))
        #expect(try HostPort("relay.example:1", defaultPort: 443).port == 1)
    }

    @Test(arguments: [
        ("", "expected HOST:PORT, got ''"), ("localhost", "expected HOST:PORT, got 'localhost'"),
        ("localhost:", "expected a port from 0 to 65535, got ''"),
        ("localhost:65536", "expected a port from 0 to 65535, got '65536'"),
        ("localhost:-1", "expected a port from 0 to 65535, got '-1'"),
        ("localhost:+1", "expected a port from 0 to 65535, got '+1'"),
        ("::1:4443", "an IPv6 address stands in brackets: [ADDRESS]:PORT, got '::1:4443'"),
        ("[::1", "']' is missing in '[::1'"), ("[::1]4443", "expected [ADDRESS]:PORT, got '[::1]4443'"),
        ("[localhost]:1", "expected an IPv6 address in brackets, got '[localhost]:1'"),
    ])
    func `other text is an error that shows it`(text: String, expected: String) {
        #expect(throws: AddressError(expected)) { try HostPort(text) }
    }

    @Test func `a host that nobody knows is an error in words`() {
        // RFC 6761 §6.4: "invalid" names never resolve.
        let error = #expect(throws: AddressError.self) { try HostPort(host: "nobody.invalid", port: 1).resolve() }
        #expect(error?.description.isEmpty == false)
    }

    @Test(arguments: ["1.2.3.4", "2001:db8::1", "fe80::1%3", "0.0.0.0", "::"])
    func `an address survives the kernel's form`(host: String) throws {
        let address = try #require(SocketAddress(host: host, port: 4443))
        var storage = sockaddr_storage()
        withUnsafeMutableBytes(of: &storage) { bytes in
            for family in [address.family, .ipv6] where host != "::" || family == .ipv6 {
                guard let start = bytes.baseAddress else { return }
                #expect(address.write(to: start, for: family) > 0)
                #expect(SocketAddress(kernel: start) == address)
            }
        }
    }

    @Test func `a scope is kept for link-local addresses only`() {
        #expect(SocketAddress(host: "2001:db8::1%3", port: 1)?.scope == 0)
        #expect(SocketAddress(host: "fe80::1%3", port: 1)?.scope == 3)
        #expect(SocketAddress(host: "fe80::1%lo", port: 1)?.scope == 1)
        #expect(SocketAddress(host: "fe80::1%nowhere", port: 1) == nil)
    }

    @Test func `an error says what was called, on what, and why`() {
        let error = SystemError(errno: EACCES, call: "bind", subject: "[::]:443")
        #expect(error.description == "bind [::]:443: Permission denied")
        #expect(SystemError(errno: EMFILE, call: "socket").description == "socket: Too many open files")
    }
}
