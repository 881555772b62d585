internal import CommandLine

/// What `moqt interop` was told, checked; nothing has been opened.
package struct InteropSettings: CommandSettings {
    package static let defaultURL = "https://localhost:4443"

    package var common = CommonSettings()
    package var connection = ConnectionSettings()
    /// The relay to test; set by every parsed command line.
    package var url: MoQTURL?
    /// Name of the one case to run, which need not exist; nil: all.
    package var test: String?
    /// Print the names of the cases instead.
    package var list = false

    package init() {}

    mutating func check() throws(UsageError) {
        try connection.check()
        if url == nil { url = try MoQTURL(Self.defaultURL) }
    }
}
