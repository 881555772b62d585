internal import MoQTCodec
internal import MoQTSession

/// What each request of either end is about, and how many there are of a sort.
struct PeerRequests: Sequence {
    private var all: [RequestID: PeerRequest] = [:]
    /// How many there are.
    private(set) var counts = RequestCounts()

    var values: Dictionary<RequestID, PeerRequest>.Values { all.values }

    subscript(id: RequestID) -> PeerRequest? {
        get { all[id] }
        set {
            _ = removeValue(forKey: id)
            guard let newValue else { return }
            all[id] = newValue
            counts.add(newValue, 1)
        }
    }

    /// Forgets a request, and says what it was about.
    mutating func removeValue(forKey id: RequestID) -> PeerRequest? {
        guard let request = all.removeValue(forKey: id) else { return nil }
        counts.add(request, -1)
        return request
    }

    var count: Int { all.count }
    var isEmpty: Bool { all.isEmpty }

    func makeIterator() -> Dictionary<RequestID, PeerRequest>.Iterator { all.makeIterator() }
}

/// What a request between this end and a peer is about.
enum PeerRequest {
    /// The peer receives a track from us.
    case subscription(Subscription)
    /// Its SUBSCRIBE waits for an upstream.
    case waiting(RelayTrack)
    /// It waits for a relay to be found that has the namespace.
    case sought(TrackNamespace)
    /// We receive a track from it.
    case upstream(Upstream)
    /// It fetches from us.
    case fetchReply(FetchReply)
    /// Its FETCH waits for a publisher to tell how far the track goes.
    case openingFetch(Opening)
    /// We ask it for what somebody fetches.
    case fillAsked(Fill)
    /// It wants to know how far a track is, and publishers are asked.
    case statusWanted(StatusInquiry)
    /// We ask it how far a track is.
    case statusAsked(StatusInquiry)
    /// It publishes a namespace.
    case namespace(TrackNamespace)
    /// It wants to hear of namespaces, or of tracks, under a prefix.
    case namespaceInterest(TrackNamespace)
    case trackInterest(TrackNamespace)
    /// We offered it a track by PUBLISH.
    case offer(TrackOffer)
    /// We published a namespace of clients to it.
    case advertisement(TrackNamespace)
    /// We ask it for namespaces and tracks under a prefix.
    case discovery(TrackNamespace)
}

/// A PUBLISH of ours.
struct TrackOffer {
    let track: TrackLog
    let alias: TrackAlias
    /// The terms of the subscription where the peer states none; of range filters those that the track's objects are
    /// held to.
    let terms: Parameters
    /// The subscription that it stands in for, which ends once it is accepted; nil: none.
    var replaces: RequestID?
}

extension RequestCounts {
    /// - Parameter count: 1 for a request that begins, -1 for one that has ended.
    fileprivate mutating func add(_ request: PeerRequest, _ count: Int) {
        switch request {
        case .subscription:
            subscriptions += count
            claims += count
        case .waiting, .sought, .offer: claims += count
        case .upstream: upstreams += count
        case .fetchReply, .openingFetch: fetches += count
        case .namespace: namespaces += count
        case .fillAsked, .statusWanted, .statusAsked, .namespaceInterest, .trackInterest, .advertisement, .discovery:
            break
        }
    }
}
