internal import Endpoint
internal import EventLoop
internal import MoQTCodec
internal import MoQTRelay
internal import MoQTSession
internal import QUIC
internal import Wire

/// The connections of one loop to other relays.
final class Uplinks: RouteFinder {
    private let relay: Relay
    /// To the relay above this one; nil: there is none.
    private let upstream: Uplink?

    init?(_ settings: RelaySettings, _ relay: Relay, _ driver: Driver, _ output: Output) {
        guard let url = settings.upstream else { return nil }
        self.relay = relay
        var peering = settings.peering
        peering.common = settings.transport
        upstream = Uplink(url, peering, driver, output)
        upstream?.ready = { [unowned relay] in relay.join($0) }
        relay.seek(by: self)
    }

    func start() { upstream?.connect() }

    private var all: [Uplink] { [upstream].compactMap { $0 } }

    /// Their connections.
    var links: [Link] { all.flatMap(\.links) }

    // MARK: - Sessions

    func handle(_ event: SessionEvent, from peer: Peer) {
        switch event {
        case .ready:
            for uplink in all {
                for link in uplink.links where link.peers.contains(where: { $0 === peer }) {
                    uplink.isReady(link, peer)
                }
            }
        case .goAway(let away, nil): for uplink in all { uplink.goAway(away, from: peer) }
        default: break
        }
    }

    func disconnected(_ link: Link, _ cause: CloseCause) {
        for uplink in all where uplink.has(link) { uplink.disconnected(link, cause) }
    }

    func close() { for uplink in all { uplink.close() } }

    // MARK: - Finding

    func find(_ namespace: TrackNamespace) {
        if let peer = upstream?.peer, !peer.isClosed { relay.found(namespace, at: peer) }
    }
}
