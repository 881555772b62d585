internal import EventLoop
internal import Glibc
internal import Wire

/// A directory that is given a file per connection or session.
final class RecordDirectory: Sendable {
    private let path: String
    /// Told once, when the first file could not be written.
    private let failed: (@Sendable (_ file: String, WriteError) -> Void)?
    private let hasFailed = Guarded(false)

    /// Makes the directory if need be.
    ///
    /// - Throws: when nothing can be written there, be it that the disk is full.
    init(_ path: String, failed: (@Sendable (_ file: String, WriteError) -> Void)? = nil) throws(WriteError) {
        guard mkdir(path, 0o777) == 0 || errno == EEXIST, access(path, W_OK) == 0 else {
            throw WriteError.failed(errno)
        }
        self.path = path
        self.failed = failed
        try Self.tryOut(path)
    }

    /// Writes into a file that does not stay.
    private static func tryOut(_ path: String) throws(WriteError) {
        var name = Array("\(path)/moqt-XXXXXX".utf8CString)
        let descriptor = mkstemp(&name)
        guard descriptor >= 0 else { throw .failed(errno) }
        unlink(name)
        defer { close(descriptor) }
        let page = [UInt8](repeating: 0, count: 4096)
        try page.span.bytes.withUnsafeBytes { (memory) throws(WriteError) in
            try Descriptors.writeAll(memory, to: descriptor)
        }
    }

    /// Makes a file.
    func file(_ name: String) -> RecordFile {
        RecordFile(create(name)) { [self] in tell(name, $0) }
    }

    /// Makes a file; negative when that fails. It is the caller's to close.
    func create(_ name: String) -> Int32 {
        let descriptor = open("\(path)/\(name)", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        if descriptor < 0 { tell(name, .failed(errno)) }
        return descriptor
    }

    private func tell(_ name: String, _ error: WriteError) {
        let isFirst = hasFailed.withLock { hasFailed in
            defer { hasFailed = true }
            return !hasFailed
        }
        if isFirst { failed?(path + "/" + name, error) }
    }
}

/// A file of a record. What cannot be written costs the rest of the record, and nothing else.
///
/// One thread uses it.
final class RecordFile {
    private var descriptor: Int32
    private let failed: (WriteError) -> Void
    private var buffer: [UInt8] = []
    /// Bytes that are kept at most.
    private static let capacity = 32 << 10

    /// - Parameter descriptor: closed with the file; negative: nothing is written.
    fileprivate init(_ descriptor: Int32, failed: @escaping (WriteError) -> Void) {
        self.descriptor = descriptor
        self.failed = failed
    }

    deinit {
        flush()
        close()
    }

    /// Something can still be written.
    var isOpen: Bool { descriptor >= 0 }

    /// Appends what `write` appends to its argument, which reaches the file with the next flush.
    func append(_ write: (inout [UInt8]) -> Void) {
        guard isOpen else { return }
        write(&buffer)
        if buffer.count >= Self.capacity { flush() }
    }

    /// Hands everything to the system, which keeps it should the process die.
    func flush() {
        guard isOpen, !buffer.isEmpty else { return }
        defer { buffer.removeAll(keepingCapacity: true) }
        do throws(WriteError) {
            try buffer.span.bytes.withUnsafeBytes { (memory) throws(WriteError) in
                try Descriptors.writeAll(memory, to: descriptor)
            }
        } catch {
            failed(error)
            close()
        }
    }

    private func close() {
        if descriptor >= 0 { Glibc.close(descriptor) }
        descriptor = -1
    }
}
