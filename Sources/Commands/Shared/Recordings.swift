internal import CommandLine
internal import Credentials
internal import EventLoop
internal import Glibc
internal import QUIC
internal import Wire

/// Files that record connections: TLS secrets, and one qlog per connection.
enum Recordings {
    /// Appends lines to a file, from any thread.
    final class LineFile: Sendable {
        private let descriptor: Int32

        init(appendingTo path: String) throws(WriteError) {
            descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
            guard descriptor >= 0 else { throw WriteError.failed(errno) }
        }

        deinit { close(descriptor) }

        func write(_ line: String) { Descriptors.write(Array((line + "\n").utf8), to: descriptor) }
    }

    /// One qlog file per connection, named after its original connection id, until the connection is gone.
    final class Qlogs: Sendable {
        private let directory: RecordDirectory
        private let role: String
        private let files = Guarded<[ConnectionID: Int32]>([:])

        init(_ path: String, role: String) throws(WriteError) {
            directory = try RecordDirectory(path)
            self.role = role
        }

        deinit { files.withLock { $0.values.forEach { close($0) } } }

        func write(_ id: ConnectionID, _ chunk: UnsafeRawBufferPointer, isLast: Bool) {
            let descriptor = files.withLock { files in
                let descriptor = files[id] ?? directory.create("\(id)_\(role).sqlog")
                files[id] = isLast ? nil : descriptor
                return descriptor
            }
            guard descriptor >= 0 else { return }
            // A full disk costs the record, not the connection.
            try? Descriptors.writeAll(chunk, to: descriptor)
            if isLast { close(descriptor) }
        }
    }
}

/// A file that an option named cannot be used.
struct OptionFileError: Error {
    /// The option, such as `--keylog`, with the file's name.
    var subject: String
    var words: String

    var line: String { "\(subject): \(words)" }
}

extension TransportSettings {
    /// What these options mean to QUIC.
    func quicSettings(role: String) throws(OptionFileError) -> QUICSettings {
        var quic = QUICSettings(protocols: drafts)
        // Not on HTTP/3: a WebTransport session begins with CONNECT, which is not safe to replay (draft-18 "0-RTT").
        quic.earlyProtocols = Set(drafts)
        quic.idleTimeout = idleTimeout
        quic.keepAlive = .init(nanoseconds: idleTimeout.nanoseconds / 3)
        quic.congestionControl =
            switch congestionControl {
            case .cubic: .cubic
            case .bbr: .bbr
            case .reno: .reno
            }
        // Streams times window is what a peer can have waiting here, per session.
        quic.unidirectionalStreams = 64
        quic.bidirectionalStreams = 256
        if let keylogFile {
            do {
                let file = try Recordings.LineFile(appendingTo: keylogFile)
                quic.keyLog = { file.write($0) }
            } catch {
                throw OptionFileError(subject: "--keylog: \(keylogFile.printable())", words: "\(error)")
            }
        }
        if let qlogDirectory {
            do {
                let qlogs = try Recordings.Qlogs(qlogDirectory, role: role)
                quic.qlog = { qlogs.write($0, $1, isLast: $2) }
            } catch {
                throw OptionFileError(subject: "--qlog: \(qlogDirectory.printable())", words: "\(error)")
            }
        }
        return quic
    }
}

extension IdentitySettings {
    /// The certificate and key these options name; nil when they name none.
    func load() throws(OptionFileError) -> Credentials.Identity? {
        guard let certificateFile, let keyFile else { return nil }
        do {
            return try CertificateFile.load(cert: certificateFile, key: keyFile)
        } catch {
            throw OptionFileError(subject: "--cert", words: "\(error)")
        }
    }
}
