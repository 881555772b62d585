/// Why bytes of a peer break the draft, or why a value cannot be written in it.
public struct CodecError: Error, Hashable, Sendable {
    /// What the error ends, and the code to end it with.
    public enum Scope: Hashable, Sendable {
        /// Close the session.
        case session(SessionCode)
        /// Refuse or cancel the one request; the session lives.
        case request(RequestErrorCode)
        /// The track is malformed: cancel its subscriptions and fetches with MALFORMED_TRACK; the session lives.
        case track
        /// Nothing the peer did: the caller asked to encode what this draft cannot express.
        case caller
    }

    /// What it concerns.
    public var scope: Scope
    /// What is wrong, as a clause for a log.
    public var what: String
    /// The field's name in the draft, such as "Track Alias".
    public var field: String
    /// Bytes from the start of the stream or datagram to the field; 0 when encoding.
    public var offset: UInt64
    /// Title of the section that holds the rule; the newest draft's, unless ``cited(by:)`` another.
    public var section: String

    /// Of its parts.
    public init(
        _ scope: Scope, _ what: String, field: String, offset: UInt64, section: String
    ) {
        self.scope = scope
        self.what = what
        self.field = field
        self.offset = offset
        self.section = section
    }

    /// The code with which a request is refused or cancelled for it; nil when that is not what it calls for.
    public var requestCode: RequestErrorCode? {
        switch scope {
        case .request(let code): code
        case .track: .malformedTrack
        case .session, .caller: nil
        }
    }

    /// The same, naming the section as the draft of `profile` does.
    package func cited(by profile: Profile) -> Self {
        var error = self
        error.section = profile.title(ofSection: section)
        return error
    }

    /// A session error with PROTOCOL_VIOLATION.
    package static func violation(
        _ what: String, field: String, offset: UInt64, section: String
    ) -> Self {
        Self(.session(.protocolViolation), what, field: field, offset: offset, section: section)
    }

    /// A value that the profile's draft has no encoding for.
    package static func inexpressible(_ what: String, field: String, section: String) -> Self {
        Self(.caller, what, field: field, offset: 0, section: section)
    }
}

extension CodecError: CustomStringConvertible {
    /// In words, the code and the place included.
    public var description: String {
        scope == .caller
            ? "\(code): \(field): \(what) (\(section))" : "\(code): \(field) at byte \(offset): \(what) (\(section))"
    }

    /// The draft's name of the code, such as "PROTOCOL_VIOLATION".
    public var code: String {
        switch scope {
        case .session(let code): code.description
        case .request(let code): code.description
        case .track: "MALFORMED_TRACK"
        case .caller: "cannot be expressed"
        }
    }
}
