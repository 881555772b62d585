package import MoQTCodec
package import Wire

/// One MoQT session over any transport: bytes and times in; events, actions and bytes out. It does no I/O.
///
/// Four kinds of method: inputs, in the past tense (``received(_:on:fin:now:)``, ``timeReached(now:)``); commands
/// (``subscribe(_:_:)``); answers to the peer (``acceptSubscribe(_:parameters:properties:)``); and drains. After any
/// input or command the driver drains ``nextTransportAction()`` and ``nextEvent()`` until both are nil, opens
/// ``wantedStream``, writes what ``nextSendStream()`` names, drains the actions again, since writing may end a stream,
/// and asks for ``deadline``.
///
/// Data streams we send are none of its business, nor is the flow control of data streams it announced. Once it is
/// closed every input is ignored and every command throws ``SessionError/closed``.
package struct Session: ~Copyable {
    package let role: EndpointRole
    package let profile: Profile
    package let configuration: SessionConfiguration

    /// Time of the last input that told it.
    var now = Instant(nanoseconds: 0)
    var isClosed = false
    var events = Queue<SessionEvent>()
    var actions = Queue<TransportAction>()
    var control: ControlPlane

    // Setup and GOAWAY.
    var isTransportReady = false
    /// The handshake is not complete: the peer may be somebody who replays what it once said.
    var isEarly = false
    /// A client's session began so: what may be replayed need not wait for the peer's SETUP.
    var requestsEarly = false
    var receivedSetup: Setup?
    var setupDeadline: Instant?
    var sentGoAway = false
    /// GOAWAY that has to follow our SETUP.
    var heldGoAway: GoAway?
    var receivedGoAway = false
    var goAwayDeadline: Instant?
    var tokens: TokenCache
    /// The aliases of our own.
    var sentTokens = SentTokens()

    // Requests.
    var requests: [RequestID: Request] = [:]
    var nextRequestID: RequestID
    var receivedIDs: ReceivedIDs
    /// Requests of the peer that were rejected.
    package internal(set) var refused = CodeCounts<RequestErrorCode>()
    /// Told of each of those; nil: nobody is.
    package var toldOfRefusal: ((RefusedRequest) -> Void)?
    /// How often each limit of the configuration was in the peer's way.
    package internal(set) var limited = LimitCounts()
    /// Requests of the peer in ``requests``.
    var peerRequestCount = 0
    /// Our REQUEST_UPDATEs that wait for an answer which names them, and what they update.
    var updateOwners: [RequestID: RequestID] = [:]
    /// Requests and updates of ours that were given up before their answers, which may still come.
    var abandoned = Latest<RequestID>()
    /// The last Request ID of the peer on a control stream that requests share.
    var lastSharedID: RequestID?
    /// The peer's requests stay below this ID; nil where there is no such limit.
    var grantedRequestID: UInt64?
    /// Subscriptions by track and role.
    var subscriptions: [SubscriptionKey: RequestID] = [:]
    /// Requests that share the control stream by their namespace or prefix, which some messages name them by.
    var namespaceRequests: [NamespaceKey: RequestID] = [:]
    /// The peer's SUBSCRIBE_NAMESPACEs and SUBSCRIBE_TRACKS.
    var peerPrefixes: Set<RequestID> = []
    /// Requests of the peer that need another which has not come.
    var dependents: [DependentRequest] = []
    /// Joining fetches of the peer that came before the subscription they name.
    var earlyJoining: [RequestID: [Fetch]] = [:]
    /// Subscriptions of ours by the SUBSCRIBE or REQUEST_UPDATE whose fill precedes them and has not ended.
    var fills: [RequestID: RequestID] = [:]
    /// When PUBLISH_DONE is passed on for want of streams, a request is reset after GOAWAY, or a joining fetch of
    /// a subscription that never came is refused.
    var requestDeadlines: [RequestID: Instant] = [:]
    /// The Track Alias of our next subscription as publisher.
    var nextAlias: UInt64 = 0

    // Data.
    /// The peer's aliases: of subscriptions that are established, and of PUBLISHes that are not answered.
    var aliases: [TrackAlias: AliasOwner] = [:]
    /// Aliases of subscriptions that have ended, so that late objects are known for what they are
    /// (draft-18 "Track Alias").
    var retiredAliases = Latest<TrackAlias>()
    /// SUBSCRIBEs of ours without an answer; any of them may be given a retired alias.
    var unansweredSubscribes = 0
    var subgroups: [StreamID: SubgroupStream] = [:]
    var fetches: [StreamID: FetchStream] = [:]
    var unrecognized: [StreamID: UnrecognizedStream] = [:]
    var waiting: [StreamID: WaitingStream] = [:]
    var waitingOrder = Queue<StreamID>()
    /// Streams whose bytes are thrown away, and whether their stream credit is ours to return.
    var discarded: [StreamID: Bool] = [:]
    var waitingDatagrams: [WaitingDatagram] = []

    package init(role: EndpointRole, profile: Profile, configuration: SessionConfiguration) {
        self.role = role
        self.profile = profile
        self.configuration = configuration
        control = ControlPlane(
            profile: profile, role: role, overWebTransport: configuration.transport == .webTransport)
        tokens = TokenCache(
            limit: configuration.tokenCacheSize, takesRepeated: profile.behaviours.contains(.repeatedTokens))
        nextRequestID = RequestID(rawValue: role == .client ? 0 : 1)
        if profile.has(.maxRequestID) { grantedRequestID = 2 * UInt64(configuration.requestLimit) }
        receivedIDs = ReceivedIDs(first: RequestID(rawValue: role == .client ? 1 : 0))
    }

    /// What the peer calls itself, as it says; nil when it does not.
    package var peerImplementation: String? { receivedSetup?.implementation?.string }

    /// Both SETUPs have passed.
    var isOpen: Bool { isTransportReady && receivedSetup != nil && !isClosed }
}

/// A subscription as the rules on duplicates see it (draft-18 "Subscriptions").
struct SubscriptionKey: Hashable {
    var track: FullTrackName
    /// We send its objects.
    var isPublisher: Bool
    /// We sent its request.
    var isOurs: Bool
}

/// Told of a control message: which end has said it, and its length in bytes, header included.
package typealias MessageWatch = (_ message: ControlMessage, _ sender: EndpointRole, _ byteCount: Int) -> Void

/// A request of the peer that was rejected.
package struct RefusedRequest {
    package let id: RequestID
    package let kind: RequestKind
    /// What it is about: a track, or else a namespace or a prefix.
    package let track: FullTrackName?
    package let namespace: TrackNamespace
    /// What the peer was told.
    package let error: RequestError
}

/// A request as the messages see it that name its namespace instead of its ID.
struct NamespaceKey: Hashable {
    var kind: RequestKind
    var isOurs: Bool
    var namespace: TrackNamespace
}

// MARK: Drains

extension Session {
    /// Told of every control message that is sent or received, in order; nil: nobody is.
    package var watch: MessageWatch? {
        get { control.watch }
        set { control.watch = newValue }
    }

    /// What happened; nil when all is told.
    package mutating func nextEvent() -> SessionEvent? { events.popFirst() }

    /// What to do to the transport; nil when all is said.
    package mutating func nextTransportAction() -> TransportAction? { actions.popFirst() }

    /// When ``timeReached(now:)`` is due; nil means never.
    package var deadline: Instant? {
        if isClosed { return nil }
        var earliest: Instant?
        func consider(_ instant: Instant?) {
            if let instant, instant < earliest ?? Instant(nanoseconds: .max) { earliest = instant }
        }
        consider(setupDeadline)
        consider(goAwayDeadline)
        for instant in requestDeadlines.values { consider(instant) }
        for dependent in dependents { consider(dependent.deadline) }
        consider(waitingDeadline)
        consider(waitingDatagrams.first?.deadline)
        return earliest
    }

    /// Safe to call early: before ``deadline`` nothing happens.
    package mutating func timeReached(now: Instant) {
        guard !isClosed else { return }
        self.now = now
        if let setupDeadline, now >= setupDeadline { return setupTimedOut() }
        if let goAwayDeadline, now >= goAwayDeadline { goAwayTimedOut() }
        if isClosed { return }
        for id in requestDeadlines.filter({ $0.value <= now }).keys.sorted() { requestTimedOut(id) }
        dropDependents()
        dropWaiting()
    }

    private mutating func requestTimedOut(_ id: RequestID) {
        requestDeadlines[id] = nil
        guard let request = requests[id] else { return }
        if request.subscription.done != nil && request.phase == .established {
            finishDone(id)
        } else if !request.isShown {
            refuse(id, .invalidJoiningRequestID, "no such subscription")
        } else {
            end(id, cancellingWith: .goingAway)
            events.append(.requestCancelled(id, .goingAway))
        }
    }
}

// MARK: Closing

extension Session {
    /// Closes the session; queued output is dropped.
    package mutating func close(_ code: SessionCode = .noError, reason: String = "") {
        close(SessionClose(origin: .us, code: code, reason: reason))
    }

    /// The connection is closed, by the peer or by a failure; no action follows.
    package mutating func transportClosed(by origin: SessionClose.Origin, code: SessionCode, reason: String) {
        guard !isClosed else { return }
        close(SessionClose(origin: origin, code: code, reason: reason))
        actions.removeAll()
    }

    /// Closes for what the peer did on `stream`, or in a datagram when nil.
    mutating func close(for error: CodecError, on stream: StreamID?) {
        if case .session(let code) = error.scope, let limit = Limit(brokenWith: code) { limited.count(limit) }
        let violation = Violation(error.cited(by: profile), on: stream)
        close(
            SessionClose(
                origin: .us, code: violation.code, reason: violation.description, violation: violation))
    }

    private mutating func close(_ close: SessionClose) {
        guard !isClosed else { return }
        tellDone()
        isClosed = true
        actions.removeAll()
        actions.append(.close(close.code, reason: close.reason))
        events.append(.closed(close))
        requests = [:]
        dependents = []
        earlyJoining = [:]
        subgroups = [:]
        fetches = [:]
        unrecognized = [:]
        waiting = [:]
        waitingDatagrams = []
    }
}
