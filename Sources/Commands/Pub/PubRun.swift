internal import CommandLine
internal import Endpoint
internal import EventLoop
internal import Glibc
internal import MoQTCodec
internal import MoQTRelay
internal import MoQTSession
internal import QUIC
internal import Wire

/// `moqt pub` at work: what the reading thread posts goes into logs, from which every subscriber is served.
///
/// The logs outlive connections: after a reconnection the new peer is served from them.
final class PubRun: ClientApplication {
    let settings: PubSettings
    let output: Output
    let client: ClientRun
    let publisher = Publisher(cache: Cache(limit: 32 << 20))
    let gate = FeedGate()
    private let mailbox: Mailbox<FeedItem>
    private let firstGroup: UInt64
    /// What is published; nil until the input is known.
    private(set) var publication: Publication?

    /// What the reading thread may be ahead of the readers, in bytes.
    private let window: UInt64
    /// Bytes that came from the reading thread, and those that readers are done with.
    private var fed: UInt64 = 0
    private var consumed: UInt64 = 0
    /// The connection was lost, and who had subscribed may come back: lossless input waits, and nothing ends.
    private var isHeld = false

    /// The session for what is announced, once it is ready.
    private(set) var peer: Peer?
    /// Sessions that it has taken over from, and that still have subscribers.
    private var leaving: [Peer] = []
    private var announcement: RequestID?
    /// The server has answered to the announcement, or there was none.
    private var isIntroduced = false
    private var isAnnounced = false
    private var isStarted = false
    private var waitsForTracks = false
    private var inputFailure: String?
    private var hasWarnedOfDatagrams = false

    /// Set when no more is published: how the command ends once everything is delivered.
    private var outcome: (status: ExitStatus, words: String?)?
    private var hasEndedTracks = false
    private var checksDelivery = false

    let began: Instant
    private var nextTick: Instant

    init(_ settings: PubSettings, _ output: Output) throws {
        self.settings = settings
        self.output = output
        client = try ClientRun(settings.connection, settings.url, output)
        mailbox = try Mailbox()
        firstGroup = settings.firstGroup ?? (settings.isLive ? Self.millisecondsSince1970() : 0)
        // Datagrams wait in queues that drop what is too much.
        window = settings.datagrams ? UInt64(FedObject.overhead) << 9 : 8 << 20
        began = EventLoop.clock()
        nextTick = began
        publisher.subscribed = { [weak self] _ in self?.subscribed() }
    }

    private static func millisecondsSince1970() -> UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return UInt64(time.tv_sec) * 1000 + UInt64(time.tv_nsec) / 1_000_000
    }

    func run() throws -> ExitStatus {
        _ = try mailbox.attach(to: client.loop) { [weak self] in self?.received($0) }
        try Feeder(settings: settings, firstGroup: firstGroup, gate: gate, mailbox: mailbox).start()
        // A file that is no use is known before anything is sent; a pipe may take its time.
        if readsRegularFiles {
            client.loop.run(until: Instant(nanoseconds: .max)) { publication != nil || outcome != nil }
        }
        if let outcome, publication == nil {
            if let words = outcome.words { output.error(words) }
            return outcome.status
        }
        if let listening = settings.listening {
            client.listening = try Listening(listening, [client.driver])
            try client.listening?.announce(output)
        }
        let status = client.run(self)
        gate.stop()
        output.endProgress()
        if output.json { try writeSummary(status) }
        return status
    }

    private var readsRegularFiles: Bool {
        settings.inputs.allSatisfy { input in
            guard case .file(let path) = input else { return settings.format != .media }
            return !Self.isPipe(path)
        }
    }

    static func isPipe(_ path: String) -> Bool {
        var info = stat()
        return stat(path, &info) == 0 && info.st_mode & S_IFMT == S_IFIFO
    }

    // MARK: - Input

    private func received(_ item: FeedItem) {
        guard outcome == nil else { return }
        switch item {
        case .opened(let movie, let notes):
            for note in notes { output.log(.notice, note) }
            publication = Publication(movie, settings, firstGroup: firstGroup, by: publisher, client.loop.now)
            if isServer { serve() } else { introduce() }
        case .object(let object):
            fed += UInt64(FedObject.overhead + object.payload.count)
            publication?.begin(object, client.loop.now)
        case .payload(let payload):
            fed += UInt64(payload.count)
            publication?.append(payload, client.loop.now)
        case .ended(nil): end(.success)
        case .ended(.unusable(let words)): end(.unusableInput, words)
        case .ended(.stopped): break
        }
        client.driver.wake()
    }

    // MARK: - Sessions

    private var isServer: Bool { settings.url == nil }

    func connected(_ link: Link, _ peer: Peer) {}

    func handle(_ event: SessionEvent, from peer: Peer, now: Instant) {
        switch event {
        case .ready:
            ready(peer)
        case .accepted(let id, _) where peer === self.peer && id == announcement:
            isIntroduced = true
            output.log(.info, "the namespace was accepted")
            guard !isAnnounced else { break }
            isAnnounced = true
            offerTracks()
        case .rejected(let id, let error):
            _ = publisher.handle(event, from: peer)
            // One who does not want a track that is offered may want another.
            if peer === self.peer { refused(id, error) }
        case .goAway(let away, let id): if !isServer { wentAway(away, id, peer) }
        case .requestCancelled(let id, .goingAway) where peer === self.peer && id == announcement:
            client.askAgain(on: peer) { [weak self] in if self?.announcement == id { self?.introduce() } }
        case .publishNamespace(let offer): peer.say { try $0.reject(offer.requestID, .uninterested) }
        case .publish(let offer): peer.say { try $0.reject(offer.requestID, .uninterested) }
        default: _ = publisher.handle(event, from: peer)
        }
    }

    private func ready(_ peer: Peer) {
        if isServer {
            output.log(.info, "session \(peer.number) is ready")
            return offerTracks(to: peer)
        }
        if case .successor(let old, _) = client.began(peer) { leaving.append(old) }
        self.peer = peer
        introduce()
    }

    /// GOAWAY of a session: another is told what there is, too, and this one is served until nobody there asks for
    /// more (draft-18 "Graceful Publisher Relay Switchover"). The same where one request of ours is to be moved to
    /// another server, since all of them are about the same tracks.
    private func wentAway(_ away: GoAway, _ id: RequestID?, _ peer: Peer) {
        guard let id else { return client.follow(away, of: peer) }
        guard peer === self.peer else { return }
        if !away.newSessionURI.isEmpty { return client.follow(away, of: peer) }
        // A track goes on where it is: to offer it anew would only interrupt it.
        guard id == announcement else { return }
        peer.say { try $0.cancel(id) }
        introduce()
    }

    /// Leaves sessions in which nobody asks for objects any more, once what was said there has been acknowledged: the end
    /// of a track is part of it.
    private func leave() {
        guard isIntroduced else { return }
        for old in leaving where !old.isServing && client.hasDelivered(to: old) {
            leaving.removeAll { $0 === old }
            client.leave(old)
        }
    }

    /// Who came before the input was known hears of it now.
    private func serve() {
        for peer in client.links.flatMap(\.peers) { offerTracks(to: peer) }
        startIfWanted()
    }

    /// Tells a peer what there is, once that is known.
    private func introduce() {
        guard publication != nil, let peer else { return }
        output.log(.info, "session \(peer.number) is ready")
        isAnnounced = settings.announce != .wait
        isIntroduced = settings.announce == .never
        if settings.announce != .never {
            peer.say { announcement = try $0.publishNamespace(namespace) }
        }
        if isAnnounced { offerTracks() }
        releaseLater()
    }

    private func hold() {
        isHeld = true
        releaseLater()
    }

    /// What is held for want of a connection goes on when somebody listens, or nobody seems to.
    private func releaseLater() {
        client.loop.once(at: client.loop.now + .seconds(2)) { [weak self] in self?.release() }
    }

    private var namespace: TrackNamespace {
        switch settings.name {
        case .track(let name): name.namespace
        case .namespace(let namespace): namespace
        }
    }

    private func offerTracks() {
        if let peer { offerTracks(to: peer) }
        startIfWanted()
    }

    private func offerTracks(to peer: Peer) {
        guard settings.publish, let publication else { return }
        for log in publication.logs { _ = try? publisher.offer(log, to: peer) }
    }

    /// Everything that is not the namespace's is the PUBLISH of a track.
    private func refused(_ id: RequestID, _ error: RequestError) {
        let isNamespace = id == announcement
        if isNamespace { isIntroduced = true }
        // It is offered again where the server wants us to go.
        if error.code == .goingAway || peer.map({ client.isFollowing(from: $0) }) ?? false { return }
        let what = isNamespace ? "the namespace" : "a track"
        let reason = error.reason.isEmpty ? "" : ": \(error.reason)"
        let words = "\(what) was refused: \(error.code)\(reason)"
        if isNamespace, settings.announce == .always { return output.warning(words) }
        // It was sent because the server asked for what is under a prefix; it can still subscribe.
        if !isNamespace, !settings.publish { return output.log(.info, words) }
        end(.refused, words)
    }

    func disconnected(_ link: Link, _ peer: Peer, _ cause: CloseCause) {
        let hadReaders = peer.isServing
        _ = publisher.handle(.closed(SessionClose(origin: .transport, code: .noError, reason: "")), from: peer)
        // The others go on.
        if isServer { return }
        leaving.removeAll { $0 === peer }
        if self.peer === peer {
            announcement = nil
            isAnnounced = false
            isHeld = true
        } else if hadReaders {
            // They may have to come back to where we are now.
            hold()
        }
        client.disconnected(link, cause)
        if self.peer === peer { self.peer = client.peer }
    }

    func lost(_ status: ExitStatus, _ words: String) {
        gate.stop()
        client.fail(status, words)
    }

    // MARK: - Start

    private func subscribed() {
        release()
        startIfWanted()
    }

    private func release() {
        isHeld = false
        client.driver.wake()
    }

    private func startIfWanted() {
        guard !isStarted, let publication, isServer || isAnnounced && peer != nil else { return }
        if settings.start == .now { return start() }
        let wanted = publication.tracks.filter { $0.log.subscriptions.contains { $0.forwards } }
        guard !wanted.isEmpty else { return }
        if wanted.count == publication.tracks.count { return start() }
        // Whoever takes one track of a movie is about to ask for the others.
        guard !waitsForTracks else { return }
        waitsForTracks = true
        client.loop.once(at: client.loop.now + .milliseconds(250)) { [weak self] in self?.start() }
    }

    private func start() {
        guard !isStarted else { return }
        isStarted = true
        output.log(.info, "begins")
        gate.open()
    }

    // MARK: - Rounds

    func settle(_ now: Instant) {
        leave()
        publisher.cache.settle(now)
        while let credit = publisher.cache.nextCredit() { consumed += credit.byteCount }
        if settings.datagrams { settleDatagrams() }
        if !isHeld || settings.deliveryTimeout != nil { gate.allow(consumed + window) }
        if outcome != nil { endTracks() }
    }

    /// Datagrams are not read from logs: what has left the queue was taken.
    private func settleDatagrams() {
        let links = client.links
        let downlinks = links.flatMap(\.peers).map(\.downlink)
        if downlinks.allSatisfy({ $0.nextDatagram == nil }) { consumed = fed }
        if downlinks.contains(where: { $0.sent.droppedDatagrams > 0 }), !hasWarnedOfDatagrams {
            hasWarnedOfDatagrams = true
            let limit = links.map(\.maxDatagramPayload).min() ?? 0
            let why = limit == 0 ? "the peer takes none" : "on this path one takes \(limit) bytes with its header"
            output.warning("objects too large for a datagram are dropped: \(why)")
        }
    }

    var deadline: Instant? { nextTick }

    func timeReached(_ now: Instant) {
        guard now >= nextTick else { return }
        nextTick = now + .milliseconds(500)
        publisher.cache.dropStalledReaders(now)
        for track in publisher.tracks.values { track.dropLate(now) }
        output.progress(at: now, progress(now))
    }

    // MARK: - End

    func interrupted(_ status: ExitStatus) { end(status, within: .seconds(1)) }

    func outOfTime() { end(.timedOut, "--max-time has passed", within: .seconds(1)) }

    /// Publishes no more; the command ends when everything is delivered, or after `limit`.
    private func end(_ status: ExitStatus, _ words: String? = nil, within limit: Interval? = nil) {
        guard outcome == nil || limit != nil else { return }
        outcome = (status, words)
        gate.stop()
        if let limit { client.loop.once(at: client.loop.now + limit) { [weak self] in self?.conclude() } }
        client.driver.wake()
    }

    private func endTracks() {
        if !hasEndedTracks {
            // PUBLISH_DONE does not overtake datagrams that are still to go.
            if settings.datagrams, !client.isDelivered { return }
            hasEndedTracks = true
            publication?.end(isWhole: outcome?.status != .unusableInput)
        }
        guard !checksDelivery else { return }
        checksDelivery = true
        // What this round queued has been said by then.
        client.loop.afterEvents { [weak self] in self?.checkDelivery() }
    }

    private func checkDelivery() {
        checksDelivery = false
        guard outcome != nil, !isHeld, publisher.subscriberCount == 0, client.isDelivered else { return }
        conclude()
    }

    private func conclude() {
        guard var outcome else { return }
        if outcome.status == .success, hasWarnedOfDatagrams { outcome = (.failed, "not everything was sent") }
        if let words = outcome.words { client.fail(outcome.status, words) } else { client.finish(outcome.status) }
    }
}
