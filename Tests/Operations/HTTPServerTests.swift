import EventLoop
import Glibc
import Operations
import Testing
import Wire

@Suite struct HTTPServerTests {
    private let server: HTTPServer

    init() throws {
        server = try HTTPServer(.loopback(.ipv4, port: 0)) { path in
            switch path {
            case "/text": return .text("ok\n")
            case "/json": return .json("{}\n")
            case "/metrics": return .metrics("a 1\n")
            case "/down": return .text("down\n", status: 503)
            case "/open":
                var response = HTTPResponse.text("ab")
                response.isForEveryOrigin = true
                return response
            default: return nil
            }
        }
    }

    @Test(
        arguments: [
            ("/text", 200, "text/plain; charset=utf-8", "ok\n"), ("/json", 200, "application/json", "{}\n"),
            ("/metrics", 200, "text/plain; version=0.0.4; charset=utf-8", "a 1\n"),
            ("/down", 503, "text/plain; charset=utf-8", "down\n"),
            ("/text?x=y", 200, "text/plain; charset=utf-8", "ok\n"),
            ("/nowhere", 404, "text/plain; charset=utf-8", "nothing is here\n"),
            ("/", 404, "text/plain; charset=utf-8", "nothing is here\n"),
        ])
    func `GET gives what is at a path, HEAD the same without the body`(
        _ path: String, _ status: Int, _ type: String, _ body: String
    ) throws {
        let answer = try HTTPAnswer(server.address, "GET", path)
        #expect(answer.status == status && answer.body == body && answer.fields["content-type"] == type)
        let head = try HTTPAnswer(server.address, "HEAD", path)
        #expect(head.status == status && head.body == "" && head.fields["content-type"] == type)
        #expect(head.fields["content-length"] == "\(body.utf8.count)")
    }

    @Test(arguments: ["POST", "PUT", "DELETE", "OPTIONS", "PATCH"])
    func `other methods are not allowed`(_ method: String) throws {
        let answer = try HTTPAnswer(server.address, method, "/text", body: "something")
        #expect(answer.status == 405 && answer.fields["allow"] == "GET, HEAD")
    }

    @Test func `only what is meant for every origin says so`() throws {
        #expect(try HTTPAnswer(server.address, "GET", "/open").fields["access-control-allow-origin"] == "*")
        #expect(try HTTPAnswer(server.address, "GET", "/text").fields["access-control-allow-origin"] == nil)
    }

    @Test func `a port that is taken is an error`() throws {
        #expect {
            _ = try HTTPServer(server.address) { _ in nil }
        } throws: {
            ($0 as? SystemError)?.isAddressInUse ?? false
        }
    }

    @Test func `garbage and silence hold nobody up`() throws {
        let silent = try HTTPConnection(server.address)
        let rude = try HTTPConnection(server.address)
        rude.write("\u{1}\u{2} what\r\n\r\n")
        #expect(try HTTPAnswer(server.address, "GET", "/text").status == 200)
        withExtendedLifetime((silent, rude)) {}
    }
}

/// A TCP connection that blocks.
final class HTTPConnection {
    private let socket: CInt

    init(_ address: SocketAddress) throws {
        socket = Glibc.socket(AF_INET, CInt(SOCK_STREAM.rawValue), 0)
        var raw = sockaddr_in()
        raw.sin_family = sa_family_t(AF_INET)
        raw.sin_port = address.port.bigEndian
        raw.sin_addr.s_addr = inet_addr(address.host)
        let status = withUnsafePointer(to: &raw) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        try #require(status == 0)
    }

    deinit { close(socket) }

    func write(_ text: String) { _ = text.withCString { send(socket, $0, strlen($0), CInt(MSG_NOSIGNAL)) } }

    /// All until the other end closes.
    func rest() -> String {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while case let count = recv(socket, &buffer, buffer.count, 0), count > 0 { bytes += buffer[..<count] }
        return String(decoding: bytes, as: UTF8.self)
    }
}

/// What a server answered.
struct HTTPAnswer {
    var status: Int
    /// By name in small letters.
    var fields: [String: String] = [:]
    var body: String

    init(_ address: SocketAddress, _ method: String, _ path: String, body: String = "") throws {
        let connection = try HTTPConnection(address)
        let length = body.isEmpty ? "" : "Content-Length: \(body.utf8.count)\r\n"
        connection.write("\(method) \(path) HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\(length)\r\n\(body)")
        let text = Array(connection.rest().utf8)
        let end = try #require(text.indices.first { text[$0...].starts(with: "\r\n\r\n".utf8) }, "no answer")
        let lines = String(decoding: text[..<end], as: UTF8.self).split(separator: "\r\n")
        status = try #require(lines.first?.split(separator: " ").dropFirst().first.flatMap { Int($0) })
        for line in lines.dropFirst() {
            let parts = line.split(separator: ":", maxSplits: 1)
            fields[parts[0].lowercased()] = parts.count > 1 ? String(parts[1].dropFirst()) : ""
        }
        self.body = String(decoding: text[(end + 4)...], as: UTF8.self)
    }
}
