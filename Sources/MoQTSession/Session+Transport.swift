package import MoQTCodec
package import Wire

// Inputs from the transport.

extension Session {
    /// The peer opened a stream; told before anything else of the stream.
    package mutating func peerOpened(_ stream: StreamID) {
        guard !isClosed, isOpenedByPeer(stream), !isKnown(stream) else { return }
        if stream.direction == .bidirectional {
            control.peerOpened(stream)
        } else {
            unrecognized[stream] = UnrecognizedStream(profile: profile)
        }
    }

    /// Bytes of a stream, in order; of any stream the peer sends on, request streams we opened included.
    package mutating func received(_ bytes: Bytes, on stream: StreamID, fin: Bool, now: Instant) {
        guard !isClosed else { return }
        self.now = now
        if stream.direction == .bidirectional || control.carries(stream) {
            return receivedControl(bytes, on: stream, fin: fin)
        }
        receivedData(bytes, on: stream, fin: fin)
    }

    /// RESET_STREAM for the peer's half.
    package mutating func peerReset(_ stream: StreamID, _ code: StreamResetCode) {
        guard !isClosed else { return }
        if control.carries(stream) {
            resetControl(stream, code)
        } else {
            resetData(stream, code)
        }
    }

    /// STOP_SENDING for our half of a control or request stream; for data streams we send it does nothing.
    package mutating func peerStopped(_ stream: StreamID, _ code: StreamResetCode) {
        guard !isClosed, control.carries(stream) else { return }
        if control.isOwnControl(stream) { return controlStreamClosed(stream) }
        if let id = control.request(on: stream), let request = requests[id], isCancelledByStop(request) {
            cancelledByPeer(id, code)
        } else {
            control.stopped(stream, code, &actions)
        }
    }

    /// Whether STOP_SENDING ends the request: a requester, or the subscriber of our PUBLISH, cancels with it; from
    /// another responder it only means that no update is wanted, and what it still says counts.
    private func isCancelledByStop(_ request: Request) -> Bool {
        request.subscription.done == nil && (!request.isOurs || request.kind == .publish)
    }

    private func isOpenedByPeer(_ stream: StreamID) -> Bool { stream.isServerInitiated == (role == .client) }

    private func isKnown(_ stream: StreamID) -> Bool {
        control.carries(stream) || unrecognized[stream] != nil || waiting[stream] != nil
            || subgroups[stream] != nil || fetches[stream] != nil || discarded[stream] != nil
    }
}

// MARK: Streams and bytes to send

extension Session {
    /// The stream the session wants opened next: the control stream, then one per request; nil when none.
    package var wantedStream: StreamDirection? {
        if isClosed { return nil }
        return control.wantedStream(isOpen ? .all : requestsEarly && isTransportReady ? .replayable : .none)
    }

    /// The stream that was wanted is open.
    package mutating func opened(_ stream: StreamID) {
        if !isClosed { control.opened(stream) }
    }

    /// The control or request stream to write to, the control stream first; nil when there is nothing to write.
    package mutating func nextSendStream() -> StreamID? { isClosed ? nil : control.nextSendStream() }

    /// Appends what waits on `stream` to `list`; true when FIN follows it.
    package func gather(_ stream: StreamID, into list: inout [Bytes]) -> Bool { control.gather(stream, into: &list) }

    /// The transport took `byteCount` bytes of what was gathered from the front, and FIN when `fin`.
    package mutating func sent(_ stream: StreamID, byteCount: Int, fin: Bool) {
        control.sent(stream, byteCount, fin: fin, &actions)
    }

    /// No flow-control credit; the stream is not offered until ``writable(_:)``.
    package mutating func blocked(_ stream: StreamID) { control.setBlocked(stream, true) }

    package mutating func writable(_ stream: StreamID) { control.setBlocked(stream, false) }

    /// The transport takes nothing more on our half: what waits is dropped.
    package mutating func refused(_ stream: StreamID) {
        if !isClosed { control.refused(stream, &actions) }
    }
}
