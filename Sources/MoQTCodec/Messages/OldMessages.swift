// Messages that only some drafts have. Up to draft-16 they do what streams do from draft-17 on.

/// Lets the receiver make more requests (draft-16 "MAX_REQUEST_ID").
public struct MaxRequestID: Hashable, Sendable {
    /// The receiver's requests stay below this ID.
    public var maximum: UInt64 = 0

    /// With nothing filled in.
    public init() {}
}

/// The sender would make a request if the limit let it (draft-16 "REQUESTS_BLOCKED").
public struct RequestsBlocked: Hashable, Sendable {
    /// The limit that holds.
    public var maximum: UInt64 = 0

    /// With nothing filled in.
    public init() {}
}

/// Ends a subscription from the subscriber's side (draft-16 "UNSUBSCRIBE").
public struct Unsubscribe: Hashable, Sendable {
    /// Of the SUBSCRIBE or PUBLISH that began it.
    public var target = RequestID(rawValue: 0)

    /// With nothing filled in.
    public init() {}
}

/// Ends a FETCH from the subscriber's side (draft-16 "FETCH_CANCEL").
public struct FetchCancel: Hashable, Sendable {
    /// The request it is about.
    public var target = RequestID(rawValue: 0)

    /// With nothing filled in.
    public init() {}
}

/// Takes a PUBLISH_NAMESPACE back (draft-16 "PUBLISH_NAMESPACE_DONE").
public struct PublishNamespaceDone: Hashable, Sendable {
    /// Of the PUBLISH_NAMESPACE; nil where ``namespace`` names it, up to draft-15.
    public var target: RequestID?
    /// The namespace it named; nil from draft-16 on.
    public var namespace: TrackNamespace?

    /// With nothing filled in.
    public init() {}
}

/// Revokes the acceptance of a PUBLISH_NAMESPACE (draft-16 "PUBLISH_NAMESPACE_CANCEL").
public struct PublishNamespaceCancel: Hashable, Sendable {
    /// Of the PUBLISH_NAMESPACE; nil where ``namespace`` names it, up to draft-15.
    public var target: RequestID?
    /// The namespace it named; nil from draft-16 on.
    public var namespace: TrackNamespace?
    /// Why.
    public var code = RequestErrorCode.internalError
    /// At most 1,024 bytes.
    public var reason = WireText()

    /// With nothing filled in.
    public init() {}
}

/// Ends a SUBSCRIBE_NAMESPACE (draft-15 "UNSUBSCRIBE_NAMESPACE").
public struct UnsubscribeNamespace: Hashable, Sendable {
    /// Of the SUBSCRIBE_NAMESPACE; nil in draft-14, where ``prefix`` names it.
    public var target: RequestID?
    /// The prefix it named; nil from draft-15 on.
    public var prefix: TrackNamespace?

    /// With nothing filled in.
    public init() {}
}

/// A publisher tells how a subscription stands (drafts since 20, "PUBLISH_STATE_NOTIFY"). It gets no answer.
public struct PublishStateNotify: Hashable, Sendable {
    /// What has changed.
    public var parameters = Parameters()

    /// With nothing filled in.
    public init() {}
}
