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

    func allows(_ errand: Errand, _ request: RequestID?, _ now: Instant) -> Bool {
        if case .allowed = verdict(on: errand, request, now) { true } else { false }
    }

    /// Notes what was shown with a request, and now and then forgets what was shown with those that are over.
    mutating func note(_ warrant: Warrant, with request: RequestID, isOpen: (RequestID) -> Bool) {
        requests[request, default: Warrant()].tokens += warrant.tokens
        requests[request, default: Warrant()].grants += warrant.grants
        guard requests.count > pruneAt else { return }
        requests = requests.filter { $0.key == request || isOpen($0.key) }
        pruneAt = max(64, 2 * requests.count)
    }

    private var pruneAt = 64
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
