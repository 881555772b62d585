internal import CommandLine
package import MoQTCodec

/// What `moqt inspect` was told, checked; nothing has been opened.
package struct InspectSettings: CommandSettings {
    package enum Input: Hashable, Sendable { case standardInput, file(String) }

    package var common = CommonSettings()
    /// Set by the operand, which every parsed command line has but with `listsDrafts`.
    package var input = Input.standardInput
    /// The input is hex text; otherwise its content tells.
    package var isHex = false
    /// nil: guessed.
    package var profile: Profile?
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

    func check() throws(UsageError) {
        if tree, common.json || reencode { throw UsageError("not with --json or --reencode", subject: "--tree") }
        if bytes, reencode { throw UsageError("not with --reencode", subject: "--bytes") }
    }
}
