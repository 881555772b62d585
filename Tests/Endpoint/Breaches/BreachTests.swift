import Breaches
import Endpoint
import MoQTCodec
import MoQTRelay
import MoQTSession
import Testing
import Wire

/// What no peer may do in the course of a session, done over a real connection: to a relay by a client, and to a client
/// by a server. What the draft says of it is seen on the wire.
@Suite struct BreachTests {
    struct Trial: CustomTestStringConvertible, Sendable {
        let breach: Breach
        let profile: Profile
        let victim: EndpointRole
        let carrier: Carrier

        var testDescription: String { "\(breach), \(profile.name), to a \(victim), \(carrier)" }
    }

    static let trials = Breach.all.flatMap { breach in
        breach.drafts.flatMap { profile in
            breach.victims.flatMap { victim in
                Carrier.allCases.map { Trial(breach: breach, profile: profile, victim: victim, carrier: $0) }
            }
        }
    }

    @Test("the peer is told as the rule says", arguments: trials)
    func wire(_ trial: Trial) throws {
        let scene = try Scene(trial)
        try scene.play()
        switch trial.breach.outcome {
        case .closes(let code):
            scene.world.run { scene.peer.closeCode != nil || scene.peer.failure != nil }
            let number = try #require(scene.peer.closeCode, "\(scene.peer.failure ?? "not closed")")
            #expect(trial.profile.codes.session.code(for: number) == code)
        case .refuses(let code, let used):
            scene.world.run { !scene.refusals.isEmpty || scene.isOver }
            #expect(scene.refusals == [code])
            try scene.probe(used)
        case .goesOn(let used):
            try scene.probe(used)
            #expect(scene.refusals.isEmpty)
        }
    }

    /// One end of ours, and a peer that is up to something.
    final class Scene {
        let world: Loopback
        let peer: RawPeer
        let words: Words
        private let breach: Breach
        private let relay = Relay(settings: Relay.Settings(), cache: Cache(limit: 1 << 20))
        private var listener: Listener?
        private var dial: Dial?
        private var streams: [Place: StreamID] = [:]

        init(_ trial: Trial) throws {
            breach = trial.breach
            world = try Loopback(trial.carrier, draft: trial.profile.alpn)
            words = Words(trial.profile, trial.victim == .client ? .server : .client)
            breach.configure(&world.session)
            if trial.victim == .server {
                let listener = try world.listen()
                self.listener = listener
                let relay = self.relay
                world.server.recorder.react = { event, peer, now in
                    if case .ready = event { relay.add(peer) }
                    relay.handle(event, from: peer, now: now)
                }
                peer = try RawPeer(to: listener.address, trial.carrier, trial.profile, world.loop)
            } else {
                peer = try RawPeer(serving: trial.carrier, trial.profile, world.loop)
                let asks = breach.asks
                world.client.recorder.react = { event, peer, _ in
                    peer.say { acceptAll(event, in: &$0) }
                    guard case .ready = event else { return }
                    for ask in asks { peer.say(ask) }
                }
                dial = try world.dial(peer.address)
            }
        }

        var isOver: Bool { peer.closeCode != nil || peer.failure != nil }

        func play() throws {
            try #require(world.run { peer.isReady || peer.failure != nil })
            if let setup = breach.setup { try play(.say(.control, setup(words))) }
            try wait { peer.heard.count { $0.isRequest } >= breach.asks.count }
            for step in breach.steps(words) { try play(step) }
        }

        /// The session still answers.
        func probe(_ used: Int) throws {
            let before = acceptances
            try play(.say(words.on(used), words.publishNamespace(words[used], "probe")))
            try wait { acceptances > before }
            #expect(peer.closeCode == nil && peer.failure == nil)
        }

        private func play(_ step: Breach.Step) throws {
            switch step {
            case .say(let place, let bytes): peer.say(bytes, on: try stream(place))
            case .finish(let place): peer.say([], on: try stream(place), fin: true)
            case .reset(let place): peer.reset(try stream(place))
            case .stop(let place): peer.stop(try stream(place))
            case .answered(let count): try wait { acceptances + refusals.count >= count }
            }
        }

        private func wait(until condition: () -> Bool) throws {
            world.run { condition() || isOver }
            try #require(condition(), "\(peer.closeCode.map { "closed with \($0)" } ?? peer.failure ?? "silence")")
        }

        var refusals: [RequestErrorCode] {
            peer.heard.compactMap { if case .requestError(let error) = $0 { error.code } else { nil } }
        }

        private var acceptances: Int {
            peer.heard.count {
                switch $0 {
                case .subscribeOK, .requestOK, .fetchOK: true
                default: false
                }
            }
        }

        // MARK: - Streams

        private func stream(_ place: Place) throws -> StreamID {
            if let stream = streams[place] { return stream }
            let stream = try newStream(place)
            streams[place] = stream
            return stream
        }

        private func newStream(_ place: Place) throws -> StreamID {
            let isShared = words.profile.hasOneControlStream
            switch place {
            case .control where isShared && words.speaker == .server: return try opened(.bidirectional, 0)
            case .control: return try open(isShared ? .bidirectional : .unidirectional)
            case .theirControl where isShared: return try stream(.control)
            case .theirControl: return try opened(.unidirectional, 0)
            case .own: return try open(.bidirectional)
            case .theirs(let number):
                return try opened(.bidirectional, isShared && words.speaker == .server ? number + 1 : number)
            case .data: return try open(.unidirectional)
            }
        }

        private func open(_ direction: StreamDirection) throws -> StreamID { try #require(peer.open(direction)) }

        private func opened(_ direction: StreamDirection, _ number: Int) throws -> StreamID {
            try wait { peer.opened[direction]?.count ?? 0 > number }
            return try #require(peer.opened[direction]?[number])
        }
    }
}

extension ControlMessage {
    fileprivate var isRequest: Bool {
        switch self {
        case .subscribe, .publish, .fetch, .trackStatus, .publishNamespace, .subscribeNamespace, .subscribeTracks: true
        default: false
        }
    }
}
