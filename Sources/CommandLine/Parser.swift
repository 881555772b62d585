/// What a command line asks for.
package enum Request<Settings> {
    case run(Settings)
    /// Help or version, whatever else was written after it.
    case interrupted(Interruption)
}

extension Command {
    /// Reads a command line: options and operands in any order, then the environment for what it left open, then the
    /// configuration file, if it names one, for the rest.
    ///
    /// Understands `--name=value`, `--name value`, `--no-name`, `-ovalue`, `-o value`, bundled flags (`-vq`), `--`
    /// before operands that begin with a dash, and `-` as an operand. An empty environment variable counts as unset.
    ///
    /// - Parameter file: gives what is in a file of that name.
    package func parse(
        _ arguments: [String], environment: (String) -> String? = { _ in nil },
        file: (String) throws(UsageError) -> String = { (_) throws(UsageError) in throw UsageError("cannot be read") }
    ) throws(UsageError) -> Request<Settings> {
        var parser = Parser(options: groups.flatMap(\.options), settings: initial())
        if let interruption = try parser.read(arguments) { return .interrupted(interruption) }
        try parser.read(environment: environment)
        try parser.read(file: file)
        try parser.assign(operands)
        try check(&parser.settings)
        return .run(parser.settings)
    }
}

private struct Parser<Settings> {
    let options: [Option<Settings>]
    var settings: Settings
    var words: [String] = []
    /// Long names of the options that were given.
    var seen: Set<String> = []
    /// The option that names a file of further ones, as it was written, and the file.
    var configuration: (option: String, path: String)?

    /// Applies the options and keeps the operands; stops at help or version.
    mutating func read(_ arguments: [String]) throws(UsageError) -> Interruption? {
        var rest = arguments[...]
        while let argument = rest.popFirst() {
            if argument == "--" {
                words += rest
                return nil
            }
            let interruption: Interruption?
            if argument.hasPrefix("--") {
                interruption = try long(argument, &rest)
            } else if argument.hasPrefix("-"), argument.utf8.count > 1 {
                interruption = try bundle(argument, &rest)
            } else {
                words.append(argument)
                continue
            }
            if let interruption { return interruption }
        }
        return nil
    }

    /// `--name`, `--name=value`, `--name value` or `--no-name`.
    private mutating func long(_ argument: String, _ rest: inout ArraySlice<String>) throws(UsageError) -> Interruption?
    {
        let parts = argument.dropFirst(2).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        let name = String(parts[0])
        let attached = parts.count > 1 ? String(parts[1]) : nil
        guard let option = options.first(where: { $0.form.names.contains(name) }) else { throw unknown(name) }
        if let negate = option.negate, name == "no-" + option.form.long {
            try refuse(attached, of: "--" + name)
            negate(&settings)
            seen.insert(option.form.long)
            return nil
        }
        return try apply(option, as: "--" + name, attached: attached, &rest)
    }

    /// `-v`, `-vq`, `-ofile`, `-o file`, `-vo file`.
    private mutating func bundle(_ argument: String, _ rest: inout ArraySlice<String>) throws(UsageError)
        -> Interruption?
    {
        var letters = argument.dropFirst()
        while let letter = letters.popFirst() {
            guard let option = options.first(where: { $0.form.short == letter }) else {
                throw UsageError("unknown option", subject: "-" + String(letter).printable())
            }
            let takesRest = option.form.valueName != nil && !letters.isEmpty
            let attached = takesRest ? String(letters) : nil
            if takesRest { letters = "" }
            if let interruption = try apply(option, as: "-\(letter)", attached: attached, &rest) { return interruption }
        }
        return nil
    }

    private mutating func apply(
        _ option: Option<Settings>, as name: String, attached: String?, _ rest: inout ArraySlice<String>
    ) throws(UsageError) -> Interruption? {
        seen.insert(option.form.long)
        if option.form.valueName == nil {
            try refuse(attached, of: name)
            try apply(option.apply, "", about: name)
            return option.form.interruption
        }
        guard let value = attached ?? rest.popFirst() else {
            throw .expected(option.form.expectation, got: nil).about(name)
        }
        try apply(option.apply, value, about: name)
        if option.form.isConfiguration { configuration = (name, value) }
        return nil
    }

    private mutating func apply(
        _ body: (inout Settings, String) throws(UsageError) -> Void, _ value: String, about subject: String
    ) throws(UsageError) {
        do { try body(&settings, value) } catch { throw error.about(subject) }
    }

    private func refuse(_ value: String?, of name: String) throws(UsageError) {
        if let value { throw UsageError("expected no value, got '\(value.printable())'", subject: name) }
    }

    private func unknown(_ name: String) -> UsageError {
        let nearest = name.nearest(of: options.flatMap(\.form.names))
        let hint = nearest.map { "; did you mean --\($0)?" } ?? ""
        return UsageError("unknown option" + hint, subject: "--" + name.printable())
    }

    mutating func read(environment: (String) -> String?) throws(UsageError) {
        for option in options where !seen.contains(option.form.long) {
            guard let name = option.form.environment, let value = environment(name), !value.isEmpty else { continue }
            if option.form.valueName == nil, ["0", "false", "no"].contains(value.lowercased()) { continue }
            try apply(option.apply, value, about: name)
            seen.insert(option.form.long)
        }
    }

    // MARK: - The file

    /// What is set already wins over the file.
    mutating func read(file: (String) throws(UsageError) -> String) throws(UsageError) {
        guard let (option, path) = configuration else { return }
        let text: String
        do { text = try file(path) } catch { throw UsageError("\(path.printable()): \(error.line)", subject: option) }
        let lines = try ConfigurationFile(path: path, text: text)
        for entry in lines.entries {
            do { try apply(entry) } catch { throw UsageError(error.line, subject: lines.place(of: entry)) }
        }
    }

    private mutating func apply(_ entry: ConfigurationFile.Entry) throws(UsageError) {
        let name = "--" + entry.name
        guard let option = options.first(where: { $0.form.names.contains(entry.name) }) else {
            throw unknown(entry.name)
        }
        guard option.form.interruption == nil, !option.form.isConfiguration else {
            throw UsageError("is for the command line only", subject: name)
        }
        guard !seen.contains(option.form.long) else { return }
        if option.form.valueName == nil { return try apply(flag: option, entry, name) }
        guard let value = entry.value else { throw .expected(option.form.expectation, got: nil).about(name) }
        try apply(option.apply, value, about: name)
    }

    private mutating func apply(
        flag option: Option<Settings>, _ entry: ConfigurationFile.Entry, _ name: String
    ) throws(UsageError) {
        let isYes: Bool
        switch entry.value {
        case nil, "yes", "true", "on": isYes = true
        case "no", "false", "off": isYes = false
        case let other?: throw .expected("yes or no", got: other).about(name)
        }
        let isNegation = option.negate != nil && entry.name == "no-" + option.form.long
        if isYes != isNegation { try apply(option.apply, "", about: name) } else { option.negate?(&settings) }
    }

    mutating func assign(_ operands: [Operand<Settings>]) throws(UsageError) {
        var rest = words[...]
        for operand in operands where operand.isExpected(settings) {
            repeat {
                guard let word = rest.popFirst() else {
                    if operand.form.presence != .required { break }
                    throw .expected(operand.form.expectation, got: nil).about(operand.form.name)
                }
                try apply(operand.apply, word, about: operand.form.name)
            } while operand.form.presence == .repeatable && !rest.isEmpty
        }
        if let word = rest.first { throw .expected("no more operands", got: word) }
    }
}
