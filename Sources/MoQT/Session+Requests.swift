public import MoQTCodec

extension Session {
    /// SUBSCRIBE; returns when the publisher has accepted it (draft-18 "SUBSCRIBE").
    ///
    /// - Parameters:
    ///   - start: the subscription may reach back to what a relay or the publisher still has.
    ///   - priority: subscriber priority, 0 first, against other subscriptions and fetches of the session.
    ///   - filters: what objects are wanted; empty: all. The draft and the peer must take them (draft-22 "Range Filters").
    ///   - wait: how long the peer may wait for a publisher before it refuses; where the draft cannot say it, the peer
    ///     does not wait (draft-18 "RENDEZVOUS_TIMEOUT Parameter").
    /// - Throws: as every request does, see ``Session``.
    public func subscribe(
        to track: FullTrackName, from start: SubscriptionStart = .nextObject, priority: UInt8 = 128,
        filters: [RangeFilter] = [], wait: Duration = .zero
    ) async throws(MoQTError) -> Subscription {
        var parameters = Parameters()
        parameters.locationFilter = start.filter
        parameters.rangeFilters = filters
        if priority != Parameters.defaultSubscriberPriority { parameters.subscriberPriority = priority }
        let profile = Profile.named(draft)
        if wait > .zero, profile?.carries(.rendezvousTimeout, in: .subscribe) ?? false {
            parameters.rendezvousTimeout = wait.wholeMilliseconds
        }
        let asked = parameters, ticket = core.takeTicket(), feed = Feed<FetchItem>()
        let answer: SubscribeOK = try await core.ask(ticket) {
            $0.subscribe(track, asked, start.join, ticket, feed, $1)
        }
        return Subscription(self, answer, feed, ticket)
    }

    /// FETCH of what is past; returns when the peer has accepted it (draft-18 "FETCH").
    ///
    /// - Parameters:
    ///   - end: the last object wanted, or the last group, whole.
    ///   - order: of the groups.
    ///   - priority: subscriber priority, 0 first.
    ///   - filters: what objects are wanted, as of ``subscribe(to:from:priority:filters:wait:)``.
    /// - Throws: as every request does, see ``Session``.
    public func fetch(
        _ track: FullTrackName, from start: Location = .zero, to end: RangeEnd, order: GroupOrder = .ascending,
        priority: UInt8 = 128, filters: [RangeFilter] = []
    ) async throws(MoQTError) -> TrackFetch {
        var parameters = Parameters()
        parameters.groupOrder = order
        parameters.rangeFilters = filters
        if priority != Parameters.defaultSubscriberPriority { parameters.subscriberPriority = priority }
        let asked = parameters, ticket = core.takeTicket(), feed = Feed<FetchItem>()
        let target = Fetch.Target.standalone(track: track, start: start, end: end)
        let answer: FetchOK = try await core.ask(ticket) { $0.fetch(target, asked, ticket, feed, $1) }
        return TrackFetch(self, answer, feed, ticket)
    }

    /// TRACK_STATUS: how far a track is, without subscribing to it (draft-18 "TRACK_STATUS").
    ///
    /// - Returns: its largest object, nil when nothing was published, and its properties.
    /// - Throws: as every request does, see ``Session``.
    public func status(
        of track: FullTrackName
    ) async throws(MoQTError) -> (largest: Location?, properties: Properties) {
        let ticket = core.takeTicket()
        let answer: RequestOK = try await core.ask(ticket) { $0.status(of: track, ticket, $1) }
        return (answer.parameters.largestObject, answer.trackProperties)
    }

    /// PUBLISH_NAMESPACE: tells the peer to ask here for tracks in a namespace (draft-18 "PUBLISH_NAMESPACE").
    ///
    /// - Throws: as every request does, see ``Session``.
    public func announce(_ namespace: TrackNamespace) async throws(MoQTError) -> Announcement {
        let ticket = core.takeTicket(), given = Latch<MoQTError>()
        let _: Void = try await core.ask(ticket) { $0.announce(namespace, ticket, given, $1) }
        return Announcement(self, namespace, given, ticket)
    }

    /// SUBSCRIBE_NAMESPACE: asks the peer to tell of namespaces that begin with `prefix`
    /// (draft-18 "SUBSCRIBE_NAMESPACE").
    ///
    /// - Throws: as every request does, see ``Session``.
    public func namespaces(under prefix: TrackNamespace) async throws(MoQTError) -> NamespaceWatch {
        let ticket = core.takeTicket(), feed = Feed<NamespaceChange>()
        let _: Void = try await core.ask(ticket) { $0.watch(prefix, ticket, feed, $1) }
        return NamespaceWatch(self, prefix, feed, ticket)
    }

    /// Begins to publish a track: offers it by PUBLISH, unless the options say otherwise, and answers those who ask for
    /// it (draft-18 "PUBLISH").
    ///
    /// - Throws: as every request does, see ``Session``; scope `call` also when this session publishes the track already.
    public func publish(
        _ track: FullTrackName, _ options: PublishOptions = PublishOptions()
    ) async throws(MoQTError) -> TrackPublisher {
        let ticket = core.takeTicket(), ends = PublisherEnds(window: SendWindow(size: options.window))
        let _: Void = try await core.ask(ticket) { $0.publish(track, options, ticket, ends, $1) }
        return TrackPublisher(self, track, ends, ticket)
    }
}
