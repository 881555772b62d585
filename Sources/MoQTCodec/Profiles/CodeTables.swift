/// The codes of a draft.
public struct CodeTables: Sendable {
    /// draft-18 "Session Termination Error Codes".
    public var session: CodeTable<SessionCode>
    /// Codes of REQUEST_ERROR and the messages before it.
    public var request: CodeTable<RequestErrorCode>
    /// Codes for requests of one kind, in place of ``request`` (draft-14 "SUBSCRIBE_ERROR" and others).
    public var requestByKind: [RequestKind: CodeTable<RequestErrorCode>] = [:]
    /// draft-18 "PUBLISH_DONE Codes".
    public var publishDone: CodeTable<PublishDoneCode>
    /// draft-18 "Stream Reset Error Codes".
    public var streamReset: CodeTable<StreamResetCode>

    /// Codes with which a request of this kind is refused. - Parameter kind: nil when it is unknown.
    public func request(_ kind: RequestKind?) -> CodeTable<RequestErrorCode> {
        kind.flatMap { requestByKind[$0] } ?? request
    }
}

extension CodeTables {
    /// draft-14 "Error Codes".
    package static let draft14: CodeTables = {
        var tables = CodeTables(
            session: session14, request: CodeTable(anyRequest14), publishDone: publishDone14, streamReset: reset14)
        let tokens: [RequestErrorCode: UInt64] = [.malformedAuthToken: 0x10, .expiredAuthToken: 0x12]
        let names: [RequestErrorCode: String] = [.doesNotExist: "TRACK_DOES_NOT_EXIST"]
        let subscribe = CodeTable(
            anyRequest14, moved: tokens.merging([.doesNotExist: 4, .invalidRange: 5]) { $1 }, renamed: names)
        tables.requestByKind[.subscribe] = subscribe
        tables.requestByKind[.trackStatus] = subscribe
        tables.requestByKind[.fetch] = CodeTable(
            anyRequest14,
            moved: tokens.merging([
                .doesNotExist: 4, .invalidRange: 5, .noObjects: 6, .invalidJoiningRequestID: 7,
                .unknownStatusInRange: 8, .malformedTrack: 9,
            ]) { $1 }, renamed: names)
        tables.requestByKind[.publish] = CodeTable(anyRequest14, moved: [.uninterested: 4])
        tables.requestByKind[.publishNamespace] = CodeTable(
            anyRequest14, moved: tokens.merging([.uninterested: 4]) { $1 })
        tables.requestByKind[.subscribeNamespace] = CodeTable(
            anyRequest14, moved: tokens.merging([.doesNotExist: 4, .prefixOverlap: 5]) { $1 },
            renamed: [.doesNotExist: "NAMESPACE_PREFIX_UNKNOWN", .prefixOverlap: "NAMESPACE_PREFIX_OVERLAP"])
        return tables
    }()

    /// draft-15 "Error Codes".
    package static let draft15 = CodeTables(
        session: session14, request: CodeTable(request15, moved: [.unknownStatusInRange: 0x33]),
        publishDone: publishDone14.adding([.updateFailed]), streamReset: reset14)

    /// draft-16 "Error Codes".
    package static let draft16 = CodeTables(
        session: session14, request: CodeTable(request15 + [.duplicateSubscription]),
        publishDone: CodeTable(publishDone16, moved: [.expired: 5, .tooFarBehind: 6]),
        streamReset: CodeTable(reset14Codes + [.malformedTrack], moved: [.unknownObjectStatus: 4]))

    /// draft-17 "Error Codes".
    package static let draft17 = CodeTables(
        session: CodeTable(sessionCodes, moved: [.invalidRequiredRequestID: 7]), request: CodeTable(request17),
        publishDone: CodeTable(publishDone16 + [.excessiveLoad], moved: [.expired: 5, .tooFarBehind: 6]),
        streamReset: CodeTable(
            reset14Codes + [.tooFarBehind, .excessiveLoad, .malformedTrack], moved: [.unknownObjectStatus: 4]))

    /// draft-18 "Error Codes".
    package static let draft18 = CodeTables(
        session: CodeTable(sessionCodes), request: CodeTable(request17 + [.unsupportedExtension, .redirect]),
        publishDone: CodeTable(publishDone16 + [.tooFarBehind, .expired, .excessiveLoad]),
        streamReset: CodeTable(
            reset14Codes + [
                .goingAway, .tooFarBehind, .unknownObjectStatus, .expiredAuthToken, .excessiveLoad, .malformedTrack,
            ]))

    private static let sessionCodes: [SessionCode] = [
        .noError, .internalError, .unauthorized, .protocolViolation, .invalidRequestID, .duplicateTrackAlias,
        .keyValueFormattingError, .invalidPath, .malformedPath, .goAwayTimeout, .controlMessageTimeout,
        .dataStreamTimeout, .authTokenCacheOverflow, .duplicateAuthTokenAlias, .versionNegotiationFailed,
        .malformedAuthToken, .unknownAuthTokenAlias, .expiredAuthToken, .invalidAuthority, .malformedAuthority,
    ]
    private static let session14 = CodeTable(sessionCodes, moved: [.tooManyRequests: 7])

    private static let anyRequest14: [RequestErrorCode] = [.internalError, .unauthorized, .timeout, .notSupported]
    private static let request15: [RequestErrorCode] =
        anyRequest14 + [
            .malformedAuthToken, .expiredAuthToken, .doesNotExist, .invalidRange, .malformedTrack, .uninterested,
            .prefixOverlap, .invalidJoiningRequestID,
        ]
    private static let request17: [RequestErrorCode] =
        request15 + [.duplicateSubscription, .goingAway, .excessiveLoad, .namespaceTooLarge]

    private static let publishDoneCodes: [PublishDoneCode] = [
        .internalError, .unauthorized, .trackEnded, .subscriptionEnded, .goingAway,
    ]
    private static let publishDone14 = CodeTable(
        publishDoneCodes, moved: [.expired: 5, .tooFarBehind: 6, .malformedTrack: 7])
    private static let publishDone16 = publishDoneCodes + [.updateFailed, .malformedTrack]

    private static let reset14Codes: [StreamResetCode] = [.internalError, .cancelled, .deliveryTimeout, .sessionClosed]
    private static let reset14 = CodeTable(reset14Codes)
}
