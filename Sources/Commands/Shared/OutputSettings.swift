internal import CommandLine
internal import Glibc
internal import Wire

/// Where a receiving command writes, and how.
package struct OutputSettings: Hashable, Sendable {
    package enum Destination: Hashable, Sendable {
        case standardOutput
        case file(String)
        /// One file per object, named `GROUP-SUBGROUP-OBJECT`; the path ends in a slash.
        case directory(String)
    }
    /// How the objects of a track are written.
    package enum Format: String, CaseIterable, Sendable { case raw, lines, frames }

    package var destination = Destination.standardOutput
    /// By `--as`; nil: raw. Only of a track.
    package var chosenFormat: Format?
    /// By `-F`; nil: objects are written as `format` says. Only of a track.
    package var template: FieldTemplate?

    package init() {}

    package var format: Format { chosenFormat ?? .raw }

    /// Refuses forms of a track's output that exclude each other.
    func check(json: Bool) throws(UsageError) {
        var forms: [String] = []
        if chosenFormat != nil { forms.append("--as") }
        if template != nil { forms.append("--template") }
        if json { forms.append("--json") }
        if case .directory(let path) = destination, let form = forms.first {
            throw UsageError("not with \(form), got '\(path.printable())'", subject: "--output")
        }
        if forms.count > 1 { throw UsageError("not with \(forms[1])", subject: forms[0]) }
    }

    /// What is opened, for messages.
    var path: String {
        switch destination {
        case .standardOutput: "stdout"
        case .file(let path), .directory(let path): path
        }
    }

    /// The payload goes to a terminal, where nothing else should.
    var isTerminal: Bool { destination == .standardOutput && isatty(STDOUT_FILENO) == 1 }

    func makePump() throws -> OutputPump {
        switch destination {
        case .standardOutput: return try OutputPump(path: nil)
        case .file(let path): return try OutputPump(path: path)
        case .directory(let path):
            guard mkdir(path, 0o777) == 0 || errno == EEXIST, access(path, W_OK) == 0 else {
                throw WriteError.failed(errno)
            }
            return try OutputPump(path: nil)
        }
    }

    func form(json: Bool) -> ObjectSink.Form {
        if case .directory(let path) = destination { return .directory(path) }
        if json { return .json }
        if let template { return .template(template) }
        switch format {
        case .raw: return .raw
        case .lines: return .lines
        case .frames: return .frames
        }
    }

    /// - Parameter command: whose manual explains templates.
    static func options(of command: String) -> [Option<OutputSettings>] {
        [
            .value("output", short: "o", .destination, "Where to write; DIR/ takes a file per object", default: "-") {
                $0.destination = $1
            },
            .value("as", .choice, "Form of the output of a track", default: "raw") { $0.chosenFormat = $1 },
            .value("template", short: "F", .template, "Write each object by a template (see man moqt-\(command))") {
                $0.template = $1
            },
        ]
    }

    /// A paragraph about templates.
    static let templateDescription = """
        A FORMAT is text with these fields: %n track name, %g group, %o object, %s size in bytes, %t latency in \
        milliseconds or -, %p payload, %% a percent sign; \\n, \\t, \\r, \\0 and \\\\ are understood.
        """
}

extension ValueType where Value == OutputSettings.Destination {
    fileprivate static var destination: Self {
        Self("FILE|DIR/|-", expects: "a file, a directory with a slash at its end, or -", completion: .file) { text in
            if text.isEmpty { return nil }
            if text == "-" { return .standardOutput }
            return text.hasSuffix("/") ? .directory(text) : .file(text)
        }
    }
}

extension ValueType where Value == FieldTemplate {
    fileprivate static var template: Self {
        Self("FORMAT", expects: "a template, such as '%g/%o %s\\n'") { (text) throws(UsageError) in
            try FieldTemplate(text)
        }
    }
}
