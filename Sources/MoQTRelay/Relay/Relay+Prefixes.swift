internal import MoQTCodec
internal import MoQTSession

/// Interest in namespaces and tracks that changes (draft-18 "Updating Namespace Subscriptions").
extension Relay {
    /// - Returns: whether the update was one of that kind, which then has its answer.
    func changeInterest(_ id: RequestID, _ parameters: Parameters, of peer: Peer) -> Bool {
        switch peer.requests[id] {
        case .namespaceInterest(let old):
            let new = parameters.trackNamespacePrefix ?? old
            peer.requests[id] = .namespaceInterest(new)
            change(id, from: old, to: new, parameters, of: peer)
        case .trackInterest(let old):
            let new = parameters.trackNamespacePrefix ?? old
            peer.requests[id] = .trackInterest(new)
            change(id, from: old, to: new, parameters, of: peer)
        default: return false
        }
        return true
    }

    private func change(
        _ id: RequestID, from old: TrackNamespace, to new: TrackNamespace, _ parameters: Parameters, of peer: Peer
    ) {
        let key = RequestKey(peer, id)
        let wantsNamespaces = namespaceInterests.remove(key, under: old) != nil
        let trackTerms = trackInterests.remove(key, under: old)
        if wantsNamespaces {
            // Behind the new prefix these could not be named any more.
            for namespace in publishers.namespaces(under: old, for: peer) where !namespace.hasPrefix(new) {
                peer.say { try $0.withdraw(namespace, on: id) }
            }
        }
        peer.say { try $0.acceptUpdate(id) }
        if wantsNamespaces {
            namespaceInterests.insert(peer, id, under: new, ())
            for namespace in publishers.namespaces(under: new, for: peer) { announce(namespace, to: peer, id) }
        }
        if let trackTerms {
            takeInterest(id, new, trackTerms.updatedForTracks(by: parameters), of: peer, after: (old, trackTerms))
        }
    }
}
