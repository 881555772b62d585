internal import MoQTCodec
internal import MoQTSession

/// A relay above this one: it is told of everything that clients publish here, and asked for everything else.
extension Relay {
    /// The session with a relay above this one is ready. It takes over from those before it.
    package func join(_ upstream: Peer) {
        let before = routing.upstreams
        routing.add(upstream)
        advertise(to: upstream)
        for old in before { move(from: old, to: upstream) }
        askUpstreams()
        for namespace in soughtNamespaces { found(namespace, at: upstream) }
    }

    // MARK: - What it is told

    /// As if it had asked for all namespaces and tracks.
    private func advertise(to upstream: Peer) {
        upstream.requests[.unasked] = .namespaceInterest(TrackNamespace())
        namespaceInterests.insert(upstream, .unasked, under: TrackNamespace(), ())
        for namespace in publishers.namespaces(under: TrackNamespace(), for: upstream) {
            announce(namespace, to: upstream, .unasked)
        }
        var terms = Parameters()
        terms.forward = false
        takeInterest(.unasked, TrackNamespace(), terms, of: upstream)
    }

    // MARK: - What it is asked for

    /// Subscriptions to one relay go on at another; the old ones stay until their session ends. So does what is fetched.
    private func move(from old: Peer, to new: Peer) {
        for case .fillAsked(let fill) in old.requests.values { move(fill, to: new) }
        for case .upstream(let upstream) in old.requests.values where !upstream.wasPublished {
            subscribe(upstream.track, to: new, newGroup: nil)
        }
    }

    /// Asks the relays above for the namespaces and tracks that clients want to hear of, if that has changed.
    func askUpstreams() {
        guard !routing.upstreams.isEmpty else { return }
        let changes = (namespaces: namespaceInterests.clientChanges, tracks: trackInterests.clientChanges)
        if let asked = routing.interestsAsked, asked == changes { return }
        routing.interestsAsked = changes
        let prefixes = Self.shortest(namespaceInterests.clientNamespaces + trackInterests.clientNamespaces)
        for upstream in routing.upstreams { ask(upstream, for: prefixes) }
    }

    /// Those that none of the others is a prefix of: a session may not ask for prefixes that overlap (draft-18
    /// "SUBSCRIBE_NAMESPACE").
    private static func shortest(_ prefixes: [TrackNamespace]) -> Set<TrackNamespace> {
        let all = Set(prefixes)
        return all.filter { prefix in
            var step = prefix.parent
            while let shorter = step {
                if all.contains(shorter) { return false }
                step = shorter.parent
            }
            return true
        }
    }

    private func ask(_ upstream: Peer, for prefixes: Set<TrackNamespace>) {
        let left = upstream.outlook.asked.filter { !prefixes.contains($0.key) }
        for (prefix, requests) in left {
            upstream.outlook.asked[prefix] = nil
            for request in requests { upstream.say { try $0.cancel(request) } }
        }
        for prefix in prefixes where upstream.outlook.asked[prefix] == nil { ask(upstream, for: prefix, after: left) }
        for requests in left.values {
            for request in requests { upstream.requests[request] = nil }
            forgetTold(by: upstream) { requests.contains($0) }
        }
    }

    /// - Parameter left: what is not asked for any more, with the requests; what these told stays where the prefix has it.
    private func ask(_ upstream: Peer, for prefix: TrackNamespace, after left: [TrackNamespace: [RequestID]]) {
        var terms = Parameters()
        terms.forward = false
        // Some drafts cannot ask for tracks without their objects.
        let requests =
            (try? upstream.session.subscribeNamespaceAndTracks(prefix, terms))
            ?? (try? upstream.session.subscribeNamespaceAndTracks(prefix)) ?? []
        upstream.outlook.asked[prefix] = requests
        for request in requests { upstream.requests[request] = .discovery(prefix) }
        if let request = requests.first, left.keys.contains(where: { $0.hasPrefix(prefix) }) {
            for (namespace, _) in publishers.entries(of: upstream) where namespace.hasPrefix(prefix) {
                publishers.insert(upstream, request, under: namespace, nil)
            }
        }
        upstream.flush()
    }

    /// The relay above has refused to tell of a prefix, or tells no more.
    func endDiscovery(_ id: RequestID, of prefix: TrackNamespace, by upstream: Peer) {
        upstream.outlook.asked[prefix]?.removeAll { $0 == id }
        forgetTold(by: upstream) { $0 == id }
    }

    private func forgetTold(by upstream: Peer, where isOver: (RequestID) -> Bool) {
        for (namespace, key) in publishers.entries(of: upstream) where isOver(key.request) {
            withdraw(namespace, key, of: upstream)
        }
    }
}

/// What a relay above this one was told of, and asked for.
struct Outlook {
    /// Namespaces that it was told of by PUBLISH_NAMESPACE.
    var advertised: [TrackNamespace: RequestID] = [:]
    /// Prefixes that it is asked for; without a request where its draft has no words for that.
    var asked: [TrackNamespace: [RequestID]] = [:]
}

extension RequestID {
    /// In place of a request that a relay above this one has not made.
    static let unasked = RequestID(rawValue: .max)
}

extension Peer {
    /// Tells it of a namespace: by NAMESPACE, or by PUBLISH_NAMESPACE when it has not asked.
    func tell(of namespace: TrackNamespace, on interest: RequestID) {
        guard interest == .unasked else { return say { try $0.announce(namespace, on: interest) } }
        guard outlook.advertised[namespace] == nil, let id = try? session.publishNamespace(namespace) else { return }
        outlook.advertised[namespace] = id
        requests[id] = .advertisement(namespace)
        flush()
    }

    func untell(of namespace: TrackNamespace, on interest: RequestID) {
        guard interest == .unasked else { return say { try $0.withdraw(namespace, on: interest) } }
        guard let id = outlook.advertised.removeValue(forKey: namespace) else { return }
        requests[id] = nil
        say { try $0.cancel(id) }
    }
}
