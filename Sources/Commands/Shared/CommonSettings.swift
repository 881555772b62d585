package import CommandLine

/// What every command that moves objects can be told.
package struct CommonSettings: Hashable, Sendable {
    package enum LogFormat: String, CaseIterable, Sendable { case text, json }
    package enum Color: String, CaseIterable, Sendable { case auto, always, never }

    /// How often `-v` was given.
    package var verbosity = 0
    /// Errors only; no progress line.
    package var quiet = false
    /// One JSON object per line on stdout instead of text.
    package var json = false
    package var color = Color.auto
    package var logFormat = LogFormat.text
    /// File that log lines are appended to instead of stderr; nil: stderr.
    package var logFile: String?

    package init() {}

    /// The group that ends the help of each command; `json` says what that option does there.
    package static func group(json: String) -> OptionGroup<CommonSettings> {
        OptionGroup(
            "General",
            [
                .flag("json", json) { $0.json = true },
                .flag("verbose", short: "v", "Say more: what happens, then every message", repeatable: true) {
                    $0.verbosity += 1
                    $0.quiet = false
                },
                .flag("quiet", short: "q", "Say nothing but errors") {
                    $0.quiet = true
                    $0.verbosity = 0
                },
                .value("color", .choice, "Colour on stderr; auto heeds NO_COLOR", default: "auto") { $0.color = $1 },
                .value("log", .file, "Append log lines to FILE, not to stderr") { $0.logFile = $1 },
                .value("log-format", .choice, "Log lines as text, or a JSON object each", default: "text") {
                    $0.logFormat = $1
                },
                .flag("help", short: "h", "Show this help", interrupts: .help),
                .flag("version", "Show the version", interrupts: .version),
            ])
    }
}

/// Settings that hold the common ones.
package protocol CommandSettings: Sendable {
    var common: CommonSettings { get }
}
