package import MoQTCodec
package import MoQTSession
package import Wire

/// One session with what is published and read over it. Owned by the loop that owns its connection.
package final class Peer {
    /// Names the session in logs; unique in the process.
    package let number: UInt64
    package let kind: PeerKind
    package var session: Session
    /// The numbers that the session's draft gives to codes.
    package let codes: CodeTables
    /// The data streams this end sends.
    package let downlink: Downlink
    /// Called when the session or the downlink has something for the transport.
    package var needsFlush: (() -> Void)? {
        didSet { downlink.wake = needsFlush }
    }

    /// Certificates that it has proved itself with, in DER, the leaf first; empty: none.
    package var certificates: [[UInt8]] = []
    /// Path and query that it asked for over WebTransport; nil on native QUIC, where SETUP says it.
    package var requestPath: String?
    /// Of another loop: asks it to say when it has acted on what it was told (``Relay/hasCaughtUp(_:)``).
    var ping: (() -> Void)?
    /// What it may do; nil: anything.
    var access: Access?

    /// What each request of either end is about; gone when the request is.
    var requests = PeerRequests()
    /// How many there are.
    package var requestCounts: RequestCounts { requests.counts }
    var writers: [StreamID: IncomingStream] = [:]
    /// What it was told of and asked for as a relay above this one.
    var outlook = Outlook()
    /// What it has sent.
    package internal(set) var received = Traffic.Received()
    /// How often the relay's limits were in its way.
    var limited = LimitCounts()
    /// Streams whose reading earns flow-control credit at once, in bytes.
    private var credits: [(stream: StreamID, byteCount: Int)] = []
    private var finishedStreams = 0
    package private(set) var isClosed = false

    package init(number: UInt64, session: consuming Session, profile: Profile, kind: PeerKind = .client) {
        self.number = number
        self.kind = kind
        self.session = session
        codes = profile.codes
        downlink = Downlink(profile: profile, kind: kind)
    }

    /// It is another loop of the same relay, or a relay that this one has connected to.
    var isSibling: Bool { kind.isSibling }

    /// Whether what comes from `other` is for this peer: siblings tell each other only of their own clients.
    func hears(_ other: Peer) -> Bool { downlink.hears(other) }

    // Subscriptions and the logs they read hold each other.
    deinit { close() }

    /// Tells the driver that there is something to send.
    package func flush() { needsFlush?() }

    /// Has the session say something, and sends it.
    ///
    /// What can't be said any more (the request or the session has ended meanwhile) needs no saying.
    package func say(_ words: (inout Session) throws -> Void) {
        do { try words(&session) } catch { return }
        flush()
    }

    /// What it has brought and taken since the session began.
    package var traffic: Traffic {
        var traffic = Traffic()
        traffic.received = received
        traffic.sent = downlink.sent
        traffic.refused = session.refused
        traffic.limited = session.limited
        traffic.limited += limited
        traffic.limited.count(.datagramQueue, times: downlink.overflowed)
        return traffic
    }

    // MARK: - Credit for what was read

    /// Gives the publisher credit for bytes of a data stream.
    package func credit(_ stream: StreamID, _ byteCount: Int) {
        guard byteCount > 0, !isClosed else { return }
        credits.append((stream, byteCount))
        flush()
    }

    /// A data stream of the peer is over and read: it may open another.
    package func finishedStream() {
        guard !isClosed else { return }
        finishedStreams += 1
        flush()
    }

    package func nextCredit() -> (stream: StreamID, byteCount: Int)? { credits.popLast() }

    /// Streams the peer may open in place of finished ones; counted once.
    package func takeFinishedStreams() -> Int {
        defer { finishedStreams = 0 }
        return finishedStreams
    }

    // MARK: - Our half of the peer's subscriptions

    /// Told when a subscription or a fetch of the peer has come to its end.
    package var readerEnded: ((TrackLog) -> Void)?

    /// PUBLISH_DONE for every subscription whose streams are all closed; the driver calls it before it sends.
    package func endSubscriptions() {
        while let ending = downlink.nextEnding() {
            guard case .subscription(let subscription) = requests.removeValue(forKey: ending.requestID) else {
                continue
            }
            say {
                try $0.publishDone(
                    ending.requestID, ending.code, streamCount: ending.streamCount, reason: ending.reason)
            }
            readerEnded?(subscription.track)
            subscription.followed?()
        }
    }

    var subscriptions: [Subscription] {
        requests.values.compactMap { if case .subscription(let subscription) = $0 { subscription } else { nil } }
    }

    /// Something is under way between this end and the peer.
    package var hasRequests: Bool { !requests.isEmpty }

    /// Whether it is being sent a track, or waits for objects to come.
    package var isServing: Bool {
        requests.values.contains { request in
            switch request {
            case .subscription(let subscription): subscription.forwards
            case .fetchReply, .openingFetch: true
            default: false
            }
        }
    }

    func subscription(_ id: RequestID) -> Subscription? {
        if case .subscription(let subscription) = requests[id] { subscription } else { nil }
    }

    /// The session is gone: nothing more is read or sent.
    func close() {
        isClosed = true
        readerEnded = nil
        for request in requests.values {
            switch request {
            case .subscription(let subscription): subscription.cancel()
            case .fetchReply(let reply): reply.cancel()
            case .fillAsked, .openingFetch, .waiting, .sought, .upstream, .statusWanted, .statusAsked, .namespace,
                .namespaceInterest, .trackInterest, .offer, .advertisement, .discovery:
                break
            }
        }
        requests = PeerRequests()
        for case .subgroup(let writer) in writers.values { writer.letGo() }
        writers = [:]
        downlink.shutDown()
        needsFlush = nil
    }
}

/// A data stream of the peer that is being read.
enum IncomingStream {
    case subgroup(SubgroupWriter)
    /// The subgroup's id is that of its first object, which has not come.
    case unnamed(TrackLog, SubgroupHeader, wireBytes: Int)
    case fill(Fill)
    /// It was stopped, and what still comes of it is thrown away.
    /// - Parameter earnsItsPlace: its end lets the peer open another stream; otherwise its readers do.
    case givenUp(earnsItsPlace: Bool)
}
