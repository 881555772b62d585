internal import CommandLine
internal import Endpoint
internal import EventLoop
internal import MoQTCodec
internal import MoQTRelay
internal import MoQTSession
internal import QUIC
internal import Wire

/// `moqt announce` on its session: one or two requests, and what the peer says of them.
final class AnnounceRun: ClientApplication {
    private let action: AnnounceSettings.Action
    private let client: ClientRun
    private let report: AnnounceReport
    /// The requests that all is about, with what each asks for, in words.
    private var requests: [Scoped<RequestID>: String] = [:]
    private var watched: Watched
    /// The session they are made in.
    private var peer: Peer?
    /// Sessions that another has taken over from, once its server has accepted the requests.
    private var leaving: [Peer] = []
    /// How long a session, or what it told, is kept after that: publishers have to move, too.
    private static let overlap = Interval.seconds(2)
    /// How often requests are made again that the server refuses for those they stand in for.
    private static let tries = 20
    /// How often it may still do so; it may hear of new requests before it hears that the old ones were given up.
    private var triesLeft = 0
    /// How often all was asked for again in a session.
    private var round = 0
    /// Tells everybody that there are no tracks here.
    private let publisher = Publisher(cache: Cache(limit: 0))

    init(_ action: AnnounceSettings.Action, _ client: ClientRun) {
        self.action = action
        self.client = client
        report = AnnounceReport(json: client.output.json)
        var wantsTracks = false
        if case .watch(_, tracks: true) = action { wantsTracks = true }
        watched = Watched(report, wantsTracks: wantsTracks)
    }

    // MARK: - Requests

    private func begin(_ peer: Peer) {
        switch action {
        case .hold(let namespace):
            request("the namespace", peer) { [try $0.publishNamespace(namespace)] }
        case .watch(let prefix, tracks: false):
            request("namespaces", peer) { [try $0.subscribeNamespace(prefix)] }
        case .watch(let prefix, tracks: true):
            request("namespaces and tracks", peer) { try $0.subscribeNamespaceAndTracks(prefix) }
        case .status(let track):
            request("the track's status", peer) { [try $0.trackStatus(track)] }
        }
    }

    private func request(_ what: String, _ peer: Peer, _ ask: (inout Session) throws -> [RequestID]) {
        do {
            for id in try ask(&peer.session) { requests[Scoped(peer, id)] = what }
            peer.flush()
        } catch SessionError.goingAway {
            // Where it wants us to go, it has said or will say.
        } catch {
            client.fail(.failed, "\(what): \((error as? SessionError)?.words ?? "\(error)")")
        }
    }

    private func accepted(_ id: RequestID, _ answer: RequestOK, _ peer: Peer) {
        guard let what = requests[Scoped(peer, id)] else { return }
        client.output.log(.info, "\(what): accepted")
        leave(peer)
        switch action {
        case .hold(let namespace): tell { (report) throws(WriteError) in try report.namespace(namespace, .accepted) }
        case .watch: break
        case .status(let track):
            tell { (report) throws(WriteError) in try report.status(of: track, answer) }
            client.finish(.success)
        }
    }

    /// The requests are made in this session: those before it are left.
    private func leave(_ peer: Peer) {
        let left = leaving
        leaving = []
        guard !left.isEmpty else { return }
        client.loop.once(at: client.loop.now + Self.overlap) { [weak self] in
            for old in left { self?.client.leave(old) }
        }
    }

    private func rejected(_ id: RequestID, _ error: RequestError, _ peer: Peer) {
        guard let what = requests.removeValue(forKey: Scoped(peer, id)) else { return }
        // It is asked for again where the server wants us to go.
        if error.code == .goingAway || client.isFollowing(from: peer) { return }
        if error.code == .prefixOverlap, triesLeft > 0 {
            triesLeft -= 1
            giveUp(peer)
            return askAgain(on: peer)
        }
        client.fail(.refused, "\(what): \(error.words)")
    }

    // MARK: - Sessions

    func connected(_ link: Link, _ peer: Peer) {}

    func handle(_ event: SessionEvent, from peer: Peer, now: Instant) {
        switch event {
        case .early: if client.mayBeginEarly { begin(peer) }
        case .ready: ready(peer)
        case .accepted(let id, let answer): accepted(id, answer, peer)
        case .rejected(let id, let error): rejected(id, error, peer)
        case .requestCancelled(let id, let code) where requests[Scoped(peer, id)] != nil:
            let what = requests.removeValue(forKey: Scoped(peer, id))
            guard code == .goingAway else {
                return client.fail(.refused, "\(what ?? ""): given up by the peer: \(code)")
            }
            triesLeft = Self.tries
            askAgain(on: peer)
        case .goAway(let away, let id): wentAway(away, id, peer)
        case .namespaceAnnounced, .namespaceGone, .publishNamespace, .publish, .publishBlocked, .publishDone,
            .requestCancelled, .malformedTrack:
            if case .watch = action {
                tell { (_) throws(WriteError) in try watched.handle(event, from: peer) }
            } else {
                decline(event, peer)
            }
        case .subgroupOpened(let stream, _, _, _), .fetchOpened(let stream, _, _):
            // Nothing was asked for.
            peer.session.stop(stream, code: .cancelled)
            peer.flush()
        case .subgroupEnded, .fetchEnded: peer.finishedStream()
        default: _ = publisher.handle(event, from: peer)
        }
    }

    /// What is offered to somebody who watches nothing.
    private func decline(_ event: SessionEvent, _ peer: Peer) {
        switch event {
        case .publishNamespace(let offer): peer.say { try $0.reject(offer.requestID, .uninterested) }
        case .publish(let offer): peer.say { try $0.reject(offer.requestID, .uninterested) }
        default: _ = publisher.handle(event, from: peer)
        }
    }

    private func ready(_ peer: Peer) {
        switch client.began(peer) {
        case .fresh: break
        case .successor(let old, _): leaving.append(old)
        }
        self.peer = peer
        // It may have begun before it was ready.
        if !requests.keys.contains(where: { $0.session == peer.number }) { begin(peer) }
    }

    /// GOAWAY of a session, or of a request, which is all that there is.
    private func wentAway(_ away: GoAway, _ id: RequestID?, _ peer: Peer) {
        guard let id else { return client.follow(away, of: peer) }
        guard requests[Scoped(peer, id)] != nil else { return }
        guard away.newSessionURI.isEmpty else { return client.follow(away, of: peer) }
        triesLeft = Self.tries
        beginAgain(peer)
    }

    /// In a moment, and once, however many requests have ended.
    private func askAgain(on peer: Peer) {
        let round = round
        client.askAgain(on: peer) { [weak self, weak peer] in
            if let self, let peer, self.round == round { beginAgain(peer) }
        }
    }

    /// Makes all requests of the session anew: those for one prefix belong together.
    private func beginAgain(_ peer: Peer) {
        guard peer === self.peer else { return }
        round += 1
        giveUp(peer)
        begin(peer)
    }

    /// Ends the requests of the session. What they have told is believed until others could have told it.
    private func giveUp(_ peer: Peer) {
        for request in requests.keys where request.session == peer.number {
            requests[request] = nil
            peer.say { try $0.cancel(request.id) }
        }
        let told = watched.takeTold(by: peer)
        client.loop.once(at: client.loop.now + Self.overlap) { [weak self] in
            guard let self else { return }
            tell { (_) throws(WriteError) in try watched.withdraw(told) }
        }
    }

    func disconnected(_ link: Link, _ peer: Peer, _ cause: CloseCause) {
        requests = requests.filter { $0.key.session != peer.number }
        leaving.removeAll { $0 === peer }
        tell { (_) throws(WriteError) in try watched.forget(peer) }
        client.disconnected(link, cause)
    }

    func settle(_ now: Instant) {}

    var deadline: Instant? { nil }

    func timeReached(_ now: Instant) {}

    // MARK: - Ending

    func interrupted(_ status: ExitStatus) { client.finish(status) }

    func outOfTime() { client.fail(.timedOut, "--max-time has passed") }

    func lost(_ status: ExitStatus, _ words: String) { client.fail(status, words) }

    /// Writes to stdout; the command ends when nobody reads that.
    private func tell(_ words: (AnnounceReport) throws(WriteError) -> Void) {
        do throws(WriteError) {
            try words(report)
            try report.flush()
        } catch {
            if error == .brokenPipe {
                client.finish(.success)
            } else {
                client.fail(error.exitStatus, "stdout: \(error)")
            }
        }
    }
}
