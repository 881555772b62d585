internal import MoQTCodec
internal import MoQTSession

/// TRACK_STATUS: from the log of a track that is received, otherwise from its publishers (draft-18 "TRACK_STATUS").
extension Relay {
    func trackStatus(_ request: TrackStatus, from peer: Peer) {
        if let track = tracks[request.track], track.isEstablished(for: peer), let log = track.log {
            return peer.answer(request, with: log)
        }
        let inquiry = StatusInquiry(peer, request.requestID)
        var asked: Set<UInt64> = []
        let upstreams = tracks[request.track]?.upstreams.map(\.peer) ?? []
        for publisher in upstreams + announcers(of: request.track.namespace)
        where peer.hears(publisher) && asked.insert(publisher.number).inserted {
            ask(publisher, for: request.track, inquiry)
        }
        peer.requests[request.requestID] = .statusWanted(inquiry)
        if inquiry.open.isEmpty { refuse(inquiry) }
    }

    private func ask(_ publisher: Peer, for track: FullTrackName, _ inquiry: StatusInquiry) {
        guard let id = try? publisher.session.trackStatus(track) else { return }
        publisher.requests[id] = .statusAsked(inquiry)
        inquiry.open[RequestKey(publisher, id)] = (publisher, id)
        publisher.flush()
    }

    /// The first publisher that knows the track answers for all.
    func statusAnswered(_ id: RequestID, _ answer: RequestOK, by publisher: Peer) {
        guard case .statusAsked(let inquiry) = publisher.requests.removeValue(forKey: id) else { return }
        inquiry.open[RequestKey(publisher, id)] = nil
        abandon(inquiry)
        inquiry.peer.requests[inquiry.request] = nil
        var parameters = Parameters()
        parameters.largestObject = answer.parameters.largestObject
        parameters.expires = answer.parameters.expires
        inquiry.peer.say {
            try $0.accept(inquiry.request, parameters: parameters, properties: answer.trackProperties)
        }
    }

    /// A publisher does not know, or is gone; the last one that does not has the last word.
    func statusRefused(_ inquiry: StatusInquiry, _ key: RequestKey, _ error: RequestError? = nil) {
        inquiry.open[key] = nil
        if inquiry.open.isEmpty { refuse(inquiry, error) }
    }

    private func refuse(_ inquiry: StatusInquiry, _ error: RequestError? = nil) {
        inquiry.peer.requests[inquiry.request] = nil
        inquiry.peer.say {
            try $0.reject(
                inquiry.request, error?.code ?? .doesNotExist, reason: error?.reason.string ?? "no such track")
        }
    }

    /// Nobody wants to know any more.
    func abandon(_ inquiry: StatusInquiry) {
        for (publisher, id) in inquiry.open.values {
            publisher.requests[id] = nil
            publisher.say { try $0.cancel(id) }
        }
        inquiry.open = [:]
    }
}

/// A TRACK_STATUS that publishers are asked for.
final class StatusInquiry {
    let peer: Peer
    let request: RequestID
    /// What they were asked, and have not answered.
    var open: [RequestKey: (publisher: Peer, request: RequestID)] = [:]

    init(_ peer: Peer, _ request: RequestID) {
        self.peer = peer
        self.request = request
    }
}
