internal import MoQTCodec
internal import Wire

// Up to draft-15 who subscribed to namespaces is told of them by PUBLISH_NAMESPACE (draft-15 "SUBSCRIBE_NAMESPACE").
// The application sees none of these requests, only what they stand for.

// MARK: Told by the peer

extension Session {
    /// The SUBSCRIBE_NAMESPACE of ours that a PUBLISH_NAMESPACE of the peer answers; nil when there is none.
    func subscriptionTold(of namespace: TrackNamespace) -> RequestID? {
        guard profile.behaviours.contains(.namespacesByRequest) else { return nil }
        var step: TrackNamespace? = namespace
        while let prefix = step {
            let key = NamespaceKey(kind: .subscribeNamespace, isOurs: true, namespace: prefix)
            if let id = namespaceRequests[key] { return id }
            step = prefix.parent
        }
        return nil
    }

    mutating func announced(_ message: PublishNamespace, to subscription: RequestID) {
        let id = message.requestID
        guard requests[subscription]?.announced.count ?? 0 < configuration.namespaceLimit else {
            return refuse(id, .excessiveLoad, "too many namespaces")
        }
        guard (try? send(.requestOK(RequestOK()), on: id)) != nil else {
            return end(id, cancellingWith: .internalError)
        }
        established(id)
        guard requests[subscription]?.announced.insert(message.namespace).inserted == true else { return }
        events.append(.namespaceAnnounced(subscription, message.namespace))
    }

    /// A PUBLISH_NAMESPACE of either end, unknown to the application, was ended by the peer.
    mutating func announcementEnded(_ request: Request) {
        guard let subscription = request.announces, !request.isOurs else { return }
        guard requests[subscription]?.announced.remove(request.namespace) != nil else { return }
        events.append(.namespaceGone(subscription, request.namespace))
    }
}

// MARK: Told to the peer

extension Session {
    mutating func publishNamespace(
        _ namespace: TrackNamespace, for subscription: RequestID
    ) throws(SessionError) {
        let id = try publishNamespace(namespace)
        requests[id]?.announces = subscription
    }

    mutating func withdrawRequest(for namespace: TrackNamespace) {
        if let id = announcement(of: namespace) { end(id, cancellingWith: .cancelled) }
    }

    /// The peer's subscription to namespaces has ended: what told it of them ends, too.
    mutating func withdrawAnnouncements(of id: RequestID, _ request: Request) {
        guard request.kind == .subscribeNamespace, !request.isOurs else { return }
        for id in request.announced.compactMap({ announcement(of: $0) }).sorted() {
            end(id, cancellingWith: .cancelled)
        }
    }

    /// A PUBLISH_NAMESPACE of ours tells the peer of it.
    func isPublished(_ namespace: TrackNamespace) -> Bool { publication(of: namespace) != nil }

    private func announcement(of namespace: TrackNamespace) -> RequestID? {
        guard let id = publication(of: namespace), requests[id]?.announces != nil else { return nil }
        return id
    }

    private func publication(of namespace: TrackNamespace) -> RequestID? {
        namespaceRequests[NamespaceKey(kind: .publishNamespace, isOurs: true, namespace: namespace)]
    }
}
