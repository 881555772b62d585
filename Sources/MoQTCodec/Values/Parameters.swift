/// The Message Parameters of one message, typed; nil and empty mean absent (draft-18 "Message Parameters").
///
/// Which of them a message may carry depends on the draft, the message and the request it belongs to; the encoder
/// refuses a misplaced one and the decoder closes the session for it.
package struct Parameters: Hashable, Sendable {
    /// May be repeated.
    package var authorizationTokens: [AuthorizationToken] = []
    /// Milliseconds an object may take; 0 means no timeout.
    package var objectDeliveryTimeout: UInt64?
    /// Milliseconds a finished subgroup may take; 0 means no timeout.
    package var subgroupDeliveryTimeout: UInt64?
    /// Milliseconds to wait for a publisher; 0, the default, means not to wait.
    package var rendezvousTimeout: UInt64?
    /// Milliseconds until the subscription ends; 0 means never or unknown, as absent does.
    package var expires: UInt64?
    /// The largest Location the sender has published or received; absent when there is none.
    package var largestObject: Location?
    /// Milliseconds a relay may wait for missing objects of a fetch; 0 means only what is at hand.
    package var fillTimeout: UInt64?
    /// Whether objects are to be sent; absent means yes, in an update unchanged.
    package var forward: Bool?
    /// Lower goes first; absent means 128, in an update unchanged.
    package var subscriberPriority: UInt8?
    /// Absent means every object, in an update unchanged.
    package var filter: SubscriptionFilter?
    /// Absent means the publisher's order; for a fetch ascending.
    package var groupOrder: GroupOrder?
    /// Largest group the subscriber knows plus 1; 0 when it knows none.
    package var newGroupRequest: UInt64?
    /// The new prefix of a namespace or tracks subscription.
    package var trackNamespacePrefix: TrackNamespace?

    package init() {}

    /// Subscriber priority when the parameter is absent (draft-18 "SUBSCRIBER PRIORITY Parameter").
    package static let defaultSubscriberPriority: UInt8 = 128
}
