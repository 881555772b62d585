package import CommandLine
internal import EventLoop
internal import MoQTCodec

extension InspectCommand {
    /// Decodes and prints; the status says whether the drafts were kept to.
    package static func run(_ settings: InspectSettings, _ output: Output) -> ExitStatus {
        if settings.listsDrafts { return Terminal.show(settings.common.json ? DraftTable.json : DraftTable.markdown) }
        if case .server(let url) = settings.input { return probe(url, settings, output) }
        let name = settings.input == .standardInput ? "stdin" : settings.path.printable()
        do {
            let input = try InspectInput(settings)
            let guess = guess(settings, input)
            if let words = words(guess, settings, input) { output.log(.notice, words) }
            let run = InspectRun(settings, guess, output)
            try run.print(input)
            return run.foundErrors ? .protocolViolation : .success
        } catch let error as WriteError {
            if error != .brokenPipe { output.error("stdout: \(error)") }
            return error.exitStatus
        } catch {
            output.error("\(name): \(error)")
            return .unusableInput
        }
    }

    /// Asks a server, and prints what it has said.
    private static func probe(_ url: MoQTURL, _ settings: InspectSettings, _ output: Output) -> ExitStatus {
        Signals.block()
        do {
            let run = try ProbeRun(settings.connection, url, output)
            let (status, words) = run.run()
            let report = ProbeReport(run)
            if report.hasSessions || output.json {
                let printed = Terminal.show(output.json ? report.json : report.text)
                guard printed == .success else { return printed }
            }
            if let words { output.error(words) }
            return status
        } catch let error as OptionFileError {
            output.error(error.line)
            return .unusableInput
        } catch {
            output.error("\(url.authority): \(error)")
            return .unreachable
        }
    }

    private static func guess(_ settings: InspectSettings, _ input: InspectInput) -> InspectGuess {
        let profiles = settings.profile.map { [$0] } ?? Profile.all
        let sources = settings.source.map { [$0] } ?? (input.isHex ? [.message] : [.message, .uni])
        return InspectGuess(input.units, profiles: profiles, sources: sources, context: settings.context)
    }

    /// What to say of the guess; nil when nothing had to be guessed.
    private static func words(_ guess: InspectGuess, _ settings: InspectSettings, _ input: InspectInput) -> String? {
        var parts: [String] = []
        if settings.source == nil, !input.isHex {
            parts.append(
                "taken for \(guess.source == .uni ? "a unidirectional stream" : "control messages") (--stream)")
        }
        if settings.profile == nil, Profile.all.count > 1 {
            let others = guess.others.map(String.init).joined(separator: ", ")
            let alike = others.isEmpty ? "" : "; \(others) would read the same bytes"
            parts.append("draft \(guess.profile.number) guessed (--draft)\(alike)")
        }
        return input.units.isEmpty || parts.isEmpty ? nil : parts.joined(separator: "; ")
    }
}

extension InspectSettings {
    /// Empty for stdin.
    fileprivate var path: String {
        switch input {
        case .standardInput, .server: ""
        case .file(let path): path
        }
    }
}

/// Prints the items of one input.
private final class InspectRun {
    private let settings: InspectSettings
    private let guess: InspectGuess
    private let output: Output
    private let writer = ByteWriter.standardOutput
    private var json = JSONLine()
    private var count: UInt64 = 0
    private(set) var foundErrors = false

    init(_ settings: InspectSettings, _ guess: InspectGuess, _ output: Output) {
        self.settings = settings
        self.guess = guess
        self.output = output
    }

    func print(_ input: InspectInput) throws(WriteError) {
        for unit in input.units {
            var inspector = Inspector(
                unit.bytes, guess.source, profile: guess.profile, context: settings.context,
                reencodes: settings.reencode)
            while count < settings.limit ?? .max, let item = inspector.next() {
                try print(item, unit, isOnly: input.units.count == 1)
                count += 1
                if item.kind == .error { foundErrors = true }
            }
        }
        try writer.flush()
    }

    private func print(_ item: InspectedItem, _ unit: InspectInput.Unit, isOnly: Bool) throws(WriteError) {
        let line = isOnly ? nil : unit.line
        if settings.common.json {
            let form = ItemJSON(
                draft: guess.profile.number, line: unit.line, bytes: settings.bytes ? unit.bytes : nil,
                undecoded: unit.bytes)
            form.add(item, to: &json)
            try json.write(to: writer)
        } else if settings.reencode {
            try printEncoding(item, line)
        } else {
            let form = ItemText(line: line, bytes: settings.bytes ? unit.bytes : nil, undecoded: unit.bytes)
            try writer.write(settings.tree ? form.tree(item) : form.line(item))
        }
    }

    private func printEncoding(_ item: InspectedItem, _ line: Int?) throws(WriteError) {
        let place = line.map { "line \($0): " } ?? ""
        if let error = item.error { output.error(place + error.described(in: item.name)) }
        switch item.encoding {
        case .bytes(let bytes): try writer.write(bytes.hex + "\n")
        case .refused(let error):
            foundErrors = true
            output.error("\(place)\(item.name) at byte \(item.offset) cannot be encoded again: \(error)")
        case nil: break
        }
    }
}
