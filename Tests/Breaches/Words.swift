package import MoQTCodec
package import Wire

/// What one end of a session says, right or wrong, in the words of a draft.
package struct Words: Sendable {
    package let profile: Profile
    package let speaker: EndpointRole

    package init(_ profile: Profile, _ speaker: EndpointRole) {
        self.profile = profile
        self.speaker = speaker
    }

    /// The speaker's Request ID of that number, from 0.
    package subscript(number: Int) -> RequestID { Self.id(number, of: speaker) }
    /// The listener's Request ID of that number, from 0.
    package func theirs(_ number: Int) -> RequestID { Self.id(number, of: speaker == .client ? .server : .client) }

    private static func id(_ number: Int, of role: EndpointRole) -> RequestID {
        RequestID(rawValue: UInt64(2 * number + (role == .client ? 0 : 1)))
    }

    /// The speaker's request of that number.
    package func on(_ number: Int) -> Place { profile.hasOneControlStream ? .control : .own(number) }
    /// The listener's request of that number, and what is said about it.
    package func re(_ number: Int) -> Place { profile.hasOneControlStream ? .control : .theirs(number) }

    // MARK: - Encoding

    package func encoded(_ message: ControlMessage, _ place: MessageContext.Place) -> [UInt8] {
        var bytes: [UInt8] = []
        do {
            try message.append(to: &bytes, profile: profile, context: MessageContext(sender: speaker, place: place))
        } catch {
            preconditionFailure("\(profile.name): \(error)")
        }
        return bytes
    }

    /// A message about a request, which it names where the draft has it so.
    package func about(_ id: RequestID, _ message: ControlMessage, _ kind: RequestKind) -> [UInt8] {
        encoded(message.about(profile.hasOneControlStream ? id : nil), .request(kind))
    }

    // MARK: - Session

    package func setup(version: UInt64? = nil, tokens: [AuthorizationToken] = []) -> [UInt8] {
        var message = Setup()
        if profile.has(.maxRequestID) { message.maxRequestID = Self.limit }
        if profile.has(.versions, in: .setup, at: .control) { message.versions = [version ?? profile.version] }
        message.authorizationTokens = tokens
        return encoded(.setup(message), .control)
    }

    /// A client's SETUP with tokens that it must not have. Since draft-15.
    package func setup(forbidden tokens: [AuthorizationToken]) -> [UInt8] {
        // In the words of a server, to whom the codec does not refuse them.
        var bytes = Words(profile, .server).setup(tokens: tokens)
        if profile.hasOneControlStream { bytes[0] = 0x20 }
        return bytes
    }

    /// MAX_REQUEST_ID of ``setup(version:tokens:)``.
    package static let limit: UInt64 = 100

    package func maximum(_ maximum: UInt64) -> [UInt8] {
        var message = MaxRequestID()
        message.maximum = maximum
        return encoded(.maxRequestID(message), .control)
    }

    /// GOAWAY on the control stream.
    /// - Parameter id: where the draft has a Request ID there; nil: the listener's first.
    package func goAway(_ uri: String = "", _ id: RequestID? = nil) -> [UInt8] {
        // By hand: the codec refuses to write what a client must not send.
        var body: [UInt8] = [UInt8(uri.utf8.count)] + Array(uri.utf8)
        if profile.has(.timeout, in: .goAway, at: .control) { body.append(0) }
        if profile.has(.requestID, in: .goAway, at: .control) { body.append(UInt8((id ?? theirs(0)).rawValue)) }
        return [0x10, 0, UInt8(body.count)] + body
    }

    /// GOAWAY on a request stream.
    package static let goAwayOfRequest: [UInt8] = [0x10, 0, 2, 0, 0]

    // MARK: - Requests

    package func subscribe(
        _ id: RequestID, _ name: String = "a", _ set: (inout Parameters) -> Void = { _ in }
    ) -> [UInt8] {
        var message = Subscribe()
        message.requestID = id
        message.track = track(name)
        set(&message.parameters)
        return encoded(.subscribe(message), .request(.subscribe))
    }

    package func publish(_ id: RequestID, _ name: String = "a", alias: UInt64 = 7) -> [UInt8] {
        var message = Publish()
        message.requestID = id
        message.track = track(name)
        message.trackAlias = TrackAlias(rawValue: alias)
        return encoded(.publish(message), .request(.publish))
    }

    package func joining(_ id: RequestID, to joined: RequestID) -> [UInt8] {
        var message = Fetch()
        message.requestID = id
        message.target = .absoluteJoining(request: joined, group: 0)
        return encoded(.fetch(message), .request(.fetch))
    }

    package func trackStatus(_ id: RequestID) -> [UInt8] {
        var message = TrackStatus()
        message.requestID = id
        message.track = track("a")
        return encoded(.trackStatus(message), .request(.trackStatus))
    }

    package func publishNamespace(
        _ id: RequestID, _ name: String = "live", tokens: [AuthorizationToken] = []
    ) -> [UInt8] {
        var message = PublishNamespace()
        message.requestID = id
        message.namespace = namespace([name])
        message.parameters.authorizationTokens = tokens
        return encoded(.publishNamespace(message), .request(.publishNamespace))
    }

    /// REQUEST_UPDATE, or SUBSCRIBE_UPDATE.
    package func update(
        _ id: RequestID, of target: RequestID, _ kind: RequestKind = .subscribe,
        _ set: (inout Parameters) -> Void = { _ in }
    ) -> [UInt8] {
        var message = RequestUpdate()
        message.requestID = id
        if profile.behaviours.contains(.silentUpdates) {
            // It says everything.
            message.parameters.forward = true
            message.parameters.subscriberPriority = 1
            message.parameters.locationFilter = .absoluteStart(.zero)
        }
        set(&message.parameters)
        return encoded(.requestUpdate(message).about(profile.hasOneControlStream ? target : nil), .request(kind))
    }

    /// REQUEST_UPDATE of what is no subscription, with a parameter that only subscriptions have.
    package func misplacedUpdate(_ id: RequestID, of target: RequestID) -> [UInt8] {
        update(id, of: target, .subscribe) { $0.forward = true }
    }

    package func stateNotify() -> [UInt8] { encoded(.publishStateNotify(PublishStateNotify()), .request(.subscribe)) }

    // MARK: - Answers

    package func subscribeOK(_ id: RequestID, alias: UInt64 = 7) -> [UInt8] {
        var message = SubscribeOK()
        message.trackAlias = TrackAlias(rawValue: alias)
        return about(id, .subscribeOK(message), .subscribe)
    }

    package func fetchOK(_ id: RequestID, group: UInt64) -> [UInt8] {
        var message = FetchOK()
        message.end = RangeEnd(group: group, object: 1)
        return about(id, .fetchOK(message), .fetch)
    }

    package func requestOK(_ id: RequestID, _ kind: RequestKind) -> [UInt8] {
        about(id, .requestOK(RequestOK()), kind)
    }

    package func requestError(_ id: RequestID, _ kind: RequestKind) -> [UInt8] {
        about(id, .requestError(RequestError()), kind)
    }

    package func publishDone(_ id: RequestID) -> [UInt8] { about(id, .publishDone(PublishDone()), .subscribe) }
}

/// The track of that name in the namespace (live).
func track(_ name: String, in fields: String...) -> FullTrackName {
    try! FullTrackName(namespace: namespace(fields.isEmpty ? ["live"] : fields), name: TrackName(utf8: name))
}

func namespace(_ fields: [String]) -> TrackNamespace { try! TrackNamespace(fields.map { Array($0.utf8) }) }
