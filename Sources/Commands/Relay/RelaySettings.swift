internal import CommandLine
internal import MoQTRelay
internal import MoQTSession
internal import QUIC
package import WebTransport
package import Wire

/// What `moqt relay` was told, checked; nothing has been opened.
package struct RelaySettings: CommandSettings {
    /// When a new client address must prove itself by a QUIC Retry (RFC 9000 §8.1.2).
    package enum AddressValidation: String, CaseIterable, Sendable {
        /// While many handshakes are unfinished.
        case auto
        case always, never
    }

    /// What others may do by HTTP with the registry of a cluster.
    package enum ServedOrigins: String, CaseIterable, Sendable { case none, read, write }

    package var common = CommonSettings()
    package var transport = TransportSettings()
    /// Without one, a self-signed certificate is made.
    package var identity = IdentitySettings()
    /// Never empty. Port 0 lets the system choose.
    package var listeners: [SocketAddress] = []
    /// Bytes of payload kept for later subscribers, of all tracks together.
    package var cacheSize: UInt64 = 256 << 20
    /// How long an object is kept; nil: until the room is needed.
    package var cacheTime: Interval?
    /// Delivery timeout of tracks whose publisher set none; nil: none, so that nothing is dropped.
    package var defaultDeliveryTimeout: Interval?
    /// How long ago what a subscriber has not taken may have come; nil: as long as it is kept.
    package var maximumSubscriberLag: Interval?
    /// How long SIGTERM leaves clients to go.
    package var drainTime = Interval.seconds(10)
    /// Where clients go on when this relay drains; nil: they may connect to the same URL again.
    package var goAwayURL: MoQTURL?
    /// Loops, each with a thread of its own, 1 or more.
    package var threads = 1
    /// What clients are held to.
    package var limits = RelayLimits()
    package var addressValidation = AddressValidation.auto
    /// The relay above this one, which has what nobody publishes here; nil: there is none.
    package var upstream: MoQTURL?
    /// Where relays of a cluster tell each other what they have; nil: there is no cluster.
    package var cluster: ClusterURL?
    /// URL of this relay for the others of its cluster; nil: they are not told what it has.
    package var node: MoQTURL?
    /// How long the others believe what they were told, unless it is told again.
    package var clusterLifetime = Interval.seconds(600)
    /// What ``http`` lets anybody do with the registry, where that is Redis.
    package var servedOrigins = ServedOrigins.write
    /// How other relays are reached and known.
    package var peering = ConnectionSettings()
    /// Where to serve metrics and health over HTTP; nil: nowhere.
    package var http: SocketAddress?
    /// How long an event loop may spin before the process is aborted; nil: for ever.
    package var watchdog: Interval? = .seconds(30)
    /// Path and origins that WebTransport clients may have.
    package var webTransport = WebTransportSettings()

    package init() {}

    /// File of rules on who may do what; nil: anybody may do anything.
    package var accessFile: String?

    var listening: ListeningSettings {
        var settings = ListeningSettings(addresses: listeners, transport: transport, identity: identity)
        settings.server.maxConnections = limits.count(.connections)
        settings.server.maxConnectionsPerAddress = limits.count(.connectionsPerAddress)
        settings.server.maxHandshakes = limits.count(.handshakes)
        settings.server.retry =
            switch addressValidation {
            case .auto: .whenHandshakes(atLeast: max(limits.count(.handshakes) / 16, 1))
            case .always: .always
            case .never: .never
            }
        // WebTransport's sessions have streams of their own; and what is one too many must come, to be refused.
        let requestStreams = limits.count(.requests) + limits.count(.sessions) + 100
        settings.streams = (limits.count(.streams), requestStreams, limits.count(.buffer))
        settings.webTransport = webTransport
        settings.webTransport.sessionLimit = limits.count(.sessions)
        settings.webTransport.heldStreamLimit = limits.count(.heldStreams)
        settings.webTransport.heldDatagramLimit = limits.count(.heldDatagrams)
        settings.session.requestLimit = limits.count(.requests)
        settings.session.updateLimit = limits.count(.updates)
        settings.session.filterRangeLimit = limits[.filterRanges]
        settings.session.heldStreamLimit = limits.count(.heldStreams)
        settings.session.heldDatagramLimit = limits.count(.heldDatagrams)
        settings.session.tokenCacheSize = limits[.tokenCache]
        return settings
    }

    /// How the relay behaves, whatever carries it.
    var behaviour: Relay.Settings {
        var behaviour = Relay.Settings()
        behaviour.defaultDeliveryTimeout = defaultDeliveryTimeout
        behaviour.subscriberLag = maximumSubscriberLag
        behaviour.subscriptionLimit = limits.count(.subscriptions)
        behaviour.namespaceLimit = limits.count(.namespaces)
        behaviour.trackLimit = limits.count(.tracks)
        behaviour.objectSizeLimit = limits[.objectSize]
        behaviour.datagramLimit = limits.count(.datagramQueue)
        return behaviour
    }

    private func checkBuffer() throws(UsageError) {
        let least = UInt64(2 * QUICSettings.leastStreamWindow) * limits[.streams]
        guard limits[.buffer] < least else { return }
        throw UsageError(
            "expected \(least) or more for \(limits[.streams]) streams (--max-streams)", subject: "--max-buffer")
    }

    static let defaultListener = "[::]:4443"

    mutating func check() throws(UsageError) {
        try identity.check()
        if cluster != nil, upstream != nil {
            throw UsageError("expected no --upstream beside it", subject: "--cluster")
        }
        if node != nil, cluster == nil { throw UsageError("expected --cluster beside it", subject: "--node") }
        try checkBuffer()
        if listeners.isEmpty { listeners = [try ValueType.listener.parse(Self.defaultListener)] }
    }
}
