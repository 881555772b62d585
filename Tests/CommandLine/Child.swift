import Foundation
import Glibc

/// A child process, the threads that collect what it writes, and the one that waits for its end.
///
/// `state` is touched only with `condition` locked, which is broadcast at every change; that makes it Sendable.
final class Child: @unchecked Sendable {
    struct State {
        /// Bytes of stdout and stderr.
        var captured: [[UInt8]] = [[], []]
        /// Where the next line of each begins.
        var searched = [0, 0]
        /// Streams that have not ended.
        var open = 0
        var exit: (status: Int32, signal: Int32?)?

        var isDone: Bool { exit != nil && open == 0 }

        /// The next whole line; the last one may lack its newline once the process is done.
        mutating func nextLine(of stream: Int) -> String? {
            let rest = captured[stream][searched[stream]...]
            let newline = rest.firstIndex(of: 10)
            guard newline != nil || (isDone && !rest.isEmpty) else { return nil }
            let end = newline ?? rest.endIndex
            searched[stream] = min(end + 1, rest.endIndex)
            return String(decoding: rest[..<end], as: UTF8.self)
        }
    }

    let condition = NSCondition()
    var state = State()
    let process: pid_t
    private var input: Int32 = -1

    init(
        _ program: String, _ arguments: [String], input source: Moqt.Input, output: Moqt.Output,
        environment: [String: String]
    ) throws {
        _ = Self.ignoresBrokenPipes
        Self.starting.lock()
        defer { Self.starting.unlock() }
        let ends = try [Self.input(source), Self.output(output), Self.pipe()]
        input = ends[0].keep
        defer { for end in ends { close(end.give) } }
        process = try Self.spawn(program, arguments, environment, streams: ends.map(\.give))
        for stream in 0...1 where ends[stream + 1].keep >= 0 {
            locked { $0.open += 1 }
            let descriptor = ends[stream + 1].keep
            Thread.detachNewThread { self.collect(descriptor, stream) }
        }
        Thread.detachNewThread { self.reap() }
    }

    func locked<T>(_ body: (inout State) -> T) -> T {
        condition.lock()
        defer { condition.unlock() }
        return body(&state)
    }

    func send(_ signal: Int32) {
        locked { if $0.exit == nil { kill(process, signal) } }
    }

    func write(_ bytes: [UInt8]) {
        let descriptor = locked { _ in input }
        var rest = bytes[...]
        while descriptor >= 0, !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0 && errno != EINTR { return }
            rest = rest.dropFirst(max(0, count))
        }
    }

    func closeInput() {
        locked { _ in
            if input >= 0 { close(input) }
            input = -1
        }
    }

    private func collect(_ descriptor: Int32, _ stream: Int) {
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = read(descriptor, &buffer, buffer.count)
            if count < 0 && errno == EINTR { continue }
            locked {
                if count > 0 { $0.captured[stream] += buffer[..<count] } else { $0.open -= 1 }
                condition.broadcast()
            }
            if count <= 0 { break }
        }
        close(descriptor)
    }

    /// The process id stays ours until the status is taken with the lock held, so `send` never hits a stranger.
    private func reap() {
        var info = siginfo_t()
        while waitid(P_PID, id_t(process), &info, WEXITED | WNOWAIT) < 0 && errno == EINTR {}
        locked {
            var status: Int32 = 0
            waitpid(process, &status, 0)
            let signal = status & 0x7F
            $0.exit = (status >> 8 & 0xFF, signal == 0 ? nil : signal)
            condition.broadcast()
        }
    }
}

extension Child {
    /// Held while pipes are made and given away, so that children started side by side do not hold each other's.
    private static let starting = NSLock()

    /// Two ends of a stream: the one this process keeps (-1: none) and the one it gives to the child.
    private typealias Ends = (keep: Int32, give: Int32)

    /// A child that has stopped reading must not end the tests.
    private static let ignoresBrokenPipes: Void = { _ = signal(SIGPIPE, SIG_IGN) }()

    private static func input(_ input: Moqt.Input) throws -> Ends {
        switch input {
        case .none: return (-1, try descriptor("/dev/null", O_RDONLY))
        case .file(let path): return (-1, try descriptor(path, O_RDONLY))
        case .bytes, .open:
            let ends = try pipe()
            return (ends.give, ends.keep)
        }
    }

    private static func output(_ output: Moqt.Output) throws -> Ends {
        switch output {
        case .captured: return try pipe()
        case .file(let path): return (-1, try descriptor(path, O_WRONLY | O_CREAT | O_TRUNC))
        case .brokenPipe:
            let ends = try pipe()
            close(ends.keep)
            return (-1, ends.give)
        }
    }

    private static func descriptor(_ path: String, _ flags: Int32) throws -> Int32 {
        let descriptor = open(path, flags | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw Moqt.Failure(description: "\(path): \(String(cString: strerror(errno)))") }
        return descriptor
    }

    /// Read end kept, write end given, both closed on exec.
    private static func pipe() throws -> Ends {
        var ends: [Int32] = [0, 0]
        guard Glibc.pipe(&ends) == 0 else { throw Moqt.Failure(description: "no pipe") }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        return (ends[0], ends[1])
    }

    /// Starts `program` with `streams` as 0, 1 and 2, and with signals as a shell would leave them.
    private static func spawn(
        _ program: String, _ arguments: [String], _ environment: [String: String], streams: [Int32]
    ) throws -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        for (number, stream) in streams.enumerated() {
            posix_spawn_file_actions_adddup2(&actions, stream, Int32(number))
        }
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var signals = sigset_t()
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        sigaddset(&signals, SIGPIPE)
        posix_spawnattr_setsigdefault(&attributes, &signals)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
        let variables = ProcessInfo.processInfo.environment.merging(environment) { $1 }.map { "\($0)=\($1)" }
        var process: pid_t = 0
        let words = ([program] + arguments).map { strdup($0) } + [nil]
        let settings = variables.map { strdup($0) } + [nil]
        defer { for text in words + settings { free(text) } }
        let error = posix_spawn(&process, program, &actions, &attributes, words, settings)
        guard error == 0 else { throw Moqt.Failure(description: "\(program): \(String(cString: strerror(error)))") }
        return process
    }
}
