internal import Endpoint
internal import EventLoop
internal import MoQTCodec
internal import MoQTRelay
internal import MoQTSession
internal import Operations
internal import QUIC
internal import Wire

/// The connections of one loop to other relays.
final class Uplinks: RouteFinder {
    private let relay: Relay
    /// To the relay above this one; nil: there is none.
    private var upstream: Uplink?
    /// To the relays of a cluster; nil: there is none.
    private var cluster: ClusterLinks?

    /// Nil: there are no other relays.
    init?(
        _ settings: RelaySettings, _ relay: Relay, _ driver: Driver, _ output: Output, _ registry: Registry?,
        _ kinship: Kinship
    ) throws(SystemError) {
        var peering = settings.peering
        peering.common = settings.transport
        peering.connectTimeout = .seconds(5)
        self.relay = relay
        if let url = settings.upstream {
            upstream = Uplink(url, peering, driver, output)
            upstream?.ready = { [unowned relay] in
                relay.join($0)
                kinship.join($0)
            }
        } else if let registry {
            cluster = try ClusterLinks(registry, peering, relay, driver, output)
        } else {
            return nil
        }
        relay.seek(by: self)
    }

    func start() { upstream?.connect() }

    private var all: [Uplink] { [upstream].compactMap { $0 } + (cluster?.all ?? []) }

    /// Their connections.
    var links: [Link] { all.flatMap(\.links) }

    /// Those that are ready for requests.
    var readyCount: Int { all.count { $0.peer != nil } }

    // MARK: - Sessions

    func handle(_ event: SessionEvent, from peer: Peer) {
        switch event {
        case .ready:
            for uplink in all {
                for link in uplink.links where link.peers.contains(where: { $0 === peer }) {
                    uplink.isReady(link, peer)
                }
            }
        case .goAway(let away, nil):
            upstream?.goAway(away, from: peer)
            cluster?.wentAway(peer)
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
        cluster?.find(namespace)
    }
}
