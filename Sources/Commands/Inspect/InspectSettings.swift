internal import CommandLine
package import MoQTCodec

/// What `moqt inspect` was told, checked; nothing has been opened.
package struct InspectSettings: CommandSettings {
    package enum Input: Hashable, Sendable {
        case standardInput, file(String)
        /// A server to ask what it speaks.
        case server(MoQTURL)
    }

    package var common = CommonSettings()
    /// Only with a server.
    package var connection = ConnectionSettings()
    /// Set by the operand, which every parsed command line has but with `listsDrafts`.
    package var input = Input.standardInput
    /// The input is hex text; otherwise its content tells.
    package var isHex = false
    /// Drafts by `--draft`, by ALPN; nil: it was not given.
    package var drafts: [String]?
    /// The one of them that bytes follow; nil: guessed.
    package var profile: Profile? { drafts?.first.flatMap { Profile.named($0) } }
    /// nil: `message` for hex text, guessed for bytes.
    package var source: InspectedSource?
    package var context = InspectionContext()
    /// Print every field of each item.
    package var tree = false
    /// Print the bytes too.
    package var bytes = false
    /// Print each item encoded again.
    package var reencode = false
    /// Print what each draft changes, and nothing else.
    package var listsDrafts = false
    /// Stop after this many items, 1 or more; nil: no limit.
    package var limit: UInt64?

    package init() {}

    mutating func check() throws(UsageError) {
        try connection.check()
        if case .server = input {
            connection.common.drafts = drafts ?? connection.common.drafts
            return try checkServer()
        }
        if let drafts, drafts.count > 1 { throw UsageError("expected one draft with a file", subject: "--draft") }
        if tree, common.json || reencode { throw UsageError("not with --json or --reencode", subject: "--tree") }
        if bytes, reencode { throw UsageError("not with --reencode", subject: "--bytes") }
    }

    private func checkServer() throws(UsageError) {
        let forBytes: [(String, Bool)] = [
            ("--hex", isHex), ("--stream", source != nil), ("--context", context != InspectionContext()),
            ("--tree", tree), ("--bytes", bytes), ("--reencode", reencode), ("--count", limit != nil),
        ]
        for (option, isGiven) in forBytes where isGiven { throw UsageError("not with a URL", subject: option) }
    }
}
