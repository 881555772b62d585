internal import CommandLine
internal import Endpoint
internal import EventLoop
internal import MoQTCodec
internal import MoQTRelay
internal import Operations
internal import Wire

/// The connections of one loop to other relays of its cluster: made when somebody wants what they have, and closed when
/// nobody has for a while.
final class ClusterLinks {
    private let registry: Registry
    private let settings: ConnectionSettings
    private unowned let relay: Relay
    private let driver: Driver
    private let output: Output
    private let answers: Mailbox<(TrackNamespace, Registry.Lookup)>
    private var registration: Registration?
    /// Namespaces that the registry is being asked for.
    private var asked: Set<TrackNamespace> = []
    /// By the URL in the registry.
    private var origins: [String: Origin] = [:]
    /// Those that go away, or are lost and not gone yet.
    private var leaving: [Uplink] = []
    private var sweep: TimerID?

    /// How often connections that are not used are looked for; one that is not twice in a row is closed.
    private static let sweepPause = Interval.seconds(10)

    private struct Origin {
        let uplink: Uplink
        /// Namespaces that wait for the connection.
        var waiting: Set<TrackNamespace>
        /// Nothing was asked of it when it was last looked at.
        var isIdle = false
    }

    init(
        _ registry: Registry, _ settings: ConnectionSettings, _ relay: Relay, _ driver: Driver, _ output: Output
    ) throws(SystemError) {
        self.registry = registry
        self.settings = settings
        self.relay = relay
        self.driver = driver
        self.output = output
        answers = try Mailbox()
        registration = try answers.attach(to: driver.loop) { [weak self] in self?.answered($0.0, $0.1) }
        planSweep()
    }

    var all: [Uplink] { origins.values.map(\.uplink) + leaving }

    // MARK: - Finding

    func find(_ namespace: TrackNamespace) {
        guard asked.insert(namespace).inserted else { return }
        registry.find(ClusterKey.all(for: namespace)) { [answers] in answers.post((namespace, $0)) }
    }

    private func answered(_ namespace: TrackNamespace, _ lookup: Registry.Lookup) {
        asked.remove(namespace)
        defer { driver.wake() }
        switch lookup {
        case .at(let url): reach(url, for: namespace)
        case .nobody, .unknown: relay.missed(namespace)
        }
    }

    private func reach(_ text: String, for namespace: TrackNamespace) {
        if let origin = origins[text] {
            if let peer = origin.uplink.peer { return relay.found(namespace, at: peer) }
            origins[text]?.waiting.insert(namespace)
            return
        }
        let url: MoQTURL
        do throws(UsageError) { url = try MoQTURL(text) } catch {
            output.warning("the registry names a bad URL: '\(text.printable())'")
            return relay.missed(namespace)
        }
        let uplink = Uplink(url, settings, driver, output, isKept: false)
        origins[text] = Origin(uplink: uplink, waiting: [namespace])
        uplink.ready = { [weak self] in self?.connected(text, $0) }
        uplink.failed = { [weak self, weak uplink] in if let uplink { self?.lost(uplink) } }
        uplink.connect()
    }

    private func connected(_ url: String, _ peer: Peer) {
        guard let waiting = origins[url]?.waiting else { return }
        origins[url]?.waiting = []
        for namespace in waiting { relay.found(namespace, at: peer) }
    }

    /// It could not be connected to, or the connection is over: the registry may know better by now.
    private func lost(_ uplink: Uplink) {
        leaving.removeAll { $0 === uplink }
        uplink.close()
        guard let (url, origin) = origins.first(where: { $0.value.uplink === uplink }) else { return }
        origins[url] = nil
        for namespace in origin.waiting { relay.missed(namespace) }
        driver.wake()
    }

    /// It takes no more requests. What it has is told by the registry once that is elsewhere.
    func wentAway(_ peer: Peer) {
        guard let (url, origin) = origins.first(where: { $0.value.uplink.peer === peer }) else { return }
        origins[url] = nil
        leaving.append(origin.uplink)
        relay.unlearn(peer)
    }

    // MARK: - Leaving

    private func planSweep() {
        sweep = driver.loop.once(at: EventLoop.clock() + Self.sweepPause) { [weak self] in
            self?.closeIdle()
            self?.planSweep()
        }
    }

    private func closeIdle() {
        for (url, origin) in origins {
            let isIdle = origin.uplink.peer.map { !$0.hasRequests } ?? false
            if isIdle, origin.isIdle {
                output.log(.info, "relay \(origin.uplink.url.authority): nothing is wanted there any more")
                origins[url] = nil
                origin.uplink.close()
            } else {
                origins[url]?.isIdle = isIdle
            }
        }
    }
}
