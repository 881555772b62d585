internal import MoQTCodec
internal import Wire

/// What a peer has shown, and may do for it.
struct Access {
    /// What was shown with one message.
    struct Warrant {
        /// By value.
        var tokens: [AuthorizationToken] = []
        var grants: [Grant] = []
    }

    /// Shown with SETUP; its grants hold those for the peer itself, too.
    var session = Warrant()
    /// Shown with requests. Some of these may be over.
    var requests: [RequestID: Warrant] = [:]

    /// Whether one may do something now.
    enum Verdict: Equatable {
        /// Until when; nil: for good.
        case allowed(until: Instant?)
        case refused(TokenRefusal)
    }

    /// - Parameter request: what was shown with it counts, too; nil: what was shown with any.
    func verdict(on errand: Errand, _ request: RequestID?, _ now: Instant) -> Verdict {
        var found: Verdict?
        var hasExpired = false
        func consider(_ grants: [Grant]) {
            for grant in grants where errand.isAllowed(by: grant) {
                guard let end = grant.end else { return found = .allowed(until: nil) }
                guard end > now else {
                    hasExpired = true
                    continue
                }
                switch found {
                case .allowed(let known?): found = .allowed(until: max(known, end))
                case .allowed(nil): break
                case .refused, nil: found = .allowed(until: end)
                }
            }
        }
        consider(session.grants)
        if let request {
            if let warrant = requests[request] { consider(warrant.grants) }
        } else {
            for warrant in requests.values { consider(warrant.grants) }
        }
        if let found { return found }
        return .refused(
            hasExpired ? .init(.expired, "its token has expired") : .init(.unauthorized, "no rule allows it"))
    }

    /// When the last ended of what it might do by what SETUP or requests have shown; nil: something goes on for good, or
    /// nothing was shown with SETUP.
    var expiry: Instant? {
        guard !session.grants.isEmpty else { return nil }
        var last: Instant?
        for warrant in [session] + requests.values {
            for grant in warrant.grants {
                guard let end = grant.end else { return nil }
                last = max(last ?? end, end)
            }
        }
        return last
    }

    func allows(_ errand: Errand, _ request: RequestID?, _ now: Instant) -> Bool {
        if case .allowed = verdict(on: errand, request, now) { true } else { false }
    }

    /// Bytes of tokens shown with requests that are kept at most.
    private static let limit = 1 << 20
    private var keptBytes = 0
    private var pruneAt = 64

    /// Notes what was shown with a request, in place of what was shown with it before; now and then forgets what was
    /// shown with those that are over.
    mutating func note(
        _ warrant: Warrant, with request: RequestID, isOpen: (RequestID) -> Bool
    ) throws(TokenRefusal) {
        // What SETUP has shown counts anyway.
        if warrant.tokens.allSatisfy({ session.tokens.contains($0) }) { return }
        keptBytes += warrant.byteCount
        if requests.count >= pruneAt || keptBytes > Self.limit {
            requests = requests.filter { $0.key != request && isOpen($0.key) }
            pruneAt = max(64, 2 * requests.count)
            keptBytes = requests.values.reduce(warrant.byteCount) { $0 + $1.byteCount }
        }
        guard keptBytes <= Self.limit else { throw TokenRefusal(.unauthorized, "too many tokens at once") }
        requests[request] = warrant
    }
}

extension Access.Warrant {
    /// Of its tokens.
    fileprivate var byteCount: Int {
        tokens.reduce(0) { if case .useValue(_, let value) = $1 { $0 + value.count } else { $0 } }
    }
}

/// What a peer wants to do, and with what.
struct Errand {
    enum Object {
        case track(FullTrackName)
        case namespace(TrackNamespace)
        /// Some namespace under it.
        case anyUnder(TrackNamespace)
    }

    /// One of these.
    var action: Grant.Actions
    var object: Object

    init(_ action: Grant.Actions, _ object: Object) {
        self.action = action
        self.object = object
    }

    func isAllowed(by grant: Grant) -> Bool {
        guard !grant.actions.isDisjoint(with: action) else { return false }
        return switch object {
        case .track(let name): grant.scope.covers(name)
        case .namespace(let namespace): grant.scope.covers(namespace)
        case .anyUnder(let prefix): grant.scope.reaches(under: prefix)
        }
    }
}
