public import MoQTCodec

/// Why something could not be done: the one error of this module.
public struct MoQTError: Error, Hashable, Sendable {
    /// What has failed.
    public enum Scope: Hashable, Sendable {
        /// Only the call: what it asks for makes no sense, or the draft has no words for it. Nothing was sent.
        case call
        /// The one request: it was refused, or has ended before its time. The session lives on.
        case request
        /// The track breaks the draft's rules; whatever was asked of it has ended.
        case track
        /// The session: it is closed, by either end.
        case session
        /// The connection: it was not made, or it was lost.
        case connection
        /// The task was cancelled, or what was waited for was given up by this end.
        case cancelled
    }

    /// A code of one of the draft's four spaces, as this build names it whatever its number in the session's draft.
    public enum Code: Hashable, Sendable {
        /// draft-18 "REQUEST_ERROR Codes".
        case request(RequestErrorCode)
        /// draft-18 "PUBLISH_DONE Codes".
        case publishDone(PublishDoneCode)
        /// draft-18 "Stream Reset Error Codes".
        case reset(StreamResetCode)
        /// draft-18 "Session Termination Error Codes".
        case session(SessionCode)
    }

    /// What has failed.
    public var scope: Scope
    /// What the peer said, or what this end told it; nil when no code was exchanged.
    public var code: Code?
    /// For people, a clause without a full stop; what came from the peer in it is escaped. Empty when none was given.
    public var reason: String
    /// The draft of the session, such as "draft-18"; nil when there was none yet.
    public var draft: String?

    /// Of its parts.
    public init(_ scope: Scope, code: Code? = nil, reason: String, draft: String? = nil) {
        self.scope = scope
        self.code = code
        self.reason = reason
        self.draft = draft
    }

    /// The task that waited was cancelled.
    public static let cancelled = Self(.cancelled, reason: "cancelled")
}

extension MoQTError.Code: CustomStringConvertible {
    /// The draft's name, such as `DOES_NOT_EXIST`; the number in hexadecimal when the code is unknown.
    public var description: String {
        switch self {
        case .request(let code): code.description
        case .publishDone(let code): code.description
        case .reset(let code): code.description
        case .session(let code): code.description
        }
    }
}

extension MoQTError: CustomStringConvertible {
    /// Such as `request: DOES_NOT_EXIST: no such track (draft-18)`.
    public var description: String {
        let words = ["\(scope)", code?.description ?? "", reason].filter { !$0.isEmpty }.joined(separator: ": ")
        return draft.map { "\(words) (\($0))" } ?? words
    }
}
