/// A code space of the draft. Open: a code this build does not know is kept as the peer sent it.
///
/// Numbers are draft-18's; where a draft numbers a code otherwise its ``CodeTable`` says so. Codes that draft-18 lacks
/// have a later draft's number, or one that is no draft's. An unknown code is to be treated as INTERNAL_ERROR and never
/// closes a session by itself (draft-18 "Grease").
public protocol WireCode: Hashable, Sendable, CustomStringConvertible {
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
    /// By the number of this build.
    public static var oldNames: [UInt64: String] { [:] }

    init(rawValue: UInt64, in space: CodeSpace) {
        self.init(rawValue: rawValue)
        self.space = space
    }

    /// The newest draft's name, or nil for a code that has none here.
    public var name: String? {
        switch space {
        case .wire: Self.names[rawValue]
        case .old: Self.oldNames[rawValue]
        case .unassigned: nil
        }
    }

    /// The name, or the number in hexadecimal when the code is unknown.
    public var description: String { name ?? "0x" + String(rawValue, radix: 16) }
}

/// What the number of a ``WireCode`` is.
public enum CodeSpace: Hashable, Sendable {
    /// The one that is sent.
    case wire
    /// A name for a code that only drafts before 18 have.
    case old
    /// The one that is sent, to which its draft gives no meaning, though it has one here.
    case unassigned
}

/// Why a session was closed (draft-18 "Session Termination Error Codes").
public struct SessionCode: WireCode {
    /// Its number in its space.
    public var rawValue: UInt64
    /// What the number is.
    public var space = CodeSpace.wire
    /// Of its number on the wire.
    public init(rawValue: UInt64) { self.rawValue = rawValue }

    /// The session ends as it should.
    public static let noError = Self(rawValue: 0x0)
    /// The sender has failed.
    public static let internalError = Self(rawValue: 0x1)
    /// The peer may not do what it asked for.
    public static let unauthorized = Self(rawValue: 0x2)
    /// The peer has broken the draft, in a way that has no code of its own.
    public static let protocolViolation = Self(rawValue: 0x3)
    /// A Request ID out of order, or of the other end.
    public static let invalidRequestID = Self(rawValue: 0x4)
    /// One alias was given to two tracks.
    public static let duplicateTrackAlias = Self(rawValue: 0x5)
    /// Key-Value-Pairs that are not well formed.
    public static let keyValueFormattingError = Self(rawValue: 0x6)
    /// The server does not serve the PATH.
    public static let invalidPath = Self(rawValue: 0x8)
    /// PATH is no path.
    public static let malformedPath = Self(rawValue: 0x9)
    /// The peer stayed longer than GOAWAY allowed.
    public static let goAwayTimeout = Self(rawValue: 0x10)
    /// The peer took too long over a control message.
    public static let controlMessageTimeout = Self(rawValue: 0x11)
    /// The peer took too long over a data stream.
    public static let dataStreamTimeout = Self(rawValue: 0x12)
    /// More tokens were registered than the cache may hold.
    public static let authTokenCacheOverflow = Self(rawValue: 0x13)
    /// One alias was given to two tokens.
    public static let duplicateAuthTokenAlias = Self(rawValue: 0x14)
    /// No draft in common.
    public static let versionNegotiationFailed = Self(rawValue: 0x15)
    /// The token cannot be read.
    public static let malformedAuthToken = Self(rawValue: 0x16)
    /// No token is registered under the alias.
    public static let unknownAuthTokenAlias = Self(rawValue: 0x17)
    /// The token is not valid any more.
    public static let expiredAuthToken = Self(rawValue: 0x18)
    /// The server does not serve the AUTHORITY.
    public static let invalidAuthority = Self(rawValue: 0x19)
    /// AUTHORITY is no authority.
    public static let malformedAuthority = Self(rawValue: 0x1A)
    /// Since draft-19.
    public static let tooManyRequestUpdates = Self(rawValue: 0x1B)
    /// A Request ID at or beyond the limit (draft-16 "MAX_REQUEST_ID").
    public static let tooManyRequests = Self(rawValue: 0, in: .old)
    /// draft-17 "Required Request ID".
    public static let invalidRequiredRequestID = Self(rawValue: 1, in: .old)

    /// By number.
    public static let names: [UInt64: String] = [
        0x0: "NO_ERROR", 0x1: "INTERNAL_ERROR", 0x2: "UNAUTHORIZED", 0x3: "PROTOCOL_VIOLATION",
        0x4: "INVALID_REQUEST_ID", 0x5: "DUPLICATE_TRACK_ALIAS", 0x6: "KEY_VALUE_FORMATTING_ERROR",
        0x8: "INVALID_PATH", 0x9: "MALFORMED_PATH", 0x10: "GOAWAY_TIMEOUT", 0x11: "CONTROL_MESSAGE_TIMEOUT",
        0x12: "DATA_STREAM_TIMEOUT", 0x13: "AUTH_TOKEN_CACHE_OVERFLOW", 0x14: "DUPLICATE_AUTH_TOKEN_ALIAS",
        0x15: "VERSION_NEGOTIATION_FAILED", 0x16: "MALFORMED_AUTH_TOKEN", 0x17: "UNKNOWN_AUTH_TOKEN_ALIAS",
        0x18: "EXPIRED_AUTH_TOKEN", 0x19: "INVALID_AUTHORITY", 0x1A: "MALFORMED_AUTHORITY",
        0x1B: "TOO_MANY_REQUEST_UPDATES",
    ]
    /// By the number of this build.
    public static let oldNames: [UInt64: String] = [0: "TOO_MANY_REQUESTS", 1: "INVALID_REQUIRED_REQUEST_ID"]
}

/// Why a request failed (draft-18 "REQUEST_ERROR Codes").
public struct RequestErrorCode: WireCode {
    /// Its number in its space.
    public var rawValue: UInt64
    /// What the number is.
    public var space = CodeSpace.wire
    /// Of its number on the wire.
    public init(rawValue: UInt64) { self.rawValue = rawValue }

    /// The sender has failed.
    public static let internalError = Self(rawValue: 0x0)
    /// The peer may not do what it asked for.
    public static let unauthorized = Self(rawValue: 0x1)
    /// It took too long.
    public static let timeout = Self(rawValue: 0x2)
    /// The peer does not know how.
    public static let notSupported = Self(rawValue: 0x3)
    /// The token cannot be read.
    public static let malformedAuthToken = Self(rawValue: 0x4)
    /// The token is not valid any more.
    public static let expiredAuthToken = Self(rawValue: 0x5)
    /// The session is about to end.
    public static let goingAway = Self(rawValue: 0x6)
    /// The peer has too much to do.
    public static let excessiveLoad = Self(rawValue: 0x9)
    /// There is no such track or namespace.
    public static let doesNotExist = Self(rawValue: 0x10)
    /// Nothing can be sent of the range.
    public static let invalidRange = Self(rawValue: 0x11)
    /// The track breaks the rules of the draft.
    public static let malformedTrack = Self(rawValue: 0x12)
    /// There is a subscription to the track already.
    public static let duplicateSubscription = Self(rawValue: 0x19)
    /// Nobody wants what was offered.
    public static let uninterested = Self(rawValue: 0x20)
    /// The prefix overlaps another.
    public static let prefixOverlap = Self(rawValue: 0x30)
    /// More namespaces or tracks match than can be told.
    public static let namespaceTooLarge = Self(rawValue: 0x31)
    /// A joining fetch names no subscription that it can join.
    public static let invalidJoiningRequestID = Self(rawValue: 0x32)
    /// A property that must be understood is not.
    public static let unsupportedExtension = Self(rawValue: 0x33)
    /// The only code with a ``Redirect`` behind it.
    public static let redirect = Self(rawValue: 0x34)
    /// Since draft-19.
    public static let conflictingFilters = Self(rawValue: 0x35)
    /// Since draft-19.
    public static let invalidFilter = Self(rawValue: 0x36)
    /// The range of a FETCH holds nothing (draft-14 "FETCH_ERROR"); later drafts answer with no objects.
    public static let noObjects = Self(rawValue: 0, in: .old)
    /// draft-15 "REQUEST_ERROR".
    public static let unknownStatusInRange = Self(rawValue: 1, in: .old)

    /// By number.
    public static let names: [UInt64: String] = [
        0x0: "INTERNAL_ERROR", 0x1: "UNAUTHORIZED", 0x2: "TIMEOUT", 0x3: "NOT_SUPPORTED",
        0x4: "MALFORMED_AUTH_TOKEN", 0x5: "EXPIRED_AUTH_TOKEN", 0x6: "GOING_AWAY", 0x9: "EXCESSIVE_LOAD",
        0x10: "DOES_NOT_EXIST", 0x11: "INVALID_RANGE", 0x12: "MALFORMED_TRACK", 0x19: "DUPLICATE_SUBSCRIPTION",
        0x20: "UNINTERESTED", 0x30: "PREFIX_OVERLAP", 0x31: "NAMESPACE_TOO_LARGE",
        0x32: "INVALID_JOINING_REQUEST_ID", 0x33: "UNSUPPORTED_EXTENSION", 0x34: "REDIRECT",
        0x35: "CONFLICTING_FILTERS", 0x36: "INVALID_FILTER",
    ]
    /// By the number of this build.
    public static let oldNames: [UInt64: String] = [0: "NO_OBJECTS", 1: "UNKNOWN_STATUS_IN_RANGE"]
}

/// Why a subscription ended (draft-18 "PUBLISH_DONE Codes").
public struct PublishDoneCode: WireCode {
    /// Its number in its space.
    public var rawValue: UInt64
    /// What the number is.
    public var space = CodeSpace.wire
    /// Of its number on the wire.
    public init(rawValue: UInt64) { self.rawValue = rawValue }

    /// The sender has failed.
    public static let internalError = Self(rawValue: 0x0)
    /// The peer may not do what it asked for.
    public static let unauthorized = Self(rawValue: 0x1)
    /// The track has ended: no more objects will be published.
    public static let trackEnded = Self(rawValue: 0x2)
    /// The subscription has reached the end of its range.
    public static let subscriptionEnded = Self(rawValue: 0x3)
    /// The session is about to end.
    public static let goingAway = Self(rawValue: 0x4)
    /// The subscriber did not keep up.
    public static let tooFarBehind = Self(rawValue: 0x5)
    /// The subscription has expired.
    public static let expired = Self(rawValue: 0x6)
    /// A REQUEST_UPDATE was rejected.
    public static let updateFailed = Self(rawValue: 0x8)
    /// The peer has too much to do.
    public static let excessiveLoad = Self(rawValue: 0x9)
    /// The track breaks the rules of the draft.
    public static let malformedTrack = Self(rawValue: 0x12)

    /// By number.
    public static let names: [UInt64: String] = [
        0x0: "INTERNAL_ERROR", 0x1: "UNAUTHORIZED", 0x2: "TRACK_ENDED", 0x3: "SUBSCRIPTION_ENDED",
        0x4: "GOING_AWAY", 0x5: "TOO_FAR_BEHIND", 0x6: "EXPIRED", 0x8: "UPDATE_FAILED", 0x9: "EXCESSIVE_LOAD",
        0x12: "MALFORMED_TRACK",
    ]
}

/// Why a stream was reset or refused by STOP_SENDING (draft-18 "Stream Reset Error Codes").
public struct StreamResetCode: WireCode {
    /// Its number in its space.
    public var rawValue: UInt64
    /// What the number is.
    public var space = CodeSpace.wire
    /// Of its number on the wire.
    public init(rawValue: UInt64) { self.rawValue = rawValue }

    /// The sender has failed.
    public static let internalError = Self(rawValue: 0x0)
    /// The request was given up, or the rest of the stream is not wanted.
    public static let cancelled = Self(rawValue: 0x1)
    /// The objects are past their delivery timeout.
    public static let deliveryTimeout = Self(rawValue: 0x2)
    /// The session is being closed.
    public static let sessionClosed = Self(rawValue: 0x3)
    /// The session is about to end.
    public static let goingAway = Self(rawValue: 0x4)
    /// The subscriber did not keep up.
    public static let tooFarBehind = Self(rawValue: 0x5)
    /// What became of an object is not known.
    public static let unknownObjectStatus = Self(rawValue: 0x6)
    /// The token is not valid any more.
    public static let expiredAuthToken = Self(rawValue: 0x7)
    /// The peer has too much to do.
    public static let excessiveLoad = Self(rawValue: 0x9)
    /// The track breaks the rules of the draft.
    public static let malformedTrack = Self(rawValue: 0x12)

    /// By number.
    public static let names: [UInt64: String] = [
        0x0: "INTERNAL_ERROR", 0x1: "CANCELLED", 0x2: "DELIVERY_TIMEOUT", 0x3: "SESSION_CLOSED", 0x4: "GOING_AWAY",
        0x5: "TOO_FAR_BEHIND", 0x6: "UNKNOWN_OBJECT_STATUS", 0x7: "EXPIRED_AUTH_TOKEN", 0x9: "EXCESSIVE_LOAD",
        0x12: "MALFORMED_TRACK",
    ]
}
