internal import CLinux
internal import Glibc

/// Threads for work that blocks, and for loops of their own.
package enum Worker {
    /// Runs `body` on a new thread, which ends with it.
    ///
    /// - Parameter name: shown by system tools; at most 15 bytes are kept.
    package static func start(_ name: String, _ body: @escaping @Sendable () -> Void) throws(SystemError) {
        let start = Unmanaged.passRetained(Start(name, body))
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        defer { pthread_attr_destroy(&attributes) }
        pthread_attr_setdetachstate(&attributes, CInt(PTHREAD_CREATE_DETACHED))
        var thread = pthread_t()
        let status = pthread_create(
            &thread, &attributes,
            { argument in
                guard let argument else { return nil }
                Unmanaged<Start>.fromOpaque(argument).takeRetainedValue().run()
                return nil
            }, start.toOpaque())
        if status != 0 {
            start.release()
            throw SystemError(errno: status, call: "pthread_create", subject: name)
        }
    }

    private final class Start: Sendable {
        private let name: String
        private let body: @Sendable () -> Void

        init(_ name: String, _ body: @escaping @Sendable () -> Void) {
            self.name = name
            self.body = body
        }

        func run() {
            CLinux_setThreadName(String(decoding: name.utf8.prefix(15), as: UTF8.self))
            body()
        }
    }
}
