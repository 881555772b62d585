package import MoQTCodec
package import MoQTSession
package import Wire

/// What a peer may not do in the course of a session, and what comes of it.
package struct Breach: Sendable, CustomStringConvertible {
    package enum Outcome: Sendable {
        /// The session is closed with the code.
        case closes(SessionCode)
        /// A request is refused with the code, and the session goes on.
        /// - Parameter used: how many Request IDs the peer has used.
        case refuses(RequestErrorCode, used: Int)
        /// It is no breach in these drafts.
        case goesOn(used: Int)
    }

    package enum Step: Sendable {
        case say(Place, [UInt8])
        case finish(Place)
        case reset(Place)
        /// STOP_SENDING.
        case stop(Place)
        /// Goes on when so many requests of the peer have been answered, updates included.
        case answered(Int)
    }

    package var description: String
    package var drafts: [Profile]
    /// The end that it is done to.
    package var victims: [EndpointRole]
    /// Of the victim.
    package var configure: @Sendable (inout SessionConfiguration) -> Void = { _ in }
    /// The victim's own requests before.
    package var asks: [@Sendable (inout Session) throws -> Void] = []
    /// What the peer's SETUP is; nil: it says none.
    package var setup: (@Sendable (Words) -> [UInt8])? = { $0.setup() }
    package var steps: @Sendable (Words) -> [Step]
    package var outcome: Outcome

    /// Done to a server.
    init(
        _ description: String, _ drafts: [Profile], _ outcome: Outcome = .closes(.protocolViolation),
        to victims: [EndpointRole] = [.server], steps: @escaping @Sendable (Words) -> [Step]
    ) {
        self.description = description
        self.drafts = drafts
        self.victims = victims
        self.steps = steps
        self.outcome = outcome
    }

    /// Done to a client that has made a request.
    init(
        _ description: String, _ drafts: [Profile], _ outcome: Outcome = .closes(.protocolViolation),
        asking asks: @escaping @Sendable (inout Session) throws -> Void,
        steps: @escaping @Sendable (Words) -> [Step]
    ) {
        self.init(description, drafts, outcome, to: [.client], steps: steps)
        self.asks = [asks]
    }

    func with(_ change: (inout Breach) -> Void) -> Breach {
        var result = self
        change(&result)
        return result
    }

    package static let all =
        limits + aliases + goAways + streams + updates + joins + answers + tokens + subscriptions
        + notices
}

/// A stream, as both ends can name it.
package enum Place: Hashable, Sendable {
    /// The peer's control stream, or the one there is.
    case control
    /// The victim's control stream, or the one there is.
    case theirControl
    /// The peer's bidirectional stream of that number, but for the control stream.
    case own(Int)
    /// The victim's bidirectional stream of that number, but for the control stream.
    case theirs(Int)
    /// A unidirectional stream of the peer's, but for the control stream.
    case data(Int)
}

/// Accepts whatever the peer asks for, except for tracks of the name `z`, which stay unanswered.
package func acceptAll(_ event: SessionEvent, in session: inout Session) {
    switch event {
    case .subscribe(let request) where request.track != track("z"): _ = try? session.acceptSubscribe(request.requestID)
    case .publish(let request): try? session.acceptPublish(request.requestID)
    case .trackStatus(let request): try? session.accept(request.requestID)
    case .publishNamespace(let request): try? session.accept(request.requestID)
    case .subscribeNamespace(let request): try? session.accept(request.requestID)
    case .subscribeTracks(let request): try? session.accept(request.requestID)
    case .updateRequested(let id, _): _ = try? session.acceptUpdate(id)
    default: break
    }
}

// MARK: - Drafts

let every = Profile.spoken
/// Requests share a control stream.
let upTo16 = every.filter { $0.hasOneControlStream }
/// Each request has a stream.
let from17 = every.filter { !$0.hasOneControlStream }
let from16 = [Profile.draft16] + from17
let from18 = from17.filter { $0.alpn != Profile.draft17.alpn }
let from19 = from18.filter { $0.alpn != Profile.draft18.alpn }
let from20: [Profile] = [.draft22, .draft21, .draft20]
let to15: [Profile] = [.draft14, .draft15]
let both: [EndpointRole] = [.server, .client]

// MARK: - Our requests

@Sendable func subscribeA(_ session: inout Session) throws { _ = try session.subscribe(track("a")) }
@Sendable func subscribeB(_ session: inout Session) throws { _ = try session.subscribe(track("b")) }
@Sendable func publishA(_ session: inout Session) throws { _ = try session.publish(track("a")) }
@Sendable func announceLive(_ session: inout Session) throws { _ = try session.publishNamespace(namespace(["live"])) }
@Sendable func subscribeLive(_ session: inout Session) throws {
    _ = try session.subscribeNamespace(namespace(["live"]))
}
@Sendable func fetchA(_ session: inout Session) throws {
    let start = Location(group: 5, object: 3)
    _ = try session.fetch(.standalone(track: track("a"), start: start, end: RangeEnd(group: 9)))
}
