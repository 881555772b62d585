internal import MoQTCodec
internal import MoQTSession

/// The other loops of the same relay, each a relay of its own for the clients whose connections it has.
///
/// They are peers of each other (``Pipe``) and ask each other for everything. What a loop hears from another it tells
/// its clients and never a third (``Peer/hears(_:)``): so every loop knows of everything once, and nothing goes round.
extension Relay {
    /// Asks another loop for all namespaces and all tracks, to be told of; objects are asked for when somebody wants
    /// them.
    func discover(_ sibling: Peer) {
        var terms = Parameters()
        terms.forward = false
        sibling.say { session in
            _ = try session.subscribeNamespace(TrackNamespace())
            _ = try session.subscribeTracks(TrackNamespace(), terms)
        }
    }

    /// Another loop is gone, and what it told of with it.
    func lose(_ sibling: Peer) {
        siblings.removeAll { $0 === sibling }
        settleHeld { $0.waitsFor.remove(sibling.number) }
        for (namespace, key) in publishers.entries(of: sibling) { withdraw(namespace, key, of: sibling) }
    }

    /// Nobody of its kind waits for the track or reads it, so that publishers may not have been asked on its behalf.
    func isFirst(_ reader: Peer, of track: RelayTrack) -> Bool {
        guard !siblings.isEmpty else { return false }
        return !track.waiting.values.contains { $0.peer.isSibling == reader.isSibling }
            && !(track.log?.subscriptions.contains { $0.downlink.isSibling == reader.isSibling } ?? false)
    }

    /// Whether a publisher that sends nothing is to send.
    func isToResume(_ upstream: Upstream) -> Bool {
        let track = upstream.track
        guard upstream.peer.kind == .loop else {
            let readers = track.log?.subscriptions ?? []
            return upstream.isEstablished && readers.contains { $0.forwards && $0.downlink.hears(upstream.peer) }
        }
        // It may have been asked by SUBSCRIBE before it came with PUBLISH.
        return track.isWanted(from: upstream.peer)
            && !track.upstreams.contains { $0 !== upstream && $0.peer === upstream.peer }
    }

    /// A client that had accepted to publish has left. With the last of them the track is over for other loops, unless
    /// another client was asked and has not answered.
    func leftOwn(_ track: RelayTrack, _ parting: RelayTrack.Parting) {
        guard !track.upstreams.contains(where: { $0.isEstablished && !$0.peer.isSibling }) else { return }
        track.ownParting = track.ending.map { .done($0) } ?? parting
        partOwn(track)
    }

    /// Tells other loops that no client publishes the track any more, if so.
    func partOwn(_ track: RelayTrack) {
        guard !track.upstreams.contains(where: { !$0.peer.isSibling }), let parting = track.ownParting.take() else {
            return
        }
        track.log?.endForSiblings(parting.code, reason: parting.reason)
    }

    /// Whom to ask for what of a track is not here, those who are sure to have it first.
    func sources(of name: FullTrackName, for reader: Peer) -> [Peer] {
        let upstreams = tracks[name]?.upstreams ?? []
        var sources = upstreams.filter { $0.isEstablished }.map(\.peer)
        sources += upstreams.filter { $0.wasPublished && !$0.isEstablished }.map(\.peer)
        sources += announcers(of: name.namespace)
        // What is left of a track whose publisher is gone.
        if tracks[name]?.log?.largest == nil { sources += siblings.filter { $0.kind == .loop } }
        var seen: Set<UInt64> = [reader.number]
        return sources.filter { reader.hears($0) && seen.insert($0.number).inserted }
    }
}
