internal import CommandLine
internal import Endpoint
internal import EventLoop
internal import MoQTCodec
internal import MoQTRelay
internal import MoQTSession
internal import Wire

// Following GOAWAY: the next session is set up before the old one is left (draft-18 "Session Migration").

extension ClientRun {
    /// Servers in a row that may send us on.
    private static let detourLimit = 8
    /// A session that lasted so long was no detour.
    private static let stay = Interval.seconds(10)
    /// Tries to connect to where a server has sent us.
    private static let tries = 5

    /// Connects to where the server wants this session, or one request of it, to go on. The application hears of that
    /// by the `ready` of a session that ``began(_:)`` calls a successor; until then it goes on as it is.
    func follow(_ away: GoAway, of peer: Peer, request: RequestID? = nil) {
        let time = away.timeout == 0 ? "" : " within \(away.timeout) ms"
        let what = request == nil ? "is going away" : "wants a request moved"
        output.log(.info, "the server of session \(peer.number) \(what)\(time)")
        guard status == nil, !isInterrupted, !connections.contains(where: { $0.follows(peer, request) }),
            let old = connections.first(where: { $0.has(peer) })
        else { return }
        do throws(FollowError) {
            let next = try successor(of: old, peer, request, away.newSessionURI)
            connections.append(next)
            dial(next)
        } catch {
            output.warning("cannot follow GOAWAY: \(error.words); the session is used until it ends")
        }
    }

    private struct FollowError: Error { var words: String }

    private func successor(
        of old: ClientConnection, _ peer: Peer, _ request: RequestID?, _ uri: WireText
    ) throws(FollowError) -> ClientConnection {
        var url = old.url
        if !uri.isEmpty {
            do throws(UsageError) { url = try MoQTURL(uri.string) } catch {
                throw FollowError(words: "bad URI '\(uri.string.printable())'")
            }
        }
        let isDetour = old.readySince.map { loop.now - $0 < Self.stay } ?? true
        let detours = isDetour ? old.detours + 1 : 0
        guard detours <= Self.detourLimit else {
            throw FollowError(words: "\(Self.detourLimit) servers in a row have sent us on")
        }
        var settings = settings
        // The name was for the first server.
        if url.host != self.url?.host { settings.serverName = nil }
        do {
            let next = ClientConnection(
                url, .successor(of: peer, request: request), try settings.target(for: url, output))
            next.detours = detours
            return next
        } catch {
            throw FollowError(words: "\(url.authority): \(error)")
        }
    }

    /// Whether the server of the session has sent us on: what it refuses is asked for where that leads. Not every draft
    /// has a code that says so.
    func isFollowing(from peer: Peer) -> Bool { connections.contains { $0.follows(peer, nil) } }

    /// Whether the request is to go on in a session that is not there yet.
    func isMoving(_ request: RequestID, of peer: Peer) -> Bool { connections.contains { $0.follows(peer, request) } }

    /// The server has taken a request away without saying where it is to go: it is made anew in a moment, unless the
    /// session ends or moves until then.
    func askAgain(on peer: Peer, _ ask: @escaping () -> Void) {
        loop.once(at: loop.now + .milliseconds(250)) { [weak self, weak peer] in
            guard let self, let peer, status == nil, !peer.isClosed, !isFollowing(from: peer) else { return }
            ask()
        }
    }

    /// Whether a session that is not ready may be asked for what is wanted: it takes over from none.
    var mayBeginEarly: Bool { current == nil && connections.allSatisfy(\.isFresh) }

    /// A session is ready.
    /// - Returns: what it is for.
    func began(_ peer: Peer) -> ClientConnection.Purpose {
        connectionWorks()
        guard let connection = connections.first(where: { $0.has(peer) }) else { return .fresh }
        connection.readySince = loop.now
        guard case .successor(let old, let request) = connection.purpose else {
            current = connection
            return .fresh
        }
        guard current != nil else {
            // The old one did not last until now.
            (current, url) = (connection, connection.url)
            return .fresh
        }
        if request == nil, current?.has(old) ?? false { (current, url) = (connection, connection.url) }
        return old.isClosed ? .fresh : connection.purpose
    }

    /// The session for new requests; nil: there is none.
    var peer: Peer? { current?.link?.peers.first }

    /// Whether everything said and published on all sessions has reached their peers.
    var isDelivered: Bool { links.allSatisfy(\.isDelivered) }

    /// The connections there are.
    var links: [Link] { connections.compactMap(\.link) + (listening?.connections ?? []) }

    /// Everything that was said on a session has been acknowledged.
    func hasDelivered(to peer: Peer) -> Bool { connections.first { $0.has(peer) }?.link?.isDelivered ?? true }

    /// Nothing of a session is needed any more.
    func leave(_ peer: Peer) {
        output.log(.info, "leaves session \(peer.number)")
        connections.first { $0.has(peer) }?.link?.close()
    }

    // MARK: - Failures

    /// What is to take over could not be connected to, while the old session goes on.
    func moveFailed(_ connection: ClientConnection, _ words: String) {
        connection.failures += 1
        connection.dial?.close()
        connection.dial = nil
        guard connection.failures < Self.tries else {
            output.warning("cannot follow GOAWAY: \(words); the session is used until it ends")
            drop(connection)
            if case .successor(let old, let request?) = connection.purpose {
                application?.moveFailed(request, of: old)
            }
            return
        }
        let pause = Interval.seconds(1 << UInt64(connection.failures - 1))
        output.log(.info, "\(words); connecting again in \(Int(pause.seconds)) s")
        connection.retry = loop.once(at: loop.now + pause) { [weak self, weak connection] in
            guard let self, let connection, self.connections.contains(where: { $0 === connection }) else { return }
            connection.retry = nil
            self.dial(connection)
        }
    }

    /// A session that took over, or was about to, is gone: the one before may still be there.
    @discardableResult
    func fallBack(from connection: ClientConnection) -> Bool {
        guard case .successor(let old, nil) = connection.purpose,
            let before = connections.first(where: { $0.has(old) }), before.link?.cause == nil
        else { return false }
        (current, url) = (before, before.url)
        let next = ClientConnection(connection.url, connection.purpose, connection.target)
        (next.failures, next.detours) = (connection.failures, connection.detours)
        connections.append(next)
        moveFailed(next, "\(connection.url.authority): the connection was lost")
        return true
    }

    /// The session is gone, and one to which single requests have moved is left.
    func stayAside() -> Bool {
        guard let side = connections.first(where: { $0.isSide && $0.readySince != nil && $0.link?.cause == nil }) else {
            return false
        }
        (current, url) = (side, side.url)
        return true
    }

    /// The old session is gone while the next is being set up: that is then waited for.
    func hurryOn() -> Bool {
        guard let next = connections.first(where: { !$0.isFresh && $0.readySince == nil && !$0.isSide }) else {
            return false
        }
        url = next.url
        if let retry = next.retry {
            loop.cancel(retry)
            next.retry = nil
            dial(next)
        }
        return true
    }
}
