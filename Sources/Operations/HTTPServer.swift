internal import CMicrohttpd
package import EventLoop
package import Wire

/// Answers GET and HEAD over HTTP/1.1, on threads of its own, until it is released.
///
/// For operators and their machines: what loops do does not hold it up, nor one client another.
package final class HTTPServer {
    /// Where it listens, with the real port.
    package let address: SocketAddress
    private let answers: Answers
    private let daemon: OpaquePointer

    /// Connections at once; more are closed.
    private static let connectionLimit: UInt32 = 64
    /// Seconds that a client may say nothing.
    private static let patience: UInt32 = 10

    /// Listens at `address` (port 0: a free one).
    ///
    /// - Parameter answer: gives what is at a path, such as `/health`; nil: nothing. Called on threads of the server,
    ///   several at once.
    package init(_ address: SocketAddress, _ answer: @escaping @Sendable (String) -> HTTPResponse?) throws(SystemError)
    {
        let listener = try TCPListener(bind: address)
        self.address = listener.localAddress
        answers = Answers(answer)
        // The daemon ends before `answers` does.
        let context = Unmanaged.passUnretained(answers).toOpaque()
        let daemon = CMicrohttpd_start(
            try listener.duplicate(),
            { context, connection, path, method, _, _, bodyCount, state in
                Answers.handle(context, connection, path, method, bodyCount, state)
            }, context, Self.connectionLimit, Self.patience)
        guard let daemon else { throw SystemError(errno: 0, call: "MHD_start_daemon", subject: "\(address)") }
        self.daemon = daemon
    }

    deinit { MHD_stop_daemon(daemon) }
}

/// What the threads of a server share.
private final class Answers: Sendable {
    private let answer: @Sendable (String) -> HTTPResponse?

    init(_ answer: @escaping @Sendable (String) -> HTTPResponse?) { self.answer = answer }

    /// Called by the daemon: first when the head of a request is there, then when all of it is.
    static func handle(
        _ context: UnsafeMutableRawPointer?, _ connection: OpaquePointer?, _ path: UnsafePointer<CChar>?,
        _ method: UnsafePointer<CChar>?, _ bodyCount: UnsafeMutablePointer<Int>?,
        _ state: UnsafeMutablePointer<UnsafeMutableRawPointer?>?
    ) -> MHD_Result {
        guard let context, let path, let method, let state else { return CMicrohttpd_no() }
        let isKnown = ["GET", "HEAD"].contains(String(cString: method))
        if isKnown, state.pointee == nil {
            state.pointee = context
            return CMicrohttpd_yes()
        }
        guard isKnown else {
            return send(.text("GET and HEAD only\n", status: 405), to: connection, allowing: "GET, HEAD")
        }
        // What came with it is of no interest.
        if let bodyCount, bodyCount.pointee > 0 {
            bodyCount.pointee = 0
            return CMicrohttpd_yes()
        }
        let answers = Unmanaged<Answers>.fromOpaque(context).takeUnretainedValue()
        return send(answers.answer(String(cString: path)) ?? .text("nothing is here\n", status: 404), to: connection)
    }

    /// To HEAD, the daemon leaves the body out.
    private static func send(
        _ answer: HTTPResponse, to connection: OpaquePointer?, allowing methods: String? = nil
    ) -> MHD_Result {
        guard let response = CMicrohttpd_response(answer.body.count, answer.body) else { return CMicrohttpd_no() }
        defer { MHD_destroy_response(response) }
        MHD_add_response_header(response, "Content-Type", answer.contentType)
        MHD_add_response_header(response, "Cache-Control", "no-store")
        if answer.isForEveryOrigin { MHD_add_response_header(response, "Access-Control-Allow-Origin", "*") }
        if let methods { MHD_add_response_header(response, "Allow", methods) }
        return MHD_queue_response(connection, answer.status, response)
    }
}
