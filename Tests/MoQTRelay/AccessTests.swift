@testable import MoQTRelay
import MoQTCodec
import MoQTSession
import Testing
import Wire

/// draft-18 "Authorization", "AUTHORIZATION TOKEN Parameter".
@Suite struct AccessTests {
    /// What a client asks for, always under the namespace `live`.
    enum Action: CaseIterable {
        case publish, publishNamespace, subscribe, fetch, trackStatus, subscribeNamespace, subscribeTracks

        /// Of ``RequestKind``; whose codes are those of the answer.
        func kind(_ profile: Profile) -> RequestKind {
            switch self {
            case .publish: .publish
            case .publishNamespace: .publishNamespace
            case .subscribe: .subscribe
            case .fetch: .fetch
            case .trackStatus: .trackStatus
            case .subscribeNamespace: .subscribeNamespace
            case .subscribeTracks:
                profile.messages.contains { $0.kind == .subscribeTracks } ? .subscribeTracks : .subscribeNamespace
            }
        }

        /// The words of a rules file that allow it, and no other word does.
        var word: String {
            switch self {
            case .publish: "publish"
            case .publishNamespace: "announce"
            case .subscribe, .subscribeNamespace, .subscribeTracks: "subscribe"
            case .fetch, .trackStatus: "fetch"
            }
        }

        /// C4M's number.
        var number: UInt8 {
            switch self {
            case .publish: 6
            case .publishNamespace: 2
            case .subscribe, .subscribeTracks: 4
            case .fetch: 7
            case .trackStatus: 8
            case .subscribeNamespace: 3
            }
        }
    }

    /// By what a client is known.
    enum Proof: CaseIterable { case secret, json, commonAccess }

    enum State: CaseIterable {
        case valid, expired, wrongKey, wrongScope, wrongAction, missing, malformed

        /// What a request with such a token is refused with; nil: it is not refused.
        var code: RequestErrorCode? {
            switch self {
            case .valid: nil
            case .expired: .expiredAuthToken
            case .malformed: .malformedAuthToken
            case .wrongKey, .wrongScope, .wrongAction, .missing: .unauthorized
            }
        }
    }

    /// Where a token is shown.
    enum Place: CaseIterable { case setup, url, request }

    private static func rules(_ action: Action) -> String {
        """
        # Whoever shows the secret
        secret good  correct-horse
        secret other battery-staple   # may do the same elsewhere
        secret less  paper-clip
        jwt main keys
        cat c4m keys claim 1000
        allow good \(action.word) live
        allow other \(action.word) dead
        allow less \(action.word == "publish" ? "fetch" : "publish") live
        """
    }

    /// Nil: there is no such token.
    private static func token(_ proof: Proof, _ state: State, _ action: Action) -> AuthorizationToken? {
        let other = Array("another-key-another-key-another-".utf8)
        switch (proof, state) {
        case (_, .missing), (.secret, .expired), (.secret, .malformed): return nil
        case (.secret, .valid): return .value(Array("correct-horse".utf8))
        case (.secret, .wrongScope): return .value(Array("battery-staple".utf8))
        case (.secret, .wrongAction): return .value(Array("paper-clip".utf8))
        // It must not be taken for one that is cut short.
        case (.secret, .wrongKey): return .value(Token.json(#"{"put":"","get":""}"#, key: other))
        case (.json, _):
            let isPut = action == .publish || action == .publishNamespace
            let right = isPut ? "put" : "get", wrong = isPut ? "get" : "put"
            let claims =
                switch state {
                case .expired: #"{"exp":0.5,"root":"","\#(right)":["live"]}"#
                case .wrongScope: #"{"exp":100,"root":"dead","\#(right)":["live",""]}"#
                case .wrongAction: #"{"exp":100,"root":"live","\#(wrong)":[""]}"#
                default: #"{"exp":100,"root":"live","\#(right)":""}"#
                }
            let token = Token.json(claims, key: state == .wrongKey ? other : Token.key)
            return .value(state == .malformed ? Array(token.dropFirst(1)) : token)
        case (.commonAccess, _):
            let token = Token.commonAccess(
                actions: [state == .wrongAction ? 0 : action.number], field: state == .wrongScope ? "dead" : "live",
                expires: state == .expired ? 0 : 100, key: state == .wrongKey ? other : Token.key)
            return .value(state == .malformed ? Array(token.dropFirst(2)) : token, type: 1)
        }
    }

    @Test(arguments: Profile.spoken, Action.allCases)
    func `every token state has its answer, wherever it is shown`(profile: Profile, action: Action) throws {
        let rules = try RulesFolder().rules(Self.rules(action))
        for proof in Proof.allCases {
            for state in State.allCases {
                let token = Self.token(proof, state, action)
                guard token != nil || state == .missing else { continue }
                for place in Place.allCases {
                    // Where it is shown changes nothing in how it is judged.
                    if place != .request && proof != .json { continue }
                    try check(rules, profile, action, state, token, place, "\(proof) \(state) \(place)")
                }
            }
        }
    }

    private func check(
        _ rules: any Authorizer, _ profile: Profile, _ action: Action, _ state: State, _ token: AuthorizationToken?,
        _ place: Place, _ comment: Comment
    ) throws {
        let world = World()
        let source = world.publisher("live")
        source.add(track("a")).putGroup(0, objects: 1, size: 10)
        world.relay.authorize(by: rules, now: world.now)
        // Nobody has asked what was there before: now it may not be.
        world.run()
        let inURL: String? =
            if case .useValue(_, let value)? = token { String(decoding: value.array, as: UTF8.self) } else { nil }
        let client = world.client(
            profile, setup: place == .setup ? [token].compactMap { $0 } : [],
            path: place == .url ? inURL.map { "/path?a=b&jwt=\($0)" } : nil)
        let isBad = state == .expired || state == .malformed || state == .wrongKey
        if place != .request, isBad {
            return #expect(client.closeCode == state.sessionCode, comment)
        }
        let shown = place == .request ? [token].compactMap { $0 } : []
        let answers = try ["a", "nowhere"].map { name in
            client.events = []
            try client.ask(action, name, shown)
            world.run()
            return client.rejection
        }
        guard var code = state.code else {
            #expect(answers[0] != .unauthorized && answers[0] != .expiredAuthToken, comment)
            return
        }
        let table = profile.codes.request(action.kind(profile))
        if table.number(of: code) == nil { code = .unauthorized }
        #expect(answers == [code, code], comment)
        #expect(client.link.far.peer.requests.isEmpty, comment)
    }
}

extension AccessTests.State {
    fileprivate var sessionCode: SessionCode {
        switch self {
        case .expired: .expiredAuthToken
        case .malformed: .malformedAuthToken
        default: .unauthorized
        }
    }
}

extension TestSubscriber {
    /// With what its session was closed; nil: it is open.
    var closeCode: SessionCode? {
        for case .closed(let close) in events { return close.code }
        return nil
    }

    @discardableResult
    func ask(_ action: AccessTests.Action, _ name: String, _ tokens: [AuthorizationToken] = []) throws -> RequestID {
        var parameters = Parameters()
        parameters.authorizationTokens = tokens
        let live = try TrackNamespace(utf8: "live")
        let id: RequestID =
            switch action {
            case .publish: try peer.session.publish(track(name), parameters).0
            case .publishNamespace:
                try peer.session.publishNamespace(track(name, in: "live", name).namespace, parameters)
            case .subscribe: try peer.session.subscribe(track(name), parameters)
            case .fetch:
                try peer.session.fetch(
                    .standalone(track: track(name), start: .zero, end: RangeEnd(group: 1, object: 1)), parameters)
            case .trackStatus: try peer.session.trackStatus(track(name), parameters)
            case .subscribeNamespace: try peer.session.subscribeNamespace(live, parameters)
            case .subscribeTracks: try peer.session.subscribeTracks(live, parameters)
            }
        peer.flush()
        return id
    }
}
