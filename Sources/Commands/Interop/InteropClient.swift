internal import Endpoint
internal import MoQTCodec
internal import MoQTRelay
internal import MoQTSession
internal import QUIC
internal import Wire

/// One connection of a case: what is said on it, what came, and steps that wait for more.
final class InteropClient {
    let role: String
    /// Set while connecting.
    var link: Link?
    var dial: Dial?
    /// Answers for the tracks of this client.
    let publisher = Publisher(cache: Cache(limit: 1 << 20))
    private unowned let stage: InteropStage
    /// What came and no step has taken yet; data apart.
    private var events: [SessionEvent] = []
    private var reception = InteropReception()
    private var close: SessionClose?
    /// Our newest SUBSCRIBE.
    private(set) var subscription = RequestID(rawValue: 0)

    init(_ role: String, _ stage: InteropStage) {
        self.role = role
        self.stage = stage
    }

    var draft: String? { link?.profile?.name }
    /// Nil: no connection was made.
    var connectionID: String? { link?.connection.originalID.description }
    var peer: Peer? { link.flatMap { stage.peer(on: $0) } }

    // MARK: - Events

    func handle(_ event: SessionEvent, from peer: Peer) {
        if case .closed(let close) = event { self.close = close }
        if reception.take(event, peer) { return }
        _ = publisher.handle(event, from: peer)
        events.append(event)
    }

    func settle(_ now: Instant) {
        publisher.cache.settle(now)
        while publisher.cache.nextCredit() != nil {}
    }

    // MARK: - Saying

    /// Has the session say something; what its draft has no words for skips the case.
    @discardableResult
    func say<T>(_ words: (inout Session) throws -> T) throws(InteropEnd) -> T {
        guard let peer else { throw .failed(gone) }
        return try perform {
            defer { peer.flush() }
            return try words(&peer.session)
        }
    }

    private func perform<T>(_ body: () throws -> T) throws(InteropEnd) -> T {
        do { return try body() } catch {
            switch error as? SessionError {
            case .invalid(let why): throw .skipped("\(draft ?? "the draft"): \(why)")
            case .closed, nil: throw .failed(gone)
            case .goingAway, .unknownRequest, .notAllowed, .duplicateSubscription:
                let words = (error as? SessionError)?.words ?? ""
                throw .failed(InteropFailure(expected: "a session", received: "another state", message: words))
            }
        }
    }

    private var gone: InteropFailure {
        guard let close else {
            return InteropFailure(expected: "a session", received: "none", message: "there is no connection")
        }
        let what = close.origin == .peer ? "closed by the relay" : "closed"
        let reason = close.reason.isEmpty ? "" : ": \(close.reason)"
        return InteropFailure(expected: "a session", received: "\(close.code)", message: "\(what)\(reason)")
    }

    /// PUBLISH_NAMESPACE, and its REQUEST_OK.
    @discardableResult
    func announce(_ namespace: String...) throws(InteropEnd) -> RequestID { try announce(namespace) }

    @discardableResult
    func announce(_ namespace: [String]) throws(InteropEnd) -> RequestID {
        let request = try say {
            try $0.publishNamespace(InteropTrack.namespace(namespace))
        }
        try expectOK("REQUEST_OK", to: request)
        return request
    }

    /// SUBSCRIBE from the next object on.
    /// - Parameter join: what is to precede it; nil: nothing.
    func subscribe(to track: FullTrackName, join: Join? = nil) throws(InteropEnd) -> RequestID {
        var parameters = Parameters()
        parameters.locationFilter = .nextObject
        subscription = try say {
            try $0.subscribe(track, parameters, join: join)
        }
        return subscription
    }

    /// A track that this client answers for.
    func track(_ name: String, _ namespace: String...) -> InteropTrack { track(name, namespace) }

    func track(_ name: String, _ namespace: [String]) -> InteropTrack {
        InteropTrack(InteropTrack.name(name, namespace), by: publisher)
    }

    /// PUBLISH.
    func offer(_ track: InteropTrack) throws(InteropEnd) -> RequestID {
        guard let peer else { throw .failed(gone) }
        return try perform { try publisher.offer(track.log, to: peer) }
    }

    // MARK: - Waiting

    /// The first event that `take` makes something of, which is then taken.
    private func wait<T>(_ what: String, _ take: (SessionEvent) -> T?) throws(InteropEnd) -> T {
        try stage.wait(what) { () throws(InteropEnd) in
            for index in events.indices {
                guard let result = take(events[index]) else { continue }
                events.remove(at: index)
                return result
            }
            if close != nil {
                var failure = gone
                failure.expected = what
                throw .failed(failure)
            }
            return nil
        }
    }

    func expectSetup() throws(InteropEnd) {
        try wait("SETUP") { if case .ready = $0 { () } else { nil } }
    }

    /// What the relay says of a request.
    enum Answer {
        case ok
        case error(RequestError)
        /// The request was given up.
        case cancelled(StreamResetCode)

        var words: String {
            switch self {
            case .ok: "OK"
            case .error(let error): "REQUEST_ERROR \(error.code)"
            case .cancelled(let code): "cancelled with \(code)"
            }
        }

        var message: String { if case .error(let error) = self { error.reason.description } else { "" } }
    }

    func answer(_ what: String, to request: RequestID) throws(InteropEnd) -> Answer {
        try wait(what) { event in
            switch event {
            case .accepted(request, _), .subscribeAccepted(request, _), .publishAccepted(request, _),
                .fetchAccepted(request, _):
                .ok
            case .rejected(request, let error): .error(error)
            case .requestCancelled(request, let code): .cancelled(code)
            default: nil
            }
        }
    }

    func expectOK(_ what: String, to request: RequestID) throws(InteropEnd) {
        let answer = try answer(what, to: request)
        if case .ok = answer { return }
        throw .failed(InteropFailure(expected: what, received: answer.words, message: answer.message))
    }

    /// All that is to precede a subscription has come.
    func expectJoin(of subscription: RequestID) throws(InteropEnd) {
        let what = "what precedes the subscription"
        let isWhole = try wait(what) { if case .joinEnded(subscription, let isWhole) = $0 { isWhole } else { nil } }
        guard !isWhole else { return }
        throw .failed(InteropFailure(expected: what, received: "less", message: "the relay has refused it, or a part"))
    }

    func expectError(to request: RequestID) throws(InteropEnd) {
        let answer = try answer("REQUEST_ERROR", to: request)
        if case .error = answer { return }
        throw .failed(InteropFailure(expected: "REQUEST_ERROR", received: answer.words, message: ""))
    }

    /// The relay closes the session with this code.
    func expectClose(_ code: SessionCode) throws(InteropEnd) {
        let close = try stage.wait("a close with \(code)") { self.close }
        guard close.origin != .peer || close.code != code else { return }
        throw .failed(
            InteropFailure(expected: "\(code)", received: "\(close.code)", message: WireText(close.reason).description))
    }

    /// Everything said has reached the relay, which has not closed the session for it.
    func waitUntilDelivered() throws(InteropEnd) {
        // What was said is not on its way before the end of a round.
        stage.turn()
        try stage.wait("an acknowledgement") { () throws(InteropEnd) -> Void? in
            if close != nil { throw .failed(gone) }
            return link?.isDelivered ?? false ? () : nil
        }
    }

    /// Somebody wants the objects of a track that this client publishes.
    func waitForReader(of track: InteropTrack) throws(InteropEnd) {
        try stage.wait("a subscription from the relay") { () throws(InteropEnd) -> Void? in
            if close != nil { throw .failed(gone) }
            return track.log.subscriptions.contains { $0.forwards } ? () : nil
        }
    }

    /// Objects come on the streams of a request, payload and all.
    /// - Parameter exactly: no others do.
    func expect(
        _ objects: [Location], of request: RequestID, exactly: Bool = false
    ) throws(InteropEnd) {
        let what = "objects \(objects.map { "\($0)" }.joined(separator: " "))"
        let received = try stage.wait(what) { () throws(InteropEnd) in
            if close != nil { throw .failed(gone) }
            let received = reception.objects[request] ?? [:]
            return objects.allSatisfy { received[$0] != nil } ? received : nil
        }
        for (location, payload) in received where payload != InteropTrack.payload(location).array {
            let words = "the payload of \(location) is not what was published"
            throw .failed(InteropFailure(expected: what, received: "other bytes", message: words))
        }
        guard !exactly || received.count == objects.count else {
            let words = "\(received.count) objects"
            throw .failed(InteropFailure(expected: what, received: words, message: "more came than was asked for"))
        }
    }

    var hasAnyDatagram: Bool { !reception.datagrams.isEmpty }

    /// Whether an object has come in a datagram.
    func hasDatagram(of request: RequestID) throws(InteropEnd) -> Bool {
        if close != nil { throw .failed(gone) }
        guard let (location, payload) = reception.datagrams[request] else { return false }
        guard payload != InteropTrack.payload(location).array else { return true }
        let words = "the payload of \(location) is not what was published"
        throw .failed(InteropFailure(expected: "a datagram", received: "other bytes", message: words))
    }
}
