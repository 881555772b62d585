internal import CommandLine
internal import Endpoint
internal import EventLoop
internal import MoQTCodec
internal import MoQTRelay
internal import MoQTSession
internal import QUIC
internal import Wire

/// A connection of the relay's own to another relay, which is made again when it is lost and goes on where its server
/// sends it.
final class Uplink {
    /// Where it connects to at first, and after a loss.
    let url: MoQTURL
    /// Its session, ready for requests; nil while there is none.
    private(set) var peer: Peer?
    /// Told of each session that is ready; the one before it, if there is one, is closed a little later.
    var ready: ((Peer) -> Void)?
    /// Told that an attempt to connect has failed, or that the connection was lost.
    var failed: (() -> Void)?

    private let driver: Driver
    private let settings: ConnectionSettings
    private let output: Output
    /// It is connected to again after a loss.
    private let isKept: Bool
    private var current: Leg?
    /// Where the server has sent us.
    private var successor: Leg?
    private var leaving: [Leg] = []
    private var failures = 0
    private var retry: TimerID?
    private(set) var isClosed = false

    /// How long an old session is kept once another has taken over: publishers have to move, too.
    private static let overlap = Interval.seconds(2)
    /// The longest pause between attempts.
    private static let longestPause = Interval.seconds(10)
    /// After this long without a packet the other relay is lost.
    private static let silence = Interval.seconds(10)
    /// A session that lasted so long was no failure.
    private static let stay = Interval.seconds(5)

    /// One connection, tried or made.
    private final class Leg {
        let url: MoQTURL
        var dial: Dial?
        var link: Link?
        var readySince: Instant?

        init(_ url: MoQTURL) { self.url = url }
    }

    init(
        _ url: MoQTURL, _ settings: ConnectionSettings, _ driver: Driver, _ output: Output, isKept: Bool = true
    ) {
        self.isKept = isKept
        self.url = url
        self.settings = settings
        self.driver = driver
        self.output = output
    }

    private var loop: EventLoop { driver.loop }
    private var legs: [Leg] { [current, successor].compactMap { $0 } + leaving }

    /// Its connections.
    var links: [Link] { legs.compactMap(\.link) }

    func has(_ link: Link) -> Bool { legs.contains { $0.link === link } }

    // MARK: - Connecting

    func connect() {
        guard !isClosed, current == nil else { return }
        let leg = Leg(url)
        current = leg
        connect(leg)
    }

    private func connect(_ leg: Leg) {
        do throws(SystemError) {
            try leg.url.endpoint.resolve(on: loop) { [weak self, weak leg] answer in
                guard let self, let leg, legs.contains(where: { $0 === leg }) else { return }
                dial(leg, answer)
            }
        } catch {
            // It is told later, as everything that fails.
            loop.once(at: loop.now) { [weak self, weak leg] in if let leg { self?.failed(leg, "\(error)") } }
        }
    }

    private func dial(_ leg: Leg, _ answer: Result<[SocketAddress], AddressError>) {
        do {
            var target = try settings.target(for: leg.url, output, at: try answer.get())
            target.kind = .relay
            target.refusalPatience = .milliseconds(500)
            target.quic.idleTimeout = min(target.quic.idleTimeout, Self.silence)
            target.quic.keepAlive = Interval(nanoseconds: target.quic.idleTimeout.nanoseconds / 5)
            leg.dial = Dial(target, driver: driver) { [weak self, weak leg] result in
                guard let self, let leg else { return }
                switch result {
                case .success(let link): leg.link = link
                case .failure(let error): failed(leg, ClientFailure.words(error, settings).1)
                }
            }
        } catch let error as OptionFileError {
            failed(leg, error.line)
        } catch {
            failed(leg, "\(error)")
        }
    }

    private func failed(_ leg: Leg, _ words: String) {
        guard !isClosed else { return }
        drop(leg)
        if leg === successor {
            successor = nil
            output.warning("relay \(leg.url.authority): cannot follow GOAWAY: \(words)")
            if current == nil { connectAgain() }
        } else if leg === current {
            current = nil
            let plan = isKept ? "; connecting again in \(pause.millisecondsRoundedUp) ms" : ""
            output.warning("relay \(leg.url.authority): \(words)\(plan)")
            connectAgain()
        }
        failed?()
    }

    private var pause: Interval { min(.milliseconds(250 << UInt64(min(failures, 6))), Self.longestPause) }

    private func connectAgain() {
        guard isKept, successor == nil, retry == nil else { return }
        let pause = pause
        failures += 1
        retry = loop.once(at: loop.now + pause) { [weak self] in
            self?.retry = nil
            self?.connect()
        }
    }

    private func drop(_ leg: Leg) {
        // The last packets leave at the end of this round.
        loop.once(at: loop.now + .milliseconds(200)) { leg.dial?.close() }
    }

    // MARK: - Sessions

    /// The session of one of its connections is ready.
    func isReady(_ link: Link, _ peer: Peer) {
        guard !isClosed, let leg = legs.first(where: { $0.link === link }) else { return }
        leg.readySince = loop.now
        output.log(.notice, "relay \(leg.url.authority): connected as session \(peer.number)")
        if leg === successor {
            if let old = current { leave(old) }
            (current, successor) = (leg, nil)
        }
        guard leg === current else { return }
        self.peer = peer
        ready?(peer)
    }

    private func leave(_ leg: Leg) {
        leaving.append(leg)
        loop.once(at: loop.now + Self.overlap) { leg.link?.close() }
    }

    func disconnected(_ link: Link, _ cause: CloseCause) {
        guard let leg = legs.first(where: { $0.link === link }) else { return }
        leaving.removeAll { $0 === leg }
        if leg === current { peer = nil }
        if let since = leg.readySince, loop.now - since >= Self.stay { failures = 0 }
        failed(leg, ClientFailure.words(cause, settings, link.profile).1)
    }

    /// The server wants the session to go on elsewhere, or anew at the same place.
    func goAway(_ away: GoAway, from peer: Peer) {
        guard !isClosed, peer === self.peer, successor == nil, let current else { return }
        var url = current.url
        if !away.newSessionURI.isEmpty {
            do throws(UsageError) { url = try MoQTURL(away.newSessionURI.string) } catch {
                let uri = away.newSessionURI.string.printable()
                return output.warning("relay \(current.url.authority): cannot follow GOAWAY: bad URI '\(uri)'")
            }
        }
        output.log(.notice, "relay \(current.url.authority): is going away; connecting to \(url.authority)")
        let leg = Leg(url)
        successor = leg
        connect(leg)
    }

    /// Ends its sessions in order, for good.
    func close() {
        isClosed = true
        peer = nil
        if let retry { loop.cancel(retry) }
        retry = nil
        for leg in legs {
            leg.link?.close()
            drop(leg)
        }
        (current, successor, leaving) = (nil, nil, [])
    }
}
