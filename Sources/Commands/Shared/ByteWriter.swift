package import CommandLine
internal import Glibc
package import Wire

/// Why bytes could not be written.
package enum WriteError: Error, Hashable, Sendable, CustomStringConvertible {
    /// Nobody reads the pipe any more: a quiet success.
    case brokenPipe
    /// The error number of the system.
    case failed(Int32)

    package var description: String {
        switch self {
        case .brokenPipe: "broken pipe"
        case .failed(let number): String(cString: strerror(number))
        }
    }

    /// What a command that cannot go on for this ends with.
    package var exitStatus: ExitStatus { self == .brokenPipe ? .success : .unusableInput }
}

/// Buffered bytes on their way into a file or to stdout. One thread uses it; what is not flushed is lost.
package final class ByteWriter {
    private static let capacity = 256 << 10

    private let descriptor: Int32
    /// Of a file of its own.
    private let path: String?
    /// The file was not there before.
    private var isNew = false
    /// What the file held is still in it.
    private var isUntouched: Bool
    private var buffer: [UInt8] = []

    /// Writes to a descriptor that stays open afterwards.
    package init(descriptor: Int32) {
        self.descriptor = descriptor
        path = nil
        isUntouched = false
        buffer.reserveCapacity(Self.capacity)
    }

    /// Opens the file at `path`, or makes it. What it holds is lost only when the first bytes are written, or by
    /// ``finish()``; a new file that got neither goes away again.
    package init(path: String) throws(WriteError) {
        let created = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
        descriptor = created >= 0 ? created : open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o666)
        self.path = path
        isNew = created >= 0
        isUntouched = true
        guard descriptor >= 0 else { throw WriteError.failed(errno) }
        buffer.reserveCapacity(Self.capacity)
    }

    package static var standardOutput: ByteWriter { ByteWriter(descriptor: STDOUT_FILENO) }

    deinit {
        guard let path, descriptor >= 0 else { return }
        close(descriptor)
        if isUntouched, isNew { unlink(path) }
    }

    /// Everything is written: hands it to the system, and makes an empty file of nothing.
    package func finish() throws(WriteError) {
        try flush()
        empty()
    }

    /// Pipes and devices hold nothing.
    private func empty() {
        if isUntouched { ftruncate(descriptor, 0) }
        isUntouched = false
    }

    /// Takes `bytes` over: into the buffer, or past it when they are many.
    package func write(_ bytes: UnsafeRawBufferPointer) throws(WriteError) {
        if buffer.count + bytes.count > Self.capacity { try flush() }
        if bytes.count >= Self.capacity {
            empty()
            try Descriptors.writeAll(bytes, to: descriptor)
        } else {
            buffer.append(contentsOf: bytes)
        }
    }

    package func write(_ bytes: Bytes) throws(WriteError) {
        try bytes.withUnsafeBytes { (memory) throws(WriteError) in try write(memory) }
    }

    package func write(_ bytes: [UInt8]) throws(WriteError) {
        try bytes.span.bytes.withUnsafeBytes { (memory) throws(WriteError) in try write(memory) }
    }

    package func write(_ text: String) throws(WriteError) { try write(Array(text.utf8)) }

    /// Hands everything to the system.
    package func flush() throws(WriteError) {
        guard !buffer.isEmpty else { return }
        empty()
        defer { buffer.removeAll(keepingCapacity: true) }
        try buffer.span.bytes.withUnsafeBytes { (memory) throws(WriteError) in
            try Descriptors.writeAll(memory, to: descriptor)
        }
    }
}

enum Descriptors {
    /// Writes everything; waits where the descriptor is non-blocking and full.
    static func writeAll(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32) throws(WriteError) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = Glibc.write(descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
            if count >= 0 {
                rest = rest.dropFirst(count)
                continue
            }
            switch errno {
            case EINTR: continue
            case EAGAIN:
                var wait = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                poll(&wait, 1, -1)
            case EPIPE: throw .brokenPipe
            default: throw .failed(errno)
            }
        }
    }

    /// Writes what can be written: nobody is left to tell when stderr fails.
    static func write(_ bytes: [UInt8], to descriptor: Int32) {
        bytes.withUnsafeBytes { try? writeAll($0, to: descriptor) }
    }
}
