package import MoQTCodec
package import Wire

/// What a peer did against the specification: where, and which rule.
package struct Violation: Error, Hashable, Sendable {
    /// The code the session is closed with.
    package var code: SessionCode
    /// What was wrong, as a clause for a log.
    package var what: String
    /// The field's name in the draft.
    package var field: String
    /// The stream it came on; nil for a datagram.
    package var stream: StreamID?
    /// Bytes from the start of the stream or datagram to the field or message at fault.
    package var offset: UInt64
    /// Title of the draft's section that holds the rule.
    package var section: String

    init(_ error: CodecError, on stream: StreamID?) {
        code = if case .session(let code) = error.scope { code } else { .internalError }
        what = error.what
        field = error.field
        self.stream = stream
        offset = error.offset
        section = error.section
    }
}

extension Violation: CustomStringConvertible {
    /// Such as `Track Alias: in use by another track, stream 3, byte 12 (Track Alias)`.
    package var description: String {
        let place = stream.map { "stream \($0.rawValue)" } ?? "datagram"
        return "\(field): \(what), \(place), byte \(offset) (\(section))"
    }
}

/// How a session ended.
package struct SessionClose: Hashable, Sendable {
    package enum Origin: Hashable, Sendable {
        /// We closed it.
        case us
        /// The peer closed it.
        case peer
        /// The connection failed: idle timeout, stateless reset, handshake error.
        case transport
    }

    package var origin: Origin
    package var code: SessionCode
    /// As sent or received; not escaped.
    package var reason: String
    /// The peer's fault that made us close; nil otherwise.
    package var violation: Violation?

    package init(origin: Origin, code: SessionCode, reason: String, violation: Violation? = nil) {
        self.origin = origin
        self.code = code
        self.reason = reason
        self.violation = violation
    }
}

/// Why a command was refused; nothing was sent.
package enum SessionError: Error, Hashable, Sendable {
    /// The session is closed.
    case closed
    /// The peer sent GOAWAY: no new requests (draft-18 "GOAWAY").
    case goingAway
    /// No such request, or it has ended.
    case unknownRequest(RequestID)
    /// The request is of another kind or in another state than the command needs; the text says which.
    case notAllowed(RequestID, String)
    /// There is a subscription to the track in this role already.
    case duplicateSubscription
    /// The session would break a rule, or its draft cannot express it; the text says what.
    case invalid(String)
}
