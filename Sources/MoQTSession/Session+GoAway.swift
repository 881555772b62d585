package import MoQTCodec
package import Wire

// GOAWAY of the session and of one request (draft-18 "GOAWAY").

extension Session {
    /// GOAWAY on the control stream. After `timeout` milliseconds, unless 0, the session closes if requests are open.
    package mutating func goAway(
        uri: WireText = WireText(), timeout: UInt64 = 0, now: Instant
    ) throws(SessionError) {
        guard !isClosed else { throw .closed }
        guard isTransportReady else { throw .invalid("GOAWAY before SETUP") }
        guard !sentGoAway else { throw .invalid("a second GOAWAY") }
        self.now = now
        var message = try goAwayMessage(uri, timeout)
        if profile.has(.requestID, in: .goAway, at: .control) { message.requestID = receivedIDs.end }
        if control.isStarted {
            do { try control.sendControl(.goAway(message)) } catch { throw SessionError(error) }
        } else {
            // A server that waits for the client's SETUP has to answer that first.
            heldGoAway = message
        }
        sentGoAway = true
        if timeout > 0 { goAwayDeadline = now + .milliseconds(timeout) }
    }

    /// GOAWAY for one request. After `timeout` milliseconds, unless 0, its stream is reset.
    package mutating func goAway(
        _ request: RequestID, uri: WireText = WireText(), timeout: UInt64 = 0, now: Instant
    ) throws(SessionError) {
        let state = try open(request)
        let context = MessageContext(sender: role, place: .request(state.kind))
        guard let places = profile.layout(of: .goAway, in: context)?.places else {
            throw .invalid("the draft has no GOAWAY of requests")
        }
        guard !state.sentGoAway else { throw .notAllowed(request, "a second GOAWAY") }
        guard state.isOurs || state.phase == .established || places.precedes.contains(state.kind) else {
            throw .notAllowed(request, "GOAWAY before the answer")
        }
        self.now = now
        try send(.goAway(try goAwayMessage(uri, timeout)), on: request)
        requests[request]?.sentGoAway = true
        if timeout > 0 { requestDeadlines[request] = now + .milliseconds(timeout) }
    }

    private func goAwayMessage(_ uri: WireText, _ timeout: UInt64) throws(SessionError) -> GoAway {
        guard role == .server || uri.isEmpty else { throw .invalid("a client names no new session URI") }
        var message = GoAway()
        message.newSessionURI = uri
        // Where the draft has no word for it the peer is not told, and the session is closed in time all the same.
        if profile.has(.timeout, in: .goAway, at: .control) { message.timeout = timeout }
        return message
    }

    /// On the control stream.
    mutating func received(_ message: GoAway, at offset: UInt64) throws(CodecError) {
        guard !receivedGoAway else {
            throw .violation("a second GOAWAY", field: "Message Type", offset: offset, section: "GOAWAY")
        }
        try check(message, at: offset)
        if let id = message.requestID, id.isServerChosen != (role == .server) {
            throw CodecError(
                .session(.invalidRequestID), "not an ID of ours", field: "Request ID", offset: offset,
                section: "GOAWAY")
        }
        receivedGoAway = true
        events.append(.goAway(message, request: nil))
    }

    /// On the stream of `id`.
    mutating func received(_ message: GoAway, on id: RequestID, at offset: UInt64) throws(CodecError) {
        guard requests[id]?.receivedGoAway == false else {
            throw .violation("a second GOAWAY", field: "Message Type", offset: offset, section: "GOAWAY")
        }
        try check(message, at: offset)
        requests[id]?.receivedGoAway = true
        events.append(.goAway(message, request: id))
    }

    private func check(_ message: GoAway, at offset: UInt64) throws(CodecError) {
        guard role == .client || message.newSessionURI.isEmpty else {
            throw .violation(
                "a client names a new session URI", field: "New Session URI", offset: offset, section: "GOAWAY")
        }
    }

    mutating func goAwayTimedOut() {
        goAwayDeadline = nil
        if !requests.isEmpty { close(.goAwayTimeout, reason: "requests are open after the timeout of GOAWAY") }
    }
}
