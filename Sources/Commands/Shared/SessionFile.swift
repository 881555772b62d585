internal import CommandLine
internal import Endpoint
internal import EventLoop
internal import Glibc
internal import QUIC
internal import Wire

/// The file of `--session-file`: what connections to servers have left, for later ones to go on from.
///
/// It is text: a line that says what it is, then one line per server and protocol. Only its owner may read it, since
/// whoever does can pretend to be this client. It is replaced as a whole, so that nobody sees half of it.
final class SessionFile: ServerMemory {
    private let path: String
    private let server: String
    private let warn: (String) -> Void
    /// It holds something else, which is left alone.
    private var isForeign = false
    private var hasFailed = false

    /// More is not ours.
    private static let sizeLimit = 1 << 20
    /// Of all servers; the oldest go first.
    private static let entryLimit = 64

    /// - Parameters:
    ///   - server: names the server, and why it is trusted, in any words.
    ///   - warn: told, in a line, why the file is of no use.
    /// - Throws: when the file cannot be written.
    init(_ path: String, server: String, warn: @escaping (String) -> Void) throws(OptionFileError) {
        self.path = path
        self.server = server
        self.warn = warn
        do {
            try checkWritable()
            _ = try entries()
        } catch {
            throw OptionFileError(subject: "--session-file: \(path.printable())", words: "\(error)")
        }
    }

    private func checkWritable() throws(WriteError) {
        var status = stat()
        if stat(path, &status) == 0 {
            guard status.st_mode & S_IFMT == S_IFREG else {
                throw .failed(status.st_mode & S_IFMT == S_IFDIR ? EISDIR : EINVAL)
            }
            guard access(path, R_OK | W_OK) == 0 else { throw .failed(errno) }
        }
        guard access(folder, W_OK | X_OK) == 0 else { throw .failed(errno) }
    }

    private var folder: String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    // MARK: - Memory

    func recall(_ protocols: [String]) -> Resumption? {
        let known = (try? entries()) ?? []
        return known.last { $0.server == server && protocols.contains($0.resumption.alpn) }?.resumption
    }

    func remember(_ resumption: Resumption) {
        guard !isForeign, !hasFailed else { return }
        do throws(WriteError) {
            // Another process may have written meanwhile.
            var entries = try entries()
            guard !isForeign else { return }
            entries.removeAll { $0.server == server && $0.resumption.alpn == resumption.alpn }
            entries.append(SessionEntry(server: server, resumption: resumption))
            try write(entries.suffix(Self.entryLimit))
        } catch {
            hasFailed = true
            warn("--session-file: \(path.printable()): \(error)")
        }
    }

    // MARK: - The file

    /// What the file holds, oldest first; nothing when it is not there, or not ours.
    private func entries() throws(WriteError) -> [SessionEntry] {
        guard let text = try read(), !text.isEmpty else { return [] }
        var lines = text.split(separator: "\n", omittingEmptySubsequences: true)
        guard text.count <= Self.sizeLimit, lines.removeFirst() == SessionEntry.header else {
            if !isForeign { warn("--session-file: \(path.printable()): not a file of sessions; it is left as it is") }
            isForeign = true
            return []
        }
        let entries = lines.compactMap { SessionEntry(String($0)) }
        if entries.count < lines.count {
            warn("--session-file: \(path.printable()): \(lines.count - entries.count) unreadable lines are left out")
        }
        return entries
    }

    /// Its first bytes as text; nil when there is no file.
    private func read() throws(WriteError) -> String? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            if errno == ENOENT { return nil }
            throw .failed(errno)
        }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var block = [UInt8](repeating: 0, count: 64 << 10)
        while bytes.count <= Self.sizeLimit {
            let count = block.withUnsafeMutableBytes { Glibc.read(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw .failed(errno) }
            if count == 0 { break }
            bytes += block[..<count]
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private func write(_ entries: ArraySlice<SessionEntry>) throws(WriteError) {
        let fresh = "\(path).\(getpid())"
        let text = entries.reduce(into: SessionEntry.header + "\n") { $0 += $1.line + "\n" }
        let descriptor = open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw .failed(errno) }
        do throws(WriteError) {
            defer { close(descriptor) }
            let bytes = Array(text.utf8)
            try bytes.span.bytes.withUnsafeBytes { (memory) throws(WriteError) in
                try Descriptors.writeAll(memory, to: descriptor)
            }
            guard rename(fresh, path) == 0 else { throw .failed(errno) }
        } catch {
            unlink(fresh)
            throw error
        }
    }
}

/// A line of a ``SessionFile``.
struct SessionEntry: Hashable {
    static let header = "moqt-sessions 1"

    var server: String
    var resumption: Resumption

    init(server: String, resumption: Resumption) {
        self.server = server
        self.resumption = resumption
    }

    /// Words apart: a word for early data, then in hexadecimal server, protocol, ticket, limits and address token, each
    /// behind a letter, so that none is empty.
    var line: String {
        let values = [
            Array(server.utf8), Array(resumption.alpn.utf8), resumption.ticket, resumption.transportParameters,
            resumption.token,
        ]
        let fields = zip("sptla", values).map { "\($0)\($1.map(Self.digits).joined())" }
        return ([resumption.allowsEarlyData ? "early" : "late"] + fields).joined(separator: " ")
    }

    /// Nil when `line` is not one.
    init?(_ line: String) {
        let words = line.split(separator: " ", omittingEmptySubsequences: false)
        guard words.count == 6, words[0] == "early" || words[0] == "late" else { return nil }
        var values: [[UInt8]] = []
        for (name, word) in zip("sptla", words.dropFirst()) {
            guard word.first == name, let bytes = Self.bytes(word.dropFirst()) else { return nil }
            values.append(bytes)
        }
        server = String(decoding: values[0], as: UTF8.self)
        resumption = Resumption(
            alpn: String(decoding: values[1], as: UTF8.self), ticket: values[2], transportParameters: values[3],
            token: values[4], allowsEarlyData: words[0] == "early")
    }

    private static func digits(_ byte: UInt8) -> String { (byte < 16 ? "0" : "") + String(byte, radix: 16) }

    private static func bytes(_ digits: Substring) -> [UInt8]? {
        let values = digits.utf8.map { UInt8(String(UnicodeScalar($0)), radix: 16) }
        guard values.count.isMultiple(of: 2), values.allSatisfy({ $0 != nil }) else { return nil }
        return stride(from: 0, to: values.count, by: 2).map { (values[$0] ?? 0) << 4 | (values[$0 + 1] ?? 0) }
    }
}
