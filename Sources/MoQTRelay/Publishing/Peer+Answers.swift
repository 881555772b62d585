package import MoQTCodec
internal import MoQTSession
package import Wire

/// Answers to a peer that wants a track whose log is here.
extension Peer {
    /// SUBSCRIBE: accepted, with the largest location when there is one (draft-18 "SUBSCRIBE_OK").
    func answer(_ request: Subscribe, with track: TrackLog) {
        subscribe(request, to: track)?.start()
        flush()
    }

    /// The same, without its fill, which is the caller's to start; nil: there is none.
    /// - Parameter group: whose objects are wanted, too, and all behind it, as far as they are here; nil: those that the
    ///   request names.
    func subscribe(_ request: Subscribe, to track: TrackLog, since group: UInt64? = nil) -> FetchReply? {
        var parameters = Parameters()
        parameters.largestObject = track.largest
        parameters.expires = expires(track, request.requestID)
        guard var range = range(of: request.parameters.locationFilter, in: track) else {
            say {
                try $0.reject(request.requestID, .invalidRange, reason: "the whole range has already been published")
            }
            return nil
        }
        if let group { range.start = min(range.start, Location(group: group, object: 0)) }
        do throws(SessionError) {
            let alias = try session.acceptSubscribe(
                request.requestID, parameters: parameters, properties: track.properties)
            attach(request.requestID, alias, track, range, request.parameters)
            flush()
        } catch {
            refuse(request.requestID, error)
            return nil
        }
        guard let asked = request.parameters.fill, let subscription = subscription(request.requestID) else {
            return nil
        }
        return fill(subscription, request.requestID, asked, request.parameters.locationFilter)
    }

    /// The peer's draft has no words for an answer, or there is nobody to answer any more.
    func refuse(_ id: RequestID, _ error: SessionError) {
        guard case .invalid(let why) = error else { return }
        downlink.refuse(why)
        say { try $0.reject(id, .notSupported, reason: why) }
    }

    /// The peer accepted our PUBLISH.
    /// - Returns: the terms of the subscription.
    @discardableResult
    func attach(_ offer: TrackOffer, _ id: RequestID, _ parameters: Parameters) -> Parameters {
        let refusal = session.refusalOfUpdate(parameters, of: offer.terms.rangeFilters)
        var terms = parameters.completed(by: offer.terms)
        if refusal != nil { terms.rangeFilters = [] }
        let range = range(of: terms.locationFilter, in: offer.track) ?? openRange(in: offer.track)
        attach(id, offer.alias, offer.track, range, terms)
        subscription(id)?.offer = offer
        // There is no other way to refuse an answer.
        if let refusal { subscription(id)?.end(.updateFailed, refusal.reason) }
        return terms
    }

    /// Begins to serve a subscription.
    func attach(
        _ id: RequestID, _ alias: TrackAlias, _ track: TrackLog, _ range: (start: Location, end: RangeEnd?),
        _ parameters: Parameters
    ) {
        let subscription = Subscription(
            requestID: id, alias: alias, track: track, range: range,
            terms: SubscriptionTerms(parameters, preferred: track.properties.defaultPublisherGroupOrder ?? .ascending),
            downlink: downlink)
        requests[id] = .subscription(subscription)
        track.add(subscription)
    }

    /// Where a filter starts and ends; nil when all of it is in the past.
    ///
    /// A start in the past reaches back to the beginning of the group in progress and no further: older objects are
    /// had by FETCH (draft-18 "Joining an Ongoing Track"). Where there are fill streams, it brings only what is new.
    func range(of filter: LocationFilter?, in track: TrackLog) -> (start: Location, end: RangeEnd?)? {
        if downlink.profile.behaviours.contains(.fillStreams) { return newRange(of: filter, in: track) }
        guard let filter else { return openRange(in: track) }
        if let end = filter.end?.group, let largest = track.largest, end < largest.group { return nil }
        return (max(filter.start(largest: track.largest), openRange(in: track).start), filter.end)
    }

    /// draft-22 "Location Filters": no range is refused, and what was published before is not sent.
    private func newRange(of filter: LocationFilter?, in track: TrackLog) -> (start: Location, end: RangeEnd?) {
        let next = LocationFilter.nextObject.start(largest: track.largest)
        return (max(filter?.start(largest: track.largest) ?? next, next), filter?.end)
    }

    /// What passes without a filter.
    func openRange(in track: TrackLog) -> (start: Location, end: RangeEnd?) {
        (Location(group: track.largest?.group ?? 0, object: 0), nil)
    }

    /// TRACK_STATUS (draft-18 "TRACK_STATUS").
    package func answer(_ request: TrackStatus, with track: TrackLog) {
        var parameters = Parameters()
        parameters.largestObject = track.largest
        do throws(SessionError) {
            try session.accept(request.requestID, parameters: parameters, properties: track.properties)
            flush()
        } catch {
            refuse(request.requestID, error)
        }
    }

    /// REQUEST_UPDATE of a subscription that we serve.
    package func update(_ subscription: Subscription, _ id: RequestID, _ parameters: Parameters) {
        change(subscription, id, parameters)?.start()
        flush()
    }

    /// The same, without its fill, which is the caller's to start; nil: there is none.
    func change(_ subscription: Subscription, _ id: RequestID, _ parameters: Parameters) -> FetchReply? {
        if let refusal = session.refusalOfUpdate(parameters, of: subscription.rangeFilters) {
            say { try $0.rejectUpdate(id, refusal.code, reason: refusal.reason) }
            subscription.end(.updateFailed, refusal.reason)
            return nil
        }
        var answer = Parameters()
        answer.largestObject = subscription.track.largest
        if downlink.profile.carries(.expires, in: .updateOK) { answer.expires = expires(subscription.track, id) }
        var range: (start: Location, end: RangeEnd?)?
        if let filter = parameters.locationFilter {
            range = self.range(of: filter, in: subscription.track)
            guard range != nil else {
                say { try $0.rejectUpdate(id, .invalidRange, reason: "the whole range has already been published") }
                subscription.end(.updateFailed, "the update asked for what is past")
                return nil
            }
        }
        subscription.update(parameters, range: range)
        guard let update = try? session.acceptUpdate(id, parameters: answer), let asked = parameters.fill else {
            return nil
        }
        return fill(subscription, update, asked, subscription.filter)
    }
}

extension SubscriptionTerms {
    /// - Parameter preferred: the publisher's group order, for a subscriber that states none.
    init(_ parameters: Parameters, preferred: GroupOrder) {
        self.init(
            priority: parameters.subscriberPriority ?? Parameters.defaultSubscriberPriority,
            groupOrder: parameters.groupOrder ?? preferred, forwards: parameters.forward ?? true,
            objectTimeout: Interval(timeout: parameters.objectDeliveryTimeout),
            subgroupTimeout: Interval(timeout: parameters.subgroupDeliveryTimeout), filter: parameters.locationFilter,
            rangeFilters: parameters.rangeFilters)
    }
}

extension Interval {
    /// A delivery timeout in milliseconds; 0 and absent mean none (draft-18 "OBJECT_DELIVERY_TIMEOUT Parameter").
    package init?(timeout: UInt64?) {
        guard let timeout, timeout > 0 else { return nil }
        self = .milliseconds(timeout)
    }

    /// The smaller of two timeouts; nil is none.
    static func smaller(_ a: Interval?, _ b: Interval?) -> Interval? {
        guard let a, let b else { return a ?? b }
        return min(a, b)
    }
}

extension Delivery {
    /// What a track's properties say: a delivery timeout makes it live.
    ///
    /// - Parameter fallback: object delivery timeout for tracks that state none; nil: such tracks are lossless.
    package init(_ properties: Properties, fallback: Interval? = nil) {
        let object = Interval(timeout: properties.objectDeliveryTimeout)
        let subgroup = Interval(timeout: properties.subgroupDeliveryTimeout)
        if object != nil || subgroup != nil {
            self = .live(object: object, subgroup: subgroup)
        } else if let fallback {
            self = .live(object: fallback, subgroup: nil)
        } else {
            self = .lossless
        }
    }
}

extension Parameters {
    /// Terms of a subscription that came of SUBSCRIBE_TRACKS: what PUBLISH_OK does not state is as it was stated there
    /// (draft-19 "Parameters on SUBSCRIBE_TRACKS"). FORWARD was told by PUBLISH.
    fileprivate func completed(by interest: Parameters) -> Parameters {
        var result = self
        result.subscriberPriority = subscriberPriority ?? interest.subscriberPriority
        result.groupOrder = groupOrder ?? interest.groupOrder
        result.objectDeliveryTimeout = objectDeliveryTimeout ?? interest.objectDeliveryTimeout
        result.subgroupDeliveryTimeout = subgroupDeliveryTimeout ?? interest.subgroupDeliveryTimeout
        result.locationFilter = locationFilter ?? interest.locationFilter
        result.rangeFilters = interest.rangeFilters.updated(by: rangeFilters)
        result.newGroupRequest = newGroupRequest ?? interest.newGroupRequest
        return result
    }
}
