internal import CMicrohttpd
package import EventLoop
package import Wire

/// Answers HTTP/1.1, on threads of its own, until it is released.
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
    /// - Parameters:
    ///   - change: does what another method than GET and HEAD asks for; nil: that method is not for this path.
    ///   - answer: gives what is at a path, such as `/health`; nil: nothing. Both are called on threads of the server,
    ///     several at once.
    package init(
        _ address: SocketAddress, changing change: @escaping @Sendable (HTTPRequest) -> HTTPResponse? = { _ in nil },
        _ answer: @escaping @Sendable (String) -> HTTPResponse?
    ) throws(SystemError) {
        let listener = try TCPListener(bind: address)
        self.address = listener.localAddress
        answers = Answers(answer, change)
        // The daemon ends before `answers` does.
        let context = Unmanaged.passUnretained(answers).toOpaque()
        let daemon = CMicrohttpd_start(
            try listener.duplicate(),
            { context, connection, path, method, _, body, bodyCount, state in
                Answers.handle(context, connection, path, method, body, bodyCount, state)
            }, { _, _, state, _ in Answers.forget(state) }, context, Self.connectionLimit, Self.patience)
        guard let daemon else { throw SystemError(errno: 0, call: "MHD_start_daemon", subject: "\(address)") }
        self.daemon = daemon
    }

    deinit { MHD_stop_daemon(daemon) }
}

/// What the threads of a server share.
private final class Answers: Sendable {
    private let answer: @Sendable (String) -> HTTPResponse?
    private let change: @Sendable (HTTPRequest) -> HTTPResponse?
    /// Bytes of a body that are taken; more are refused.
    private static let bodyLimit = 64 << 10

    init(
        _ answer: @escaping @Sendable (String) -> HTTPResponse?,
        _ change: @escaping @Sendable (HTTPRequest) -> HTTPResponse?
    ) {
        self.answer = answer
        self.change = change
    }

    /// A request while its body arrives.
    private final class Arriving {
        var body: [UInt8] = []
        var isTooLong = false
    }

    /// Called by the daemon: first when the head of a request is there, then for parts of its body, then when all of it
    /// is.
    static func handle(
        _ context: UnsafeMutableRawPointer?, _ connection: OpaquePointer?, _ path: UnsafePointer<CChar>?,
        _ method: UnsafePointer<CChar>?, _ body: UnsafePointer<CChar>?, _ bodyCount: UnsafeMutablePointer<Int>?,
        _ state: UnsafeMutablePointer<UnsafeMutableRawPointer?>?
    ) -> MHD_Result {
        guard let context, let path, let method, let state else { return CMicrohttpd_no() }
        guard let known = state.pointee else {
            state.pointee = Unmanaged.passRetained(Arriving()).toOpaque()
            return CMicrohttpd_yes()
        }
        let arriving = Unmanaged<Arriving>.fromOpaque(known).takeUnretainedValue()
        if let bodyCount, bodyCount.pointee > 0 {
            arriving.isTooLong = arriving.isTooLong || arriving.body.count + bodyCount.pointee > bodyLimit
            if let body, !arriving.isTooLong {
                arriving.body += UnsafeRawBufferPointer(start: body, count: bodyCount.pointee)
            }
            bodyCount.pointee = 0
            return CMicrohttpd_yes()
        }
        let answers = Unmanaged<Answers>.fromOpaque(context).takeUnretainedValue()
        let request = HTTPRequest(
            method: String(cString: method), path: String(cString: path), body: arriving.body)
        return answers.answer(request, isTooLong: arriving.isTooLong, to: connection)
    }

    /// Called by the daemon when a request is over, however it ended.
    static func forget(_ state: UnsafeMutablePointer<UnsafeMutableRawPointer?>?) {
        guard let state, let known = state.pointee else { return }
        Unmanaged<Arriving>.fromOpaque(known).release()
        state.pointee = nil
    }

    private func answer(_ request: HTTPRequest, isTooLong: Bool, to connection: OpaquePointer?) -> MHD_Result {
        if ["GET", "HEAD"].contains(request.method) {
            return Self.send(answer(request.path) ?? .text("nothing is here\n", status: 404), to: connection)
        }
        if isTooLong { return Self.send(.text("too long\n", status: 413), to: connection) }
        if let response = change(request) { return Self.send(response, to: connection) }
        return Self.send(.text("GET and HEAD only\n", status: 405), to: connection, allowing: "GET, HEAD")
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
