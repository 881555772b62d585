import Breaches
import MoQTCodec
import MoQTSession
import Testing
import Wire

/// What no peer may do in the course of a session, done to the session itself.
struct BreachTests {
    struct Trial: CustomTestStringConvertible, Sendable {
        let breach: Breach
        let profile: Profile
        let victim: EndpointRole

        var testDescription: String { "\(breach), \(profile.name), to a \(victim)" }
    }

    static let trials = Breach.all.flatMap { breach in
        breach.drafts.flatMap { profile in
            breach.victims.map { Trial(breach: breach, profile: profile, victim: $0) }
        }
    }

    /// - Parameter bytewise: the split of the bytes makes no difference.
    @Test(arguments: trials, [false, true])
    func `what comes of it is as the rule says`(_ trial: Trial, _ bytewise: Bool) throws {
        let breach = trial.breach
        let scene = try Scene(trial, bytewise: bytewise)
        for step in breach.steps(scene.words) {
            #expect(scene.end.close == nil, "closed too early: \(scene.end.close?.reason ?? "")")
            scene.play(step)
        }
        switch breach.outcome {
        case .closes(let code):
            let close = try #require(scene.end.close)
            #expect(close.code == code, "\(close.reason)")
            #expect(close.origin == .us && scene.end.actions.last == .close(close.code, reason: close.reason))
            let fault = try #require(close.violation)
            #expect(!fault.what.isEmpty && !fault.section.isEmpty && !fault.field.isEmpty)
        case .refuses(let code, let used):
            #expect(scene.refusals == [code])
            scene.probe(used)
        case .goesOn(let used):
            #expect(scene.refusals.isEmpty)
            scene.probe(used)
        }
    }

    /// A session and what its peer does to it.
    final class Scene {
        let end: End
        let words: Words
        private let bytewise: Bool
        private let now = Instant(nanoseconds: 1)
        private var handled = 0
        private(set) var refusals: [RequestErrorCode] = []
        private(set) var acceptances = 0

        init(_ trial: Trial, bytewise: Bool) throws {
            self.bytewise = bytewise
            var configuration = SessionConfiguration.test
            trial.breach.configure(&configuration)
            end = End(trial.victim, configuration, trial.profile)
            words = Words(trial.profile, trial.victim == .client ? .server : .client)
            end.session.watch = { [weak self] message, sender, _ in
                if sender == trial.victim { self?.said(message) }
            }
            end.session.transportReady(now: now)
            end.drain()
            if let setup = trial.breach.setup { play(.say(.control, setup(words))) }
            for ask in trial.breach.asks { try ask(&end.session) }
            end.drain()
        }

        private func said(_ message: ControlMessage) {
            switch message {
            case .requestError(let error): refusals.append(error.code)
            case .subscribeOK, .requestOK, .fetchOK: acceptances += 1
            default: break
            }
        }

        func play(_ step: Breach.Step) {
            switch step {
            case .say(let place, let bytes):
                for piece in bytewise ? bytes.map({ [$0] }) : [bytes] {
                    end.session.received(Bytes(piece), on: stream(place), fin: false, now: now)
                }
            case .finish(let place): end.session.received(Bytes(), on: stream(place), fin: true, now: now)
            case .reset(let place): end.session.peerReset(stream(place), .cancelled)
            case .stop(let place): end.session.peerStopped(stream(place), .cancelled)
            case .answered(let count): #expect(refusals.count + acceptances >= count)
            }
            end.drain()
            while handled < end.events.count {
                acceptAll(end.events[handled], in: &end.session)
                handled += 1
                end.drain()
            }
        }

        /// The session still answers.
        func probe(_ used: Int) {
            let before = acceptances
            play(.say(words.on(used), words.publishNamespace(words[used], "probe")))
            #expect(end.close == nil && acceptances == before + 1)
        }

        private func stream(_ place: Place) -> StreamID {
            let peer: UInt64 = words.speaker == .client ? 0 : 1
            let isShared = words.profile.hasOneControlStream
            // Client-initiated ones come after the control stream there.
            func bidirectional(_ number: Int, of role: UInt64) -> UInt64 {
                UInt64(4 * (isShared && role == 0 ? number + 1 : number)) + role
            }
            let id: UInt64 =
                switch place {
                case .control: isShared ? 0 : 2 + peer
                case .theirControl: isShared ? 0 : 3 - peer
                case .own(let number): bidirectional(number, of: peer)
                case .theirs(let number): bidirectional(number, of: 1 - peer)
                case .data(let number): UInt64(4 * (isShared ? number : number + 1)) + 2 + peer
                }
            return StreamID(rawValue: id)
        }
    }
}
