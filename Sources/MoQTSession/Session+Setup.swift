internal import MoQTCodec
package import Wire

// SETUP both ways (draft-18 "Session initialization", "SETUP").

extension Session {
    /// Streams may be used: SETUP may go out.
    /// - Parameter isEarly: the handshake is not complete, so that what passes may be a replay: until
    ///   ``handshakeCompleted(now:)`` a client's session sends, and a server's acts on, nothing but what
    ///   ``RequestKind/isReplayable`` allows (draft-18 "0-RTT").
    package mutating func transportReady(isEarly: Bool = false, now: Instant) {
        guard !isClosed, !isTransportReady else { return }
        self.now = now
        isTransportReady = true
        self.isEarly = isEarly
        if isEarly && role == .client {
            requestsEarly = true
            events.append(.early)
        }
        // On the one control stream, which the client opens, the server answers.
        if role == .client || !profile.hasOneControlStream || receivedSetup != nil { sendSetup() }
        if isClosed { return }
        if receivedSetup == nil { setupDeadline = now + configuration.setupTimeout }
        becameOpen()
    }

    /// The handshake is complete: nothing is a replay.
    package mutating func handshakeCompleted(now: Instant) {
        guard !isClosed, isEarly else { return }
        self.now = now
        isEarly = false
        let stream = dependents.first?.stream
        do throws(CodecError) { try releaseDependents() } catch { close(for: error, on: stream) }
    }

    private mutating func sendSetup() {
        do throws(CodecError) {
            try control.sendControl(.setup(ownSetup()))
            if let message = heldGoAway.take() { try control.sendControl(.goAway(message)) }
        } catch {
            close(.internalError, reason: error.description)
        }
    }

    private var choosesVersionInSetup: Bool { profile.has(.versions, in: .setup, at: .control) }

    private func ownSetup() -> Setup {
        var setup = Setup()
        if choosesVersionInSetup { setup.versions = [profile.version] }
        setup.maxRequestID = grantedRequestID
        // draft-18 "PATH", "AUTHORITY": only a client on native QUIC says them.
        if role == .client && configuration.transport == .quic {
            setup.path = configuration.path.map { WireText($0) }
            setup.authority = configuration.authority.map { WireText($0) }
        }
        if configuration.filterRangeLimit > 0 && profile.has(.maxFilterRanges) {
            setup.maxFilterRanges = configuration.filterRangeLimit
        }
        if profile.has(.maxRequestUpdates) { setup.maxRequestUpdates = UInt64(configuration.updateLimit) }
        if configuration.tokenCacheSize > 0 { setup.maxAuthTokenCacheSize = configuration.tokenCacheSize }
        setup.authorizationTokens = configuration.tokens
        setup.implementation = configuration.implementation.map { WireText($0) }
        return setup
    }

    mutating func received(_ setup: Setup, at offset: UInt64) throws(CodecError) {
        guard receivedSetup == nil else {
            throw .violation("a second SETUP", field: "Message Type", offset: offset, section: "SETUP")
        }
        var setup = setup
        setup.authorizationTokens = try tokens.resolve(setup.authorizationTokens, isSetup: true, offset: offset)
        // draft-14 "Versions": it must be among those the client offers, and be the one the server selected.
        guard !choosesVersionInSetup || setup.versions.contains(profile.version) else {
            throw CodecError(
                .session(.versionNegotiationFailed), "\(profile.name) is not among the versions", field: "Versions",
                offset: offset, section: "Versions")
        }
        receivedSetup = setup
        sentTokens.noteSetup(configuration.tokens, limit: setup.maxAuthTokenCacheSize ?? 0)
        if KnownPeers.sendsEmptyPrefixes(setup) { control.takeEmptyPrefixes() }
        setupDeadline = nil
        if profile.hasOneControlStream && role == .server && isTransportReady { sendSetup() }
        _ = control.raiseLimit(to: setup.maxRequestID ?? 0)
        becameOpen()
    }

    /// Tells the application, and reads the request streams that came too early.
    private mutating func becameOpen() {
        guard isOpen, let receivedSetup else { return }
        events.append(.ready(receivedSetup))
        for id in requests.keys.sorted() where requests[id]?.heldUpdates.isEmpty == false { releaseUpdates(of: id) }
        for stream in control.holding.sorted() where !isClosed { resume(stream) }
    }

    mutating func setupTimedOut() {
        close(.controlMessageTimeout, reason: "no SETUP within \(configuration.setupTimeout.seconds) s")
    }
}
