import MoQTCodec
import Wire

extension DraftMessages {
    /// A message of `layout`, which belongs to `context`.
    mutating func message(_ layout: MessageLayout, _ context: MessageContext) throws -> ControlMessage {
        let fields = layout.fieldSet
        func has(_ field: MessageField) -> Bool { fields.isSuperset(of: MessageFields([field])) }
        let target = id()
        let properties = Properties(pairs(from: 0x8000), profile: profile)

        switch ControlMessage.blank(layout.kind) {
        case .setup(var body):
            try fill(&body, layout, context)
            return .setup(body)
        case .goAway(var body):
            if context.sender == .server { body.newSessionURI = text(60) }
            if has(.timeout) { body.timeout = number() }
            if has(.requestID) {
                body.requestID = RequestID(rawValue: half() << 1 | (context.sender == .client ? 1 : 0))
            }
            return .goAway(body)
        case .subscribe(var body):
            (body.requestID, body.requiredRequestID) = request(layout, context)
            body.track = try track()
            body.parameters = try parameters(layout, .subscribe)
            return .subscribe(body)
        case .subscribeOK(var body):
            if has(.targetRequestID) { body.target = target }
            body.trackAlias = TrackAlias(rawValue: number())
            body.parameters = try parameters(layout, .subscribeOK)
            if has(.trackProperties) { body.trackProperties = properties }
            return .subscribeOK(body)
        case .publish(var body):
            (body.requestID, body.requiredRequestID) = request(layout, context)
            body.track = try track()
            body.trackAlias = TrackAlias(rawValue: number())
            body.parameters = try parameters(layout, .publish)
            if has(.trackProperties) { body.trackProperties = properties }
            return .publish(body)
        case .publishDone(var body):
            if has(.targetRequestID) { body.target = target }
            body.code = code(profile.codes.publishDone)
            body.streamCount = random.maybe(half())
            body.reason = text(100)
            return .publishDone(body)
        case .fetch(var body):
            (body.requestID, body.requiredRequestID) = request(layout, context)
            body.target = try fetchTarget()
            body.parameters = try parameters(layout, .fetch)
            return .fetch(body)
        case .fetchOK(var body):
            if has(.targetRequestID) { body.target = target }
            body.endOfTrack = random.chance()
            body.end = rangeEnd()
            body.parameters = try parameters(layout, .fetchOK)
            if has(.trackProperties) { body.trackProperties = properties }
            return .fetchOK(body)
        case .trackStatus(var body):
            (body.requestID, body.requiredRequestID) = request(layout, context)
            body.track = try track()
            body.parameters = try parameters(layout, .trackStatus)
            return .trackStatus(body)
        case .publishNamespace(var body):
            (body.requestID, body.requiredRequestID) = request(layout, context)
            body.namespace = try namespace(profile.limits.namespaceFields)
            body.parameters = try parameters(layout, .publishNamespace)
            return .publishNamespace(body)
        case .subscribeNamespace(var body):
            (body.requestID, body.requiredRequestID) = request(layout, context)
            body.prefix = try namespace(profile.limits.prefixFields)
            if has(.subscribeOptions) { body.options = SubscribeOptions(rawValue: random.next() % 3) }
            body.parameters = try parameters(layout, .subscribeNamespace)
            return .subscribeNamespace(body)
        default: return try notice(layout, context, target, properties)
        }
    }

    private mutating func notice(
        _ layout: MessageLayout, _ context: MessageContext, _ target: RequestID, _ properties: Properties
    ) throws -> ControlMessage {
        func has(_ field: MessageField) -> Bool { layout.fieldSet.isSuperset(of: MessageFields([field])) }
        switch ControlMessage.blank(layout.kind) {
        case .subscribeTracks(var body):
            (body.requestID, body.requiredRequestID) = request(layout, context)
            body.prefix = try namespace(profile.limits.prefixFields)
            body.parameters = try parameters(layout, .subscribeTracks)
            return .subscribeTracks(body)
        case .namespace(var body):
            body.suffix = try namespace(0...4)
            return .namespace(body)
        case .namespaceDone(var body):
            body.suffix = try namespace(0...4)
            return .namespaceDone(body)
        case .publishBlocked(var body):
            body.suffix = try namespace(0...4)
            body.trackName = TrackName(random.bytes(0...20))
            return .publishBlocked(body)
        case .requestUpdate(var body):
            (body.requestID, body.requiredRequestID) = request(layout, context)
            if has(.existingRequestID) { body.target = target }
            body.parameters = try parameters(layout, context.request.map(ParameterScope.update) ?? .anyUpdate)
            return .requestUpdate(body)
        case .requestOK(var body):
            if has(.targetRequestID) { body.target = target }
            if has(.trackProperties), context.place == .request(.trackStatus) { body.trackProperties = properties }
            body.parameters = try parameters(layout, scope(context))
            return .requestOK(body)
        case .requestError(var body):
            if has(.targetRequestID) { body.target = target }
            body.code = code(profile.codes.request(context.request))
            if has(.retryInterval) { body.retryAfter = random.maybe(half()) }
            body.reason = text(100)
            if body.code == .redirect { body.redirect = try redirect(context) }
            return .requestError(body)
        case .maxRequestID(var body):
            body.maximum = number()
            return .maxRequestID(body)
        case .requestsBlocked(var body):
            body.maximum = number()
            return .requestsBlocked(body)
        case .publishNamespaceDone(var body):
            if has(.targetRequestID) { body.target = target }
            if has(.namespace) { body.namespace = try namespace(profile.limits.namespaceFields) }
            return .publishNamespaceDone(body)
        case .publishNamespaceCancel(var body):
            if has(.targetRequestID) { body.target = target }
            if has(.namespace) { body.namespace = try namespace(profile.limits.namespaceFields) }
            body.code = code(profile.codes.request(.publishNamespace))
            body.reason = text(100)
            return .publishNamespaceCancel(body)
        case .unsubscribeNamespace(var body):
            if has(.targetRequestID) { body.target = target }
            if has(.namespacePrefix) { body.prefix = try namespace(profile.limits.prefixFields) }
            return .unsubscribeNamespace(body)
        case .unsubscribe(var body):
            body.target = target
            return .unsubscribe(body)
        case .fetchCancel(var body):
            body.target = target
            return .fetchCancel(body)
        case .publishStateNotify(var body):
            body.parameters = try parameters(layout, .publishStateNotify)
            return .publishStateNotify(body)
        case let other: return other
        }
    }

    private mutating func request(
        _ layout: MessageLayout, _ context: MessageContext
    ) -> (RequestID, RequestID?) {
        var id = id()
        if id.isServerChosen != (context.sender == .server) { id.rawValue ^= 1 }
        guard layout.fieldSet.isSuperset(of: MessageFields([.requiredRequestID])), id.rawValue >= 2, random.chance()
        else { return (id, nil) }
        return (id, RequestID(rawValue: id.rawValue - UInt64.random(in: 1...id.rawValue / 2, using: &random) * 2))
    }

    private func scope(_ context: MessageContext) -> ParameterScope {
        switch context.place {
        case .request(let kind): .answer(to: kind)
        case .update(let kind): .answer(toUpdateOf: kind)
        case .control, .any: []
        }
    }

    private mutating func fetchTarget() throws -> Fetch.Target {
        switch random.next() % 3 {
        case 0: .standalone(track: try track(), range: range())
        case 1: .relativeJoining(request: id(), groups: number())
        default: .absoluteJoining(request: id(), group: number())
        }
    }

    private mutating func range() -> LocationFilter {
        let start = Location(group: half(), object: number())
        return .absoluteRange(
            start: start, end: RangeEnd(group: start.group + half() + 1, object: random.maybe(half())))
    }

    private mutating func redirect(_ context: MessageContext) throws -> Redirect {
        var redirect = Redirect()
        if context.sender == .server { redirect.connectURI = text(90) }
        redirect.track =
            context.request?.isNamespaceScoped == true
            ? try FullTrackName(namespace: namespace(0...4), name: TrackName()) : try track()
        return redirect
    }

    private mutating func fill(_ body: inout Setup, _ layout: MessageLayout, _ context: MessageContext) throws {
        if layout.fieldSet.isSuperset(of: MessageFields([.versions])) {
            body.versions = (0..<(context.sender == .server ? 1 : random.next() % 4)).map { _ in number() }
        }
        if context.sender == .client {
            body.path = random.chance() ? "/a?b=c" : nil
            body.authority = random.chance() ? "[::1]:443" : nil
        }
        body.maxAuthTokenCacheSize = random.maybe(number())
        body.authorizationTokens = random.chance() ? [token()] : []
        body.implementation = random.chance() ? text(40) : nil
        if profile.setupOptions.contains(where: { $0.kind == .maxRequestID }) {
            body.maxRequestID = random.maybe(number())
        }
        body.unknownOptions = pairs(from: 0x9D)
    }
}
