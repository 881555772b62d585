/// The Message Parameters of one message, typed; nil and empty mean absent (draft-18 "Message Parameters").
///
/// Which of them a message may carry depends on the draft, the message and the request it belongs to; the encoder
/// refuses a misplaced one and the decoder closes the session for it.
public struct Parameters: Hashable, Sendable {
    /// May be repeated.
    public var authorizationTokens: [AuthorizationToken] = []
    /// Milliseconds an object may take; 0 means no timeout.
    public var objectDeliveryTimeout: UInt64?
    /// Milliseconds a finished subgroup may take; 0 means no timeout.
    public var subgroupDeliveryTimeout: UInt64?
    /// Milliseconds to wait for a publisher; 0, the default, means not to wait.
    public var rendezvousTimeout: UInt64?
    /// Milliseconds until the subscription ends; 0 means never or unknown, as absent does.
    public var expires: UInt64?
    /// The largest Location the sender has published or received; absent when there is none.
    public var largestObject: Location?
    /// Milliseconds a relay may wait for missing objects of a fetch; 0 means only what is at hand.
    public var fillTimeout: UInt64?
    /// Whether objects are to be sent; absent means yes, in an update unchanged.
    public var forward: Bool?
    /// Lower goes first; absent means 128, in an update unchanged.
    public var subscriberPriority: UInt8?
    /// Absent means every object, in an update unchanged. The range of a FETCH is in its ``Fetch/Target``.
    public var locationFilter: LocationFilter?
    /// Absent means every object, in an update unchanged for each kind that is absent. In order of kind.
    public var rangeFilters: [RangeFilter] = []
    /// Why the filters or the range of a FETCH, which were read as far as they could be, must be refused with
    /// INVALID_FILTER or INVALID_RANGE though the session lives; nil when they are valid. It cannot be sent.
    public var filterRefusal: CodecError? {
        get { refusals.first }
        set { refusals = newValue.map { [$0] } ?? [] }
    }
    /// Also send past objects, on a stream of their own; absent means not to.
    public var fill: FillParameters? {
        get { fills.first }
        set { fills = newValue.map { [$0] } ?? [] }
    }
    /// Absent means the publisher's order; for a fetch ascending.
    public var groupOrder: GroupOrder?
    /// Largest group the subscriber knows plus 1; 0 when it knows none.
    public var newGroupRequest: UInt64?
    /// The new prefix of a namespace or tracks subscription.
    public var trackNamespacePrefix: TrackNamespace?
    /// Whether the answer is to carry Track Properties; absent means yes.
    public var includeProperties: Bool?
    /// Milliseconds from an object's first byte during which a cache may serve it (drafts up to 15; a Track Property
    /// since); absent means no limit.
    public var maxCacheDuration: UInt64?
    /// Priority of objects that state none, lower first (draft-15; a Track Property since); absent means 128.
    public var publisherPriority: UInt8?
    /// Subscribers may ask for a new group (draft-15; a Track Property since); absent means no.
    public var dynamicGroups: Bool?
    /// Parameters that the draft says to ignore: unknown ones, and known ones in the wrong message.
    public var unknown: [KeyValue] = []
    /// As received, where drafts let parameters come in any order.
    package var order = WireOrder()

    // What is large and rare lies apart, so that messages are small.
    private var refusals: [CodecError] = []
    private var fills: [FillParameters] = []

    /// None.
    public init() {}

    /// Subscriber priority when the parameter is absent (draft-18 "SUBSCRIBER PRIORITY Parameter").
    public static let defaultSubscriberPriority: UInt8 = 128
}

extension Parameters {
    /// Ranges in all Range Filters, those of the fill included; what MAX_FILTER_RANGES limits.
    package var filterRangeCount: Int { rangeFilters.rangeCount + (fill?.rangeFilters.rangeCount ?? 0) }

    /// The kinds of which there are any.
    var kinds: ParameterKinds {
        var kinds = ParameterKinds()
        func insert(_ kind: ParameterKind, _ isPresent: Bool) {
            if isPresent { kinds.formUnion(ParameterKinds(kind)) }
        }
        insert(.authorizationToken, !authorizationTokens.isEmpty)
        insert(.objectDeliveryTimeout, objectDeliveryTimeout != nil)
        insert(.subgroupDeliveryTimeout, subgroupDeliveryTimeout != nil)
        insert(.rendezvousTimeout, rendezvousTimeout != nil)
        insert(.expires, expires != nil)
        insert(.largestObject, largestObject != nil)
        insert(.fillTimeout, fillTimeout != nil)
        insert(.forward, forward != nil)
        insert(.subscriberPriority, subscriberPriority != nil)
        insert(.locationFilter, locationFilter != nil)
        insert(.groupOrder, groupOrder != nil)
        insert(.fill, !fills.isEmpty)
        insert(.newGroupRequest, newGroupRequest != nil)
        insert(.trackNamespacePrefix, trackNamespacePrefix != nil)
        insert(.includeProperties, includeProperties != nil)
        insert(.maxCacheDuration, maxCacheDuration != nil)
        insert(.publisherPriority, publisherPriority != nil)
        insert(.dynamicGroups, dynamicGroups != nil)
        for filter in rangeFilters { insert(filter.kind.parameter, true) }
        return kinds
    }

    /// How many parameters of `kind` there are.
    func count(of kind: ParameterKind) -> Int {
        if kind == .authorizationToken { return authorizationTokens.count }
        let filters = rangeFilters.count { $0.kind.parameter == kind }
        return filters > 0 || !kinds.contains(kind) ? filters : 1
    }
}
