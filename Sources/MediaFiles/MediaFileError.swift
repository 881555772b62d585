/// Why a media file or stream cannot be used, in words for its user.
package struct MediaFileError: Error, Hashable, Sendable {
    package enum Reason: Hashable, Sendable {
        /// The file cannot be opened or read.
        case unreadable
        /// No container that is known.
        case notMedia
        /// Nothing in it that can be published.
        case noStreams
        /// It begins well and then breaks off or is damaged.
        case damaged
        /// It needs something that is not supported.
        case unsupported
    }

    package var reason: Reason
    /// The whole message without the file's name: lower case, one line.
    package var message: String

    package init(_ reason: Reason, _ message: String) {
        self.reason = reason
        self.message = message
    }
}

extension MediaFileError: CustomStringConvertible {
    package var description: String { message }
}
