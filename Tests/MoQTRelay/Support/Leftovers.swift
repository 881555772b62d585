@testable import MoQTRelay
@testable import MoQTSession
import MoQTCodec
import Wire

extension World {
    /// What is still held when everybody has what they asked for, and nobody asks for anything any more: nothing should be.
    var leftovers: [String] {
        var left: [String] = []
        for link in links { for side in [link.near, link.far] { left += side.leftovers(of: link) } }
        for relay in loops.relays {
            if !relay.tracks.isEmpty { left.append("the relay keeps a track") }
            if relay.cache.used != 0 { left.append("the relay keeps \(relay.cache.used) bytes") }
            if !relay.publishers.isEmpty { left.append("a namespace is kept") }
        }
        for pipe in loops.pipes { left += pipe.leftovers }
        return left
    }
}

extension Pipe {
    fileprivate var leftovers: [String] {
        var left = peer.session.leftovers(but: 4) + peer.leftovers
        if isDirty { left.append("there is something to flush") }
        if unreadCount > 0 { left.append("\(unreadCount) streams are not read") }
        if let due = deadline { left.append("a timer is set: \(due)") }
        for request in peer.requests.values {
            switch request {
            case .namespaceInterest, .trackInterest: break
            default: left.append("the peer has a request left: \(request)")
            }
        }
        return left.map { "pipe \(peer.number): \($0)" }
    }
}

extension Peer {
    fileprivate var leftovers: [String] {
        var left: [String] = []
        if !writers.isEmpty { left.append("the peer has streams left: \(writers.keys)") }
        if !downlink.isIdle { left.append("the downlink is not idle") }
        return left
    }
}

extension Side {
    fileprivate func leftovers(of link: SimulatedLink) -> [String] {
        var left = peer.leftovers
        if !peer.requests.isEmpty { left.append("the peer has requests left: \(peer.requests)") }
        if let due = peer.session.deadline { left.append("a timer is set: \(due)") }
        if !peer.session.isClosed { left += peer.session.leftovers(but: 0) + creditLeft }
        return left.map { "link \(link.number), \(role): \($0)" }
    }

    /// Credit that the other end was not given.
    private var creditLeft: [String] {
        var left: [String] = []
        let hasOne = peer.session.profile.hasOneControlStream
        let control = (bidi: hasOne && role == .server ? 1 : 0, uni: hasOne ? 0 : 1)
        let (bidi, uni) = (bidiArrived - control.bidi, uniArrived.count - control.uni)
        if requestStreamsCredited != bidi {
            left.append("credit for \(requestStreamsCredited) of \(bidi) request streams")
        }
        if streamsCredited != uni { left.append("credit for \(streamsCredited) of \(uni) streams") }
        for (stream, state) in receiving {
            let isControl = stream.rawValue == 0 && hasOne || stream.rawValue / 2 == 1 && !hasOne
            if !state.isOver, !isControl { left.append("stream \(stream.rawValue) has not ended") }
            if !state.isStopped, credited(stream) != state.next {
                left.append("stream \(stream.rawValue): credit for \(credited(stream)) of \(state.next) bytes")
            }
        }
        return left
    }
}

extension Session {
    /// What an idle session has no use for.
    /// - Parameter count: requests for namespaces and tracks that it has all the time, half of them the peer's.
    fileprivate func leftovers(but count: Int) -> [String] {
        let counts: [(String, Int)] = [
            ("requests", requests.count - count), ("updateOwners", updateOwners.count),
            ("subscriptions", subscriptions.count), ("namespaceRequests", namespaceRequests.count),
            ("peerPrefixes", peerPrefixes.count - count / 2), ("dependents", dependents.count),
            ("earlyJoining", earlyJoining.count), ("fills", fills.count), ("aliases", aliases.count),
            ("requestDeadlines", requestDeadlines.count), ("unansweredSubscribes", unansweredSubscribes),
            ("subgroups", subgroups.count), ("fetches", fetches.count), ("unrecognized", unrecognized.count),
            ("waiting", waiting.count), ("discarded", discarded.count), ("waitingDatagrams", waitingDatagrams.count),
            ("peerRequestCount", peerRequestCount - count / 2), ("streams", control.streams.count - 1 - count),
        ]
        return counts.filter { $0.1 != 0 }.map { "\($0.1) \($0.0) left" }
    }
}
