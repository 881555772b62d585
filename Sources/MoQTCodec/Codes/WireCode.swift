/// A code space of the draft. Open: a code this build does not know is kept as the peer sent it.
///
/// Numbers are draft-18's; where a draft numbers a code otherwise its ``CodeTable`` says so. Codes that draft-18 lacks
/// have a later draft's number, or one that is no draft's. An unknown code is to be treated as INTERNAL_ERROR and never
/// closes a session by itself (draft-18 "Grease").
package protocol WireCode: Hashable, Sendable, CustomStringConvertible {
    init(rawValue: UInt64)
    /// Its number in its space.
    var rawValue: UInt64 { get set }
    /// What the number is.
    var space: CodeSpace { get set }
    /// What an unknown code is treated as; every draft has it.
    static var internalError: Self { get }
    /// The newest draft's names of the known codes of ``CodeSpace/wire``.
    static var names: [UInt64: String] { get }
    /// Names of those of ``CodeSpace/old``.
    static var oldNames: [UInt64: String] { get }
}

extension WireCode {
    package static var oldNames: [UInt64: String] { [:] }

    init(rawValue: UInt64, in space: CodeSpace) {
        self.init(rawValue: rawValue)
        self.space = space
    }

    /// The newest draft's name, or nil for a code that has none here.
    package var name: String? {
        switch space {
        case .wire: Self.names[rawValue]
        case .old: Self.oldNames[rawValue]
        case .unassigned: nil
        }
    }

    /// The name, or the number in hexadecimal when the code is unknown.
    package var description: String { name ?? "0x" + String(rawValue, radix: 16) }
}

/// What the number of a ``WireCode`` is.
package enum CodeSpace: Hashable, Sendable {
    /// The one that is sent.
    case wire
    /// A name for a code that only drafts before 18 have.
    case old
    /// The one that is sent, to which its draft gives no meaning, though it has one here.
    case unassigned
}

/// Why a session was closed (draft-18 "Session Termination Error Codes").
package struct SessionCode: WireCode {
    package var rawValue: UInt64
    package var space = CodeSpace.wire
    package init(rawValue: UInt64) { self.rawValue = rawValue }

    package static let noError = Self(rawValue: 0x0)
    package static let internalError = Self(rawValue: 0x1)
    package static let unauthorized = Self(rawValue: 0x2)
    package static let protocolViolation = Self(rawValue: 0x3)
    package static let invalidRequestID = Self(rawValue: 0x4)
    package static let duplicateTrackAlias = Self(rawValue: 0x5)
    package static let keyValueFormattingError = Self(rawValue: 0x6)
    package static let invalidPath = Self(rawValue: 0x8)
    package static let malformedPath = Self(rawValue: 0x9)
    package static let goAwayTimeout = Self(rawValue: 0x10)
    package static let controlMessageTimeout = Self(rawValue: 0x11)
    package static let dataStreamTimeout = Self(rawValue: 0x12)
    package static let authTokenCacheOverflow = Self(rawValue: 0x13)
    package static let duplicateAuthTokenAlias = Self(rawValue: 0x14)
    package static let versionNegotiationFailed = Self(rawValue: 0x15)
    package static let malformedAuthToken = Self(rawValue: 0x16)
    package static let unknownAuthTokenAlias = Self(rawValue: 0x17)
    package static let expiredAuthToken = Self(rawValue: 0x18)
    package static let invalidAuthority = Self(rawValue: 0x19)
    package static let malformedAuthority = Self(rawValue: 0x1A)
    /// Since draft-19.
    package static let tooManyRequestUpdates = Self(rawValue: 0x1B)
    /// A Request ID at or beyond the limit (draft-16 "MAX_REQUEST_ID").
    package static let tooManyRequests = Self(rawValue: 0, in: .old)
    /// draft-17 "Required Request ID".
    package static let invalidRequiredRequestID = Self(rawValue: 1, in: .old)

    package static let names: [UInt64: String] = [
        0x0: "NO_ERROR", 0x1: "INTERNAL_ERROR", 0x2: "UNAUTHORIZED", 0x3: "PROTOCOL_VIOLATION",
        0x4: "INVALID_REQUEST_ID", 0x5: "DUPLICATE_TRACK_ALIAS", 0x6: "KEY_VALUE_FORMATTING_ERROR",
        0x8: "INVALID_PATH", 0x9: "MALFORMED_PATH", 0x10: "GOAWAY_TIMEOUT", 0x11: "CONTROL_MESSAGE_TIMEOUT",
        0x12: "DATA_STREAM_TIMEOUT", 0x13: "AUTH_TOKEN_CACHE_OVERFLOW", 0x14: "DUPLICATE_AUTH_TOKEN_ALIAS",
        0x15: "VERSION_NEGOTIATION_FAILED", 0x16: "MALFORMED_AUTH_TOKEN", 0x17: "UNKNOWN_AUTH_TOKEN_ALIAS",
        0x18: "EXPIRED_AUTH_TOKEN", 0x19: "INVALID_AUTHORITY", 0x1A: "MALFORMED_AUTHORITY",
        0x1B: "TOO_MANY_REQUEST_UPDATES",
    ]
    package static let oldNames: [UInt64: String] = [0: "TOO_MANY_REQUESTS", 1: "INVALID_REQUIRED_REQUEST_ID"]
}

/// Why a request failed (draft-18 "REQUEST_ERROR Codes").
package struct RequestErrorCode: WireCode {
    package var rawValue: UInt64
    package var space = CodeSpace.wire
    package init(rawValue: UInt64) { self.rawValue = rawValue }

    package static let internalError = Self(rawValue: 0x0)
    package static let unauthorized = Self(rawValue: 0x1)
    package static let timeout = Self(rawValue: 0x2)
    package static let notSupported = Self(rawValue: 0x3)
    package static let malformedAuthToken = Self(rawValue: 0x4)
    package static let expiredAuthToken = Self(rawValue: 0x5)
    package static let goingAway = Self(rawValue: 0x6)
    package static let excessiveLoad = Self(rawValue: 0x9)
    package static let doesNotExist = Self(rawValue: 0x10)
    package static let invalidRange = Self(rawValue: 0x11)
    package static let malformedTrack = Self(rawValue: 0x12)
    package static let duplicateSubscription = Self(rawValue: 0x19)
    package static let uninterested = Self(rawValue: 0x20)
    package static let prefixOverlap = Self(rawValue: 0x30)
    package static let namespaceTooLarge = Self(rawValue: 0x31)
    package static let invalidJoiningRequestID = Self(rawValue: 0x32)
    package static let unsupportedExtension = Self(rawValue: 0x33)
    /// The only code with a ``Redirect`` behind it.
    package static let redirect = Self(rawValue: 0x34)
    /// Since draft-19.
    package static let conflictingFilters = Self(rawValue: 0x35)
    /// Since draft-19.
    package static let invalidFilter = Self(rawValue: 0x36)
    /// The range of a FETCH holds nothing (draft-14 "FETCH_ERROR"); later drafts answer with no objects.
    package static let noObjects = Self(rawValue: 0, in: .old)
    /// draft-15 "REQUEST_ERROR".
    package static let unknownStatusInRange = Self(rawValue: 1, in: .old)

    package static let names: [UInt64: String] = [
        0x0: "INTERNAL_ERROR", 0x1: "UNAUTHORIZED", 0x2: "TIMEOUT", 0x3: "NOT_SUPPORTED",
        0x4: "MALFORMED_AUTH_TOKEN", 0x5: "EXPIRED_AUTH_TOKEN", 0x6: "GOING_AWAY", 0x9: "EXCESSIVE_LOAD",
        0x10: "DOES_NOT_EXIST", 0x11: "INVALID_RANGE", 0x12: "MALFORMED_TRACK", 0x19: "DUPLICATE_SUBSCRIPTION",
        0x20: "UNINTERESTED", 0x30: "PREFIX_OVERLAP", 0x31: "NAMESPACE_TOO_LARGE",
        0x32: "INVALID_JOINING_REQUEST_ID", 0x33: "UNSUPPORTED_EXTENSION", 0x34: "REDIRECT",
        0x35: "CONFLICTING_FILTERS", 0x36: "INVALID_FILTER",
    ]
    package static let oldNames: [UInt64: String] = [0: "NO_OBJECTS", 1: "UNKNOWN_STATUS_IN_RANGE"]
}

/// Why a subscription ended (draft-18 "PUBLISH_DONE Codes").
package struct PublishDoneCode: WireCode {
    package var rawValue: UInt64
    package var space = CodeSpace.wire
    package init(rawValue: UInt64) { self.rawValue = rawValue }

    package static let internalError = Self(rawValue: 0x0)
    package static let unauthorized = Self(rawValue: 0x1)
    package static let trackEnded = Self(rawValue: 0x2)
    package static let subscriptionEnded = Self(rawValue: 0x3)
    package static let goingAway = Self(rawValue: 0x4)
    package static let tooFarBehind = Self(rawValue: 0x5)
    package static let expired = Self(rawValue: 0x6)
    package static let updateFailed = Self(rawValue: 0x8)
    package static let excessiveLoad = Self(rawValue: 0x9)
    package static let malformedTrack = Self(rawValue: 0x12)

    package static let names: [UInt64: String] = [
        0x0: "INTERNAL_ERROR", 0x1: "UNAUTHORIZED", 0x2: "TRACK_ENDED", 0x3: "SUBSCRIPTION_ENDED",
        0x4: "GOING_AWAY", 0x5: "TOO_FAR_BEHIND", 0x6: "EXPIRED", 0x8: "UPDATE_FAILED", 0x9: "EXCESSIVE_LOAD",
        0x12: "MALFORMED_TRACK",
    ]
}

/// Why a stream was reset or refused by STOP_SENDING (draft-18 "Stream Reset Error Codes").
package struct StreamResetCode: WireCode {
    package var rawValue: UInt64
    package var space = CodeSpace.wire
    package init(rawValue: UInt64) { self.rawValue = rawValue }

    package static let internalError = Self(rawValue: 0x0)
    package static let cancelled = Self(rawValue: 0x1)
    package static let deliveryTimeout = Self(rawValue: 0x2)
    package static let sessionClosed = Self(rawValue: 0x3)
    package static let goingAway = Self(rawValue: 0x4)
    package static let tooFarBehind = Self(rawValue: 0x5)
    package static let unknownObjectStatus = Self(rawValue: 0x6)
    package static let expiredAuthToken = Self(rawValue: 0x7)
    package static let excessiveLoad = Self(rawValue: 0x9)
    package static let malformedTrack = Self(rawValue: 0x12)

    package static let names: [UInt64: String] = [
        0x0: "INTERNAL_ERROR", 0x1: "CANCELLED", 0x2: "DELIVERY_TIMEOUT", 0x3: "SESSION_CLOSED", 0x4: "GOING_AWAY",
        0x5: "TOO_FAR_BEHIND", 0x6: "UNKNOWN_OBJECT_STATUS", 0x7: "EXPIRED_AUTH_TOKEN", 0x9: "EXCESSIVE_LOAD",
        0x12: "MALFORMED_TRACK",
    ]
}
