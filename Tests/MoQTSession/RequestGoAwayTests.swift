import MoQTCodec
import MoQTSession
import Testing
import Wire

/// draft-18 "GOAWAY": "A GOAWAY MAY also be sent on a request stream to initiate migration of that individual request."
struct RequestGoAwayTests {
    static let kinds: [RequestKind] = [
        .subscribe, .publish, .fetch, .trackStatus, .publishNamespace, .subscribeNamespace, .subscribeTracks,
    ]
    static let having = Profile.spoken.filter { $0.behaviours.contains(.goAwayOnRequestStreams) }
    static let lacking = Profile.spoken.filter { !$0.behaviours.contains(.goAwayOnRequestStreams) }

    /// A request of `asker`, and who wants it moved.
    struct Move: CustomTestStringConvertible, Sendable {
        let kind: RequestKind
        let asker: EndpointRole
        let isByAsker: Bool
        let isAnswered: Bool

        var mover: EndpointRole { isByAsker ? asker : asker == .client ? .server : .client }
        var testDescription: String {
            "\(kind) of a \(asker), \(isAnswered ? "answered" : "unanswered"), by the \(isByAsker ? "asker" : "answerer")"
        }
        /// draft-18 "SUBSCRIBE_NAMESPACE": the answer comes first, whatever follows.
        var isTooEarly: Bool { !isAnswered && !isByAsker && [.subscribeNamespace, .subscribeTracks].contains(kind) }

        static let all = kinds.flatMap { kind in
            [EndpointRole.client, .server].flatMap { asker in
                [true, false].flatMap { isByAsker in
                    // TRACK_STATUS ends with its answer.
                    (kind == .trackStatus ? [false] : [true, false]).map {
                        Move(kind: kind, asker: asker, isByAsker: isByAsker, isAnswered: $0)
                    }
                }
            }
        }
    }

    /// Two ends with a request between them.
    struct Scene {
        let pair: Pair
        let id: RequestID
        let asker: End
        let mover: End
        let other: End

        init(_ move: Move, _ profile: Profile) throws {
            pair = Pair(profile)
            asker = move.asker == .client ? pair.client : pair.server
            let answerer = move.asker == .client ? pair.server : pair.client
            id = try asker.session.ask(move.kind)
            pair.run()
            if move.isAnswered { try answerer.session.agree(to: id, move.kind) }
            pair.run()
            (mover, other) = move.isByAsker ? (asker, answerer) : (answerer, asker)
            _ = (mover.take(), other.take())
        }

        /// What a mover may name: only servers can be connected to.
        var uri: WireText { mover.role == .server ? "moqt://elsewhere" : "" }

        func move(timeout: UInt64 = 0) throws {
            try mover.session.goAway(id, uri: uri, timeout: timeout, now: pair.now)
            pair.run()
        }

        func isOver(at end: End) -> Bool {
            do throws(SessionError) { try end.session.cancel(id) } catch { return error == .unknownRequest(id) }
            return false
        }
    }

    @Test(arguments: having, Move.all.filter { !$0.isTooEarly })
    func `GOAWAY says of one request where it is to go, and changes nothing`(profile: Profile, move: Move) throws {
        let scene = try Scene(move, profile)
        try scene.move(timeout: 70_000)
        var message = GoAway()
        message.newSessionURI = scene.uri
        message.timeout = 70_000
        #expect(scene.other.take() == [.goAway(message, request: scene.id)])
        #expect(scene.mover.take().isEmpty)
        // Both may ask for more, and the request lasts.
        for end in [scene.mover, scene.other] { _ = try end.session.ask(.publishNamespace) }
        scene.pair.run()
        #expect(scene.mover.close == nil && scene.other.close == nil)
        try scene.other.session.cancel(scene.id)
        scene.pair.run()
        #expect(scene.mover.events.contains(.requestCancelled(scene.id, .cancelled)))
        // What was to happen after the time is up, does not.
        scene.pair.advance(seconds: 100)
        #expect(scene.mover.close == nil && scene.other.close == nil)
    }

    @Test(arguments: having, Move.all.filter { !$0.isTooEarly })
    func `after the timeout the request is reset with GOING_AWAY, and nothing else`(profile: Profile, move: Move) throws
    {
        let scene = try Scene(move, profile)
        let another = try scene.asker.session.ask(.publishNamespace)
        try scene.move(timeout: 3_000)
        scene.pair.advance(seconds: 2)
        #expect(!scene.mover.events.contains(.requestCancelled(scene.id, .goingAway)))
        scene.pair.advance(seconds: 1)
        #expect(scene.mover.events.contains(.requestCancelled(scene.id, .goingAway)))
        #expect(scene.other.events.contains(.requestCancelled(scene.id, .goingAway)))
        #expect(scene.isOver(at: scene.mover) && scene.isOver(at: scene.other))
        try scene.asker.session.cancel(another)
        #expect(scene.pair.client.close == nil && scene.pair.server.close == nil)
    }

    @Test(arguments: having, Move.all.filter { !$0.isTooEarly })
    func `without a timeout the request lasts as long as the peer likes`(profile: Profile, move: Move) throws {
        let scene = try Scene(move, profile)
        try scene.move()
        scene.pair.advance(seconds: 8 * 3600)
        #expect(!scene.isOver(at: scene.mover))
    }

    @Test(arguments: having, Move.all.filter(\.isTooEarly))
    func `who answers SUBSCRIBE_NAMESPACE answers before it says GOAWAY`(profile: Profile, move: Move) throws {
        let scene = try Scene(move, profile)
        #expect(throws: SessionError.notAllowed(scene.id, "GOAWAY before the answer")) { try scene.move() }
        try scene.mover.session.agree(to: scene.id, move.kind)
        try scene.move()
        #expect(scene.other.events.contains { if case .goAway(_, scene.id) = $0 { true } else { false } })
        #expect(scene.other.close == nil)
    }

    @Test(arguments: having, Move.all.filter { !$0.isTooEarly })
    func `GOAWAY is said once of each request, and by both ends`(profile: Profile, move: Move) throws {
        let scene = try Scene(move, profile)
        try scene.move()
        #expect(throws: SessionError.notAllowed(scene.id, "a second GOAWAY")) { try scene.move() }
        let another = try scene.asker.session.ask(.publishNamespace)
        scene.pair.run()
        try scene.mover.session.goAway(another, now: scene.pair.now)
        let isEarly = !move.isAnswered && move.isByAsker && [.subscribeNamespace, .subscribeTracks].contains(move.kind)
        if !isEarly { try scene.other.session.goAway(scene.id, now: scene.pair.now) }
        scene.pair.run()
        #expect(scene.pair.client.close == nil && scene.pair.server.close == nil)
        #expect(scene.mover.events.contains { if case .goAway(_, scene.id) = $0 { true } else { false } } != isEarly)
        #expect(scene.other.events.contains { if case .goAway(_, another) = $0 { true } else { false } })
    }

    @Test(arguments: having) func `a request that has ended is not moved`(profile: Profile) throws {
        let scene = try Scene(Move(kind: .subscribe, asker: .client, isByAsker: false, isAnswered: true), profile)
        try scene.asker.session.cancel(scene.id)
        // They cross.
        try scene.mover.session.goAway(scene.id, uri: scene.uri, timeout: 1_000, now: scene.pair.now)
        scene.pair.run()
        #expect(throws: SessionError.unknownRequest(scene.id)) { try scene.move() }
        scene.pair.advance(seconds: 2)
        #expect(scene.other.events.isEmpty)
        #expect(scene.mover.events == [.requestCancelled(scene.id, .cancelled)])
        #expect(scene.mover.session.deadline == nil)
    }

    @Test(arguments: having) func `a client names no URI for a request either`(profile: Profile) throws {
        let scene = try Scene(Move(kind: .publish, asker: .client, isByAsker: true, isAnswered: true), profile)
        #expect(throws: SessionError.invalid("a client names no new session URI")) {
            try scene.mover.session.goAway(scene.id, uri: "moqt://elsewhere", now: scene.pair.now)
        }
    }

    @Test(arguments: lacking) func `older drafts have GOAWAY for the session only`(profile: Profile) throws {
        for asker in [EndpointRole.client, .server] {
            for isByAsker in [true, false] {
                let scene = try Scene(
                    Move(kind: .publishNamespace, asker: asker, isByAsker: isByAsker, isAnswered: true), profile)
                #expect(throws: SessionError.invalid("the draft has no GOAWAY of requests")) {
                    try scene.move(timeout: 1_000)
                }
                scene.pair.advance(seconds: 2)
                #expect(scene.mover.events.isEmpty && scene.other.events.isEmpty)
                #expect(!scene.isOver(at: scene.mover))
            }
        }
    }
}

extension Session {
    /// A request of that kind; each of its own track or namespace.
    fileprivate mutating func ask(_ kind: RequestKind) throws -> RequestID {
        switch kind {
        case .subscribe: try subscribe(track("a"))
        case .publish: try publish(track("b")).0
        case .fetch: try fetch(.standalone(track: track("c"), start: .zero, end: RangeEnd(group: 1, object: 5)))
        case .trackStatus: try trackStatus(track("d"))
        case .publishNamespace: try publishNamespace(namespace([role == .client ? "client" : "server"]))
        case .subscribeNamespace: try subscribeNamespace(namespace(["live"]))
        case .subscribeTracks: try subscribeTracks(namespace(["live"]))
        }
    }

    fileprivate mutating func agree(to id: RequestID, _ kind: RequestKind) throws {
        switch kind {
        case .subscribe: _ = try acceptSubscribe(id)
        case .publish: try acceptPublish(id)
        case .fetch: try acceptFetch(id, end: RangeEnd(group: 1, object: 5))
        case .trackStatus, .publishNamespace, .subscribeNamespace, .subscribeTracks: try accept(id)
        }
    }
}
