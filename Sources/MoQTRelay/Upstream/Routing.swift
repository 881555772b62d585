package import MoQTCodec
internal import MoQTSession
internal import Wire

/// Looks for relays that have what nobody publishes here.
package protocol RouteFinder: AnyObject {
    /// Somebody wants something of the namespace. ``Relay/found(_:at:)`` or ``Relay/missed(_:)`` tells, at once or later,
    /// what has come of it. While it is wanted it is asked for again about once a second.
    func find(_ namespace: TrackNamespace)
}

/// What a relay knows of other relays, and requests that wait for what is being found out.
struct Routing {
    /// Nil: there are no other relays.
    weak var finder: (any RouteFinder)?
    /// Relays above this one, which are asked for everything; the last one is asked first.
    private(set) var upstreams: [Peer] = []
    /// Relays where namespaces were found.
    private var origins: [TrackNamespace: Peer] = [:]
    private var searches: [TrackNamespace: Search] = [:]
    /// Tracks that have nobody to come from, and are looked for.
    private var bereft: [TrackNamespace: Set<FullTrackName>] = [:]
    /// What clients wanted to hear of when upstreams were last asked: ``NamespaceTable/clientChanges``.
    var interestsAsked: (namespaces: Int, tracks: Int)?

    /// A namespace that is being looked for.
    struct Search {
        let since: Instant
        /// In the order in which they came.
        var held: [Held] = []
    }

    /// A request that waits for that.
    struct Held {
        let peer: Peer
        let request: RequestID
        let event: SessionEvent
    }

    var isSearching: Bool { !searches.isEmpty }

    var soughtNamespaces: Set<TrackNamespace> { Set(searches.keys).union(bereft.keys) }

    mutating func bereave(_ track: FullTrackName) { bereft[track.namespace, default: []].insert(track) }

    /// Those that are still wanted are named again.
    mutating func forgetBereft() { bereft = [:] }

    /// Tracks of the namespace for which a relay has been found, or that are not wanted any more.
    mutating func takeBereft(of namespace: TrackNamespace) -> Set<FullTrackName> {
        bereft.removeValue(forKey: namespace) ?? []
    }

    /// Whom to ask for what is of the namespace, when nobody publishes it here.
    func routes(to namespace: TrackNamespace) -> [Peer] {
        if let origin = origins[namespace] { return [origin] }
        return upstreams.last.map { [$0] } ?? []
    }

    mutating func add(_ upstream: Peer) {
        upstreams.append(upstream)
        interestsAsked = nil
    }

    /// From now on the namespace is asked for there.
    mutating func learn(_ namespace: TrackNamespace, at origin: Peer) {
        if !upstreams.contains(where: { $0 === origin }) { origins[namespace] = origin }
    }

    /// A relay does not have what it was found for: it is looked for anew.
    mutating func refused(_ namespace: TrackNamespace, by peer: Peer) {
        if origins[namespace] === peer { origins[namespace] = nil }
    }

    /// A session is over, or takes no more requests.
    mutating func forget(_ peer: Peer) {
        guard peer.kind == .relay else { return }
        upstreams.removeAll { $0 === peer }
        origins = origins.filter { $0.value !== peer }
    }

    // MARK: - Searches

    mutating func hold(_ held: Held, for namespace: TrackNamespace, _ now: Instant) {
        searches[namespace, default: Search(since: now)].held.append(held)
    }

    /// A request that waited was given up.
    mutating func drop(_ key: RequestKey, from namespace: TrackNamespace) {
        searches[namespace]?.held.removeAll { RequestKey($0.peer, $0.request) == key }
        if searches[namespace]?.held.isEmpty ?? false { searches[namespace] = nil }
    }

    /// The requests that waited for a namespace, which is looked for no more.
    mutating func end(_ namespace: TrackNamespace) -> [Held] {
        searches.removeValue(forKey: namespace)?.held ?? []
    }

    /// What is being looked for, of all that begins with `prefix`.
    func sought(under prefix: TrackNamespace) -> [TrackNamespace] {
        searches.isEmpty ? [] : searches.keys.filter { $0.hasPrefix(prefix) }
    }

    /// What has been looked for longer than `time`.
    func sought(longerThan time: Interval, _ now: Instant) -> [TrackNamespace] {
        searches.filter { now - $0.value.since > time }.map(\.key)
    }
}
