internal import MoQTCodec
internal import MoQTSession

/// Something to do once other loops have acted on what they were told before.
struct HeldAction {
    /// The ``Peer/number`` of each loop that has not said so.
    var waitsFor: Set<UInt64>
    let action: () -> Void
}

/// No object of a track is asked for before every loop has heard of its publisher: whoever waits for the track, on
/// whatever loop, then gets it from its first object on.
extension Relay {
    /// Does something at once, or, if that is about a client, when other loops have acted on what they were told.
    func afterSiblings(_ peer: Peer, _ action: @escaping () -> Void) {
        let loops = siblings.filter { $0.kind == .loop }
        guard !loops.isEmpty, peer.kind == .client else { return action() }
        held.append(HeldAction(waitsFor: Set(loops.map(\.number)), action: action))
        for loop in loops { loop.ping?() }
    }

    /// Another loop has acted on what it was told when ``Peer/ping`` was called first of those not answered.
    func hasCaughtUp(_ sibling: Peer) {
        var isFound = false
        settleHeld { action in
            if !isFound { isFound = action.waitsFor.remove(sibling.number) != nil }
        }
    }

    /// Does what waits for nobody any more.
    func settleHeld(_ change: (inout HeldAction) -> Void) {
        for index in held.indices { change(&held[index]) }
        let ready = held.filter(\.waitsFor.isEmpty)
        held.removeAll(where: \.waitsFor.isEmpty)
        for entry in ready { entry.action() }
    }

    /// Somebody publishes a namespace: he is asked for its tracks when all loops know of it.
    func introduce(_ namespace: TrackNamespace, of peer: Peer) {
        let number = peer.number
        introducing[number, default: []].append(namespace)
        afterSiblings(peer) { [weak self, weak peer] in
            guard let self else { return }
            if let index = introducing[number]?.firstIndex(of: namespace) { introducing[number]?.remove(at: index) }
            if introducing[number]?.isEmpty ?? false { introducing[number] = nil }
            if let peer { askForWanted(under: namespace, of: peer) }
        }
    }

    /// draft-18 "Publisher Interactions": live and waiting subscriptions go to the new publisher too.
    private func askForWanted(under namespace: TrackNamespace, of peer: Peer) {
        for track in tracks.values where track.name.namespace.hasPrefix(namespace) && track.isWanted(from: peer) {
            guard announcers(of: track.name.namespace).contains(where: { $0 === peer }) else { continue }
            subscribe(track, to: peer, newGroup: track.newGroupWanted)
        }
    }

    /// Other loops are being told that the peer publishes the track's namespace.
    func isIntroducing(_ peer: Peer, _ track: RelayTrack) -> Bool {
        introducing[peer.number]?.contains { track.name.namespace.hasPrefix($0) } ?? false
    }

    /// Somebody publishes the track, or will be asked whether he does, from whom `reader` may have it.
    func mayHave(_ track: RelayTrack, for reader: Peer) -> Bool {
        if track.hasUpstream(for: reader) { return true }
        return !introducing.isEmpty
            && announcers(of: track.name.namespace).contains { isIntroducing($0, track) && reader.hears($0) }
    }
}
