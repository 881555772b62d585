internal import CommandLine
internal import Glibc

/// One command of the program, whatever its settings are. Tables are built only when they are needed.
struct Entry: Sendable {
    var name: String
    var abstract: String
    var page: @Sendable () -> Page
    /// Reads a command line and does what it says.
    var run: @Sendable ([String]) -> ExitStatus

    init<Settings: CommandSettings>(
        _ name: String, _ abstract: String, _ command: @escaping @Sendable () -> Command<Settings>,
        run: @escaping @Sendable (Settings, Output) -> ExitStatus
    ) {
        self.name = name
        self.abstract = abstract
        page = { command().page }
        self.run = { arguments in
            let command = command()
            do throws(UsageError) {
                switch try command.parse(arguments, environment: Environment.value, file: Environment.file) {
                case .interrupted(.help): return Terminal.show(HelpPage(command.page, program: Version.program).text)
                case .interrupted(.version): return Terminal.show(Version.text + "\n")
                case .run(let settings): return Self.run(settings, name, run)
                }
            } catch {
                return Terminal.fail("\(Version.program) \(name): \(error.line)", .usage)
            }
        }
    }

    private static func run<Settings: CommandSettings>(
        _ settings: Settings, _ name: String, _ body: (Settings, Output) -> ExitStatus
    ) -> ExitStatus {
        let name = "\(Version.program) \(name)"
        do throws(WriteError) {
            let output = try Output(name: name, settings: settings.common, environment: Environment.value)
            defer { output.endProgress() }
            return body(settings, output)
        } catch {
            let path = settings.common.logFile ?? ""
            return Terminal.fail("\(name): --log: \(path.printable()): \(error)", .unusableInput)
        }
    }
}

enum Environment {
    /// Nil when it is not set.
    static func value(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }

    /// All of a file that a person has written.
    static func file(_ path: String) throws(UsageError) -> String {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw UsageError("\(WriteError.failed(errno))") }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while bytes.count <= fileLimit {
            let count = read(descriptor, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw UsageError("\(WriteError.failed(errno))") }
            if count == 0 { return String(decoding: bytes, as: UTF8.self) }
            bytes += buffer[..<count]
        }
        throw UsageError("more than \(fileLimit) bytes")
    }

    private static let fileLimit = 1 << 20
}

/// What is said before a command runs, or instead of it.
enum Terminal {
    static func show(_ text: String) -> ExitStatus {
        let writer = ByteWriter.standardOutput
        do throws(WriteError) {
            try writer.write(text)
            try writer.flush()
            return .success
        } catch {
            return error == .brokenPipe ? .success : fail("\(Version.program): stdout: \(error)", error.exitStatus)
        }
    }

    static func fail(_ line: String, _ status: ExitStatus) -> ExitStatus {
        Descriptors.write(Array((line + "\n").utf8), to: STDERR_FILENO)
        return status
    }
}
