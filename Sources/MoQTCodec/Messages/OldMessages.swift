// Messages that only some drafts have. Up to draft-16 they do what streams do from draft-17 on.

/// Lets the receiver make more requests (draft-16 "MAX_REQUEST_ID").
package struct MaxRequestID: Hashable, Sendable {
    /// The receiver's requests stay below this ID.
    package var maximum: UInt64 = 0

    package init() {}
}

/// The sender would make a request if the limit let it (draft-16 "REQUESTS_BLOCKED").
package struct RequestsBlocked: Hashable, Sendable {
    /// The limit that holds.
    package var maximum: UInt64 = 0

    package init() {}
}

/// Ends a subscription from the subscriber's side (draft-16 "UNSUBSCRIBE").
package struct Unsubscribe: Hashable, Sendable {
    /// Of the SUBSCRIBE or PUBLISH that began it.
    package var target = RequestID(rawValue: 0)

    package init() {}
}

/// Ends a FETCH from the subscriber's side (draft-16 "FETCH_CANCEL").
package struct FetchCancel: Hashable, Sendable {
    package var target = RequestID(rawValue: 0)

    package init() {}
}

/// Takes a PUBLISH_NAMESPACE back (draft-16 "PUBLISH_NAMESPACE_DONE").
package struct PublishNamespaceDone: Hashable, Sendable {
    /// Of the PUBLISH_NAMESPACE; nil where ``namespace`` names it, up to draft-15.
    package var target: RequestID?
    /// The namespace it named; nil from draft-16 on.
    package var namespace: TrackNamespace?

    package init() {}
}

/// Revokes the acceptance of a PUBLISH_NAMESPACE (draft-16 "PUBLISH_NAMESPACE_CANCEL").
package struct PublishNamespaceCancel: Hashable, Sendable {
    /// Of the PUBLISH_NAMESPACE; nil where ``namespace`` names it, up to draft-15.
    package var target: RequestID?
    /// The namespace it named; nil from draft-16 on.
    package var namespace: TrackNamespace?
    package var code = RequestErrorCode.internalError
    /// At most 1,024 bytes.
    package var reason = WireText()

    package init() {}
}

/// Ends a SUBSCRIBE_NAMESPACE (draft-15 "UNSUBSCRIBE_NAMESPACE").
package struct UnsubscribeNamespace: Hashable, Sendable {
    /// Of the SUBSCRIBE_NAMESPACE; nil in draft-14, where ``prefix`` names it.
    package var target: RequestID?
    /// The prefix it named; nil from draft-15 on.
    package var prefix: TrackNamespace?

    package init() {}
}

/// A publisher tells how a subscription stands (drafts since 20, "PUBLISH_STATE_NOTIFY"). It gets no answer.
package struct PublishStateNotify: Hashable, Sendable {
    package var parameters = Parameters()

    package init() {}
}
