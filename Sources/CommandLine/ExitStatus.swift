/// Exit statuses of every command; the EXIT STATUS sections of the man pages are printed from `table`.
package struct ExitStatus: RawRepresentable, Hashable, Sendable {
    /// 0 through 255.
    package var rawValue: Int32

    package init(rawValue: Int32) { self.rawValue = rawValue }

    package static let success = Self(rawValue: 0)
    /// Something that has no status of its own.
    package static let failed = Self(rawValue: 1)
    package static let usage = Self(rawValue: 2)
    package static let unreachable = Self(rawValue: 3)
    package static let noCommonVersion = Self(rawValue: 4)
    package static let refused = Self(rawValue: 5)
    package static let timedOut = Self(rawValue: 6)
    package static let protocolViolation = Self(rawValue: 7)
    package static let unusableInput = Self(rawValue: 8)
    package static let unsupportedTest = Self(rawValue: 127)

    /// Ended by a signal, after finishing what was begun.
    package static func signal(_ number: Int32) -> Self { Self(rawValue: 128 + number) }

    /// Every status, as its number is written, with its meaning.
    package static let table: [(status: String, meaning: String)] = [
        ("0", "Done. So is a command whose stdout is a pipe that nobody reads any more."),
        ("1", "Failed: something not listed here."),
        ("2", "Usage: the command line is wrong. Nothing was sent."),
        ("3", "Could not connect (address, TLS, certificate, handshake timeout), or the connection was lost."),
        ("4", "No common protocol version."),
        ("5", "The peer refused the request; its code and reason are on stderr."),
        ("6", "Timed out, or nothing arrived. Files are finished first."),
        ("7", "The peer broke the protocol; what, where and which section of the draft are on stderr."),
        ("8", "A local file, capture or media input is unusable."),
        ("127", "The test that was named is not supported."),
        ("128+n", "Ended by signal n. Files are finished first."),
    ]
}
