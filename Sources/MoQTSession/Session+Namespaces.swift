package import MoQTCodec
internal import Wire

// PUBLISH_NAMESPACE, SUBSCRIBE_NAMESPACE and SUBSCRIBE_TRACKS (draft-18 "Namespace Discovery").

// MARK: Ours

extension Session {
    /// PUBLISH_NAMESPACE; answered by `accepted` or `rejected`, withdrawn by ``cancel(_:code:)``.
    package mutating func publishNamespace(
        _ namespace: TrackNamespace, _ parameters: Parameters = Parameters()
    ) throws(SessionError) -> RequestID {
        try begin(.publishNamespace, namespace, parameters) { id in
            var message = PublishNamespace()
            message.requestID = id
            message.namespace = namespace
            message.parameters = parameters
            return .publishNamespace(message)
        }
    }

    /// SUBSCRIBE_NAMESPACE; answered by `accepted` or `rejected`, then `namespaceAnnounced` and `namespaceGone`.
    package mutating func subscribeNamespace(
        _ prefix: TrackNamespace, _ parameters: Parameters = Parameters()
    ) throws(SessionError) -> RequestID {
        try subscribeNamespace(prefix, .namespace, parameters)
    }

    private mutating func subscribeNamespace(
        _ prefix: TrackNamespace, _ options: SubscribeOptions, _ parameters: Parameters
    ) throws(SessionError) -> RequestID {
        let hasOptions = profile.has(.subscribeOptions, in: .subscribeNamespace, at: .request(.subscribeNamespace))
        return try begin(.subscribeNamespace, prefix, parameters) { id in
            var message = SubscribeNamespace()
            message.requestID = id
            message.prefix = prefix
            if hasOptions { message.options = options }
            message.parameters = parameters
            return .subscribeNamespace(message)
        }
    }

    /// SUBSCRIBE_TRACKS; answered by `accepted` or `rejected`, then `publish` for each track, or `publishBlocked`.
    package mutating func subscribeTracks(
        _ prefix: TrackNamespace, _ parameters: Parameters = Parameters()
    ) throws(SessionError) -> RequestID {
        // Up to draft-17 SUBSCRIBE_NAMESPACE asks for tracks too.
        guard kindForTracks == .subscribeTracks else {
            return try subscribeNamespace(prefix, .publish, parameters)
        }
        return try begin(.subscribeTracks, prefix, parameters) { id in
            var message = SubscribeTracks()
            message.requestID = id
            message.prefix = prefix
            message.parameters = parameters
            return .subscribeTracks(message)
        }
    }

    /// SUBSCRIBE_NAMESPACE and SUBSCRIBE_TRACKS of one prefix; a single request where the draft has one for both.
    /// - Parameter terms: of the subscriptions to tracks.
    package mutating func subscribeNamespaceAndTracks(
        _ prefix: TrackNamespace, _ terms: Parameters = Parameters()
    ) throws(SessionError) -> [RequestID] {
        guard kindForTracks == .subscribeTracks else { return [try subscribeNamespace(prefix, .both, terms)] }
        return [try subscribeNamespace(prefix), try subscribeTracks(prefix, terms)]
    }

    /// The kind of request that asks for tracks under a prefix.
    private var kindForTracks: RequestKind {
        profile.messages.contains { $0.kind == .subscribeTracks } ? .subscribeTracks : .subscribeNamespace
    }

    mutating func begin(
        _ kind: RequestKind, _ namespace: TrackNamespace, _ parameters: Parameters,
        _ message: (RequestID) -> ControlMessage
    ) throws(SessionError) -> RequestID {
        var request = Request(kind, isOurs: true, parameters)
        request.namespace = namespace
        return try begin(request, message)
    }

    mutating func received(_ message: Namespace, on id: RequestID, at offset: UInt64) throws(CodecError) {
        let namespace = try whole(message.suffix, on: id, .subscribeNamespace, "NAMESPACE", at: offset)
        guard requests[id]?.announced.insert(namespace).inserted == true else { return }
        events.append(.namespaceAnnounced(id, namespace))
        if let count = requests[id]?.announced.count, count > configuration.namespaceLimit {
            cancelledByPeer(id, .excessiveLoad, reply: .excessiveLoad)
        }
    }

    mutating func received(_ message: NamespaceDone, on id: RequestID, at offset: UInt64) throws(CodecError) {
        let namespace = try whole(message.suffix, on: id, .subscribeNamespace, "NAMESPACE_DONE", at: offset)
        guard requests[id]?.announced.remove(namespace) != nil else {
            throw .violation(
                "NAMESPACE_DONE without NAMESPACE", field: "Track Namespace Suffix", offset: offset,
                section: "SUBSCRIBE_NAMESPACE")
        }
        events.append(.namespaceGone(id, namespace))
    }

    mutating func received(_ message: PublishBlocked, on id: RequestID, at offset: UInt64) throws(CodecError) {
        let namespace = try whole(message.suffix, on: id, kindForTracks, "PUBLISH_BLOCKED", at: offset)
        do throws(NameError) {
            let track = try FullTrackName(namespace: namespace, name: message.trackName)
            events.append(.publishBlocked(id, track))
        } catch {
            throw .violation("the name is too long", field: "Track Name", offset: offset, section: "Track Naming")
        }
    }

    /// The namespace that `suffix` stands for behind the prefix of `id`.
    private func whole(
        _ suffix: TrackNamespace, on id: RequestID, _ kind: RequestKind, _ what: String, at offset: UInt64
    ) throws(CodecError) -> TrackNamespace {
        guard let request = requests[id], request.isOurs, request.kind == kind, request.phase == .established else {
            throw Self.unexpected(what, at: offset)
        }
        do throws(NameError) {
            return try request.namespace.appending(suffix)
        } catch {
            throw .violation(
                "too long behind its prefix", field: "Track Namespace Suffix", offset: offset, section: "Track Naming")
        }
    }
}

// MARK: The peer's

extension Session {
    mutating func received(_ message: PublishNamespace, on stream: StreamID, at offset: UInt64) throws(CodecError) {
        var request = Request(.publishNamespace, isOurs: false, message.parameters)
        request.namespace = message.namespace
        request.announces = subscriptionTold(of: message.namespace)
        guard let parameters = try admit(message.requestID, request, on: stream, at: offset) else { return }
        if let subscription = request.announces { return announced(message, to: subscription) }
        var message = message
        message.parameters = parameters
        events.append(.publishNamespace(message))
    }

    mutating func received(_ message: SubscribeNamespace, on stream: StreamID, at offset: UInt64) throws(CodecError) {
        let id = message.requestID
        guard
            let parameters = try admitPrefix(
                id, .subscribeNamespace, message.prefix, message.parameters, on: stream, at: offset)
        else { return }
        var message = message
        message.parameters = parameters
        // Where the draft leaves no choice it is told all the same.
        message.options = message.options ?? (kindForTracks == .subscribeTracks ? .namespace : .both)
        events.append(.subscribeNamespace(message))
    }

    mutating func received(_ message: SubscribeTracks, on stream: StreamID, at offset: UInt64) throws(CodecError) {
        let id = message.requestID
        guard
            let parameters = try admitPrefix(
                id, .subscribeTracks, message.prefix, message.parameters, on: stream, at: offset,
                refusal: refusal(of: .subscribeTracks(message)))
        else { return }
        var message = message
        message.parameters = parameters
        events.append(.subscribeTracks(message))
    }

    private mutating func admitPrefix(
        _ id: RequestID, _ kind: RequestKind, _ prefix: TrackNamespace, _ parameters: Parameters,
        on stream: StreamID, at offset: UInt64, refusal: CodecError? = nil
    ) throws(CodecError) -> Parameters? {
        var request = Request(kind, isOurs: false, parameters)
        request.namespace = prefix
        guard let parameters = try admit(id, request, on: stream, at: offset, refusal: refusal) else { return nil }
        if overlaps(prefix, kind, except: id) {
            refuse(id, .prefixOverlap, "overlaps another prefix")
            return nil
        }
        peerPrefixes.insert(id)
        return parameters
    }

    /// Another request of the peer of the same kind has an overlapping prefix.
    func overlaps(_ prefix: TrackNamespace, _ kind: RequestKind, except id: RequestID) -> Bool {
        peerPrefixes.contains { other in
            guard other != id, let request = requests[other], request.kind == kind else { return false }
            return request.namespace.overlaps(prefix)
        }
    }

    /// NAMESPACE on a SUBSCRIBE_NAMESPACE of the peer; up to draft-15 a PUBLISH_NAMESPACE of its own. `namespace` is
    /// whole, prefix included. Again does nothing.
    package mutating func announce(_ namespace: TrackNamespace, on request: RequestID) throws(SessionError) {
        var message = Namespace()
        message.suffix = try suffix(of: namespace, on: request, .subscribeNamespace)
        guard requests[request]?.announced.contains(namespace) == false else { return }
        if profile.behaviours.contains(.namespacesByRequest) {
            // What the peer was sent already is not sent again (draft-15 "SUBSCRIBE_NAMESPACE").
            if isPublished(namespace) { return }
            try publishNamespace(namespace, for: request)
        } else {
            try send(.namespace(message), on: request)
        }
        requests[request]?.announced.insert(namespace)
    }

    /// NAMESPACE_DONE, or PUBLISH_NAMESPACE_DONE; does nothing for a namespace that is not announced.
    package mutating func withdraw(_ namespace: TrackNamespace, on request: RequestID) throws(SessionError) {
        guard try open(request).announced.contains(namespace) else { return }
        var message = NamespaceDone()
        message.suffix = try suffix(of: namespace, on: request, .subscribeNamespace)
        if profile.behaviours.contains(.namespacesByRequest) {
            withdrawRequest(for: namespace)
        } else {
            try send(.namespaceDone(message), on: request)
        }
        requests[request]?.announced.remove(namespace)
    }

    /// PUBLISH_BLOCKED on a SUBSCRIBE_TRACKS of the peer: the track will not be published there.
    package mutating func publishBlocked(_ track: FullTrackName, on request: RequestID) throws(SessionError) {
        var message = PublishBlocked()
        message.suffix = try suffix(of: track.namespace, on: request, kindForTracks)
        message.trackName = track.name
        try send(.publishBlocked(message), on: request)
        requests[request]?.blocked.insert(track)
    }

    /// No stream can be opened for a request now: tracks that the peer asked for by prefix, and that would wait to be
    /// published, are named to it by PUBLISH_BLOCKED instead. Their requests end with `requestCancelled` (draft-18
    /// "PUBLISH_BLOCKED").
    /// - Returns: whether there were any.
    package mutating func outOfStreams() -> Bool {
        guard !isClosed, !peerPrefixes.isEmpty else { return false }
        var isTold = false
        for id in control.waitingRequests {
            guard let request = requests[id], request.kind == .publish, let track = request.track,
                let interest = interest(in: track), (try? publishBlocked(track, on: interest)) != nil
            else { continue }
            end(id, cancellingWith: .excessiveLoad)
            events.append(.requestCancelled(id, .excessiveLoad))
            isTold = true
        }
        return isTold
    }

    /// The request by which the peer wants tracks of the namespace.
    private func interest(in track: FullTrackName) -> RequestID? {
        peerPrefixes.filter { id in
            guard let request = requests[id], request.kind == kindForTracks, request.phase == .established else {
                return false
            }
            return track.namespace.hasPrefix(request.namespace)
        }.min()
    }

    /// The peer was told that the track will not be published to it, and the draft holds us to that.
    func isBlocked(_ track: FullTrackName) -> Bool {
        profile.behaviours.contains(.blockedForGood)
            && peerPrefixes.contains { requests[$0]?.blocked.contains(track) ?? false }
    }

    private func suffix(
        of namespace: TrackNamespace, on id: RequestID, _ kind: RequestKind
    ) throws(SessionError) -> TrackNamespace {
        let request = try open(id)
        guard !request.isOurs, request.kind == kind, request.phase == .established else {
            throw .notAllowed(id, "not an accepted request of the kind")
        }
        guard let suffix = namespace.suffix(after: request.namespace) else {
            throw .invalid("the namespace is not under the prefix")
        }
        return suffix
    }
}
