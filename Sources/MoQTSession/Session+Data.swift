package import MoQTCodec
package import Wire

// Unidirectional streams of the peer (draft-18 "Unidirectional Stream Types"), from type to track.

extension Session {
    mutating func receivedData(_ bytes: Bytes, on stream: StreamID, fin: Bool) {
        do throws(CodecError) {
            if let index = subgroups.index(forKey: stream) {
                try receivedSubgroup(bytes, at: index, on: stream, fin: fin)
            } else if fetches[stream] != nil {
                try receivedFetch(bytes, on: stream, fin: fin)
            } else if waiting[stream] != nil {
                try receivedWaiting(bytes, on: stream, fin: fin)
            } else if discarded[stream] != nil {
                discard(bytes.count, of: stream)
                if fin { discardedEnded(stream) }
            } else {
                try recognize(bytes, on: stream, fin: fin)
            }
        } catch {
            close(for: error, on: stream)
        }
    }

    private mutating func recognize(_ bytes: Bytes, on stream: StreamID, fin: Bool) throws(CodecError) {
        guard stream.isServerInitiated == (role == .client) else { return }
        var state = unrecognized[stream] ?? UnrecognizedStream(profile: profile)
        guard let (kind, all) = try state.recognizer.received(bytes) else {
            state.byteCount += bytes.count
            unrecognized[stream] = state
            if fin { unrecognizedEnded(stream) }
            return
        }
        unrecognized[stream] = nil
        switch kind {
        case .control:
            guard control.peerOpenedControl(stream) else {
                throw .violation("a second control stream", field: "Type", offset: 0, section: "Session initialization")
            }
            receivedControl(all, on: stream, fin: fin)
        case .subgroup:
            waiting[stream] = WaitingStream(profile: profile, deadline: now + configuration.aliasTimeout)
            waitingOrder.append(stream)
            try receivedWaiting(all, on: stream, fin: fin)
        case .fetch:
            fetches[stream] = FetchStream(profile: profile)
            try receivedFetch(all, on: stream, fin: fin)
        case .padding:
            discarded[stream] = true
            discard(all.count, of: stream)
            if fin { discardedEnded(stream) }
        }
    }

    private mutating func unrecognizedEnded(_ stream: StreamID) {
        guard unrecognized.removeValue(forKey: stream) != nil else { return }
        actions.append(.creditStreams(.unidirectional, 1))
    }

    mutating func resetData(_ stream: StreamID, _ code: StreamResetCode) {
        if subgroups[stream] != nil {
            subgroupEnded(stream, .reset(code))
        } else if fetches[stream]?.isHeld == true {
            fetches[stream]?.heldEnd = .reset(code)
        } else if let request = fetches[stream]?.request {
            fetchEnded(stream, request, .reset(code))
        } else if fetches.removeValue(forKey: stream) != nil {
            actions.append(.creditStreams(.unidirectional, 1))
        } else if waiting[stream]?.header != nil {
            waiting[stream]?.end = .reset(code)
        } else if stopWaiting(stream) != nil {
            actions.append(.creditStreams(.unidirectional, 1))
        } else if discarded[stream] != nil {
            discardedEnded(stream)
        } else {
            unrecognizedEnded(stream)
        }
    }

    /// Data streams of a subscription that have not ended.
    package func dataStreams(of request: RequestID) -> [StreamID] {
        subgroups.compactMap { $0.value.request == request ? $0.key : nil }
    }

    /// STOP_SENDING on a data stream of the peer; its end is told at once as `stopped`.
    package mutating func stop(_ stream: StreamID, code: StreamResetCode) {
        guard !isClosed else { return }
        if let request = subgroups[stream]?.request {
            abandonSubgroup(stream, code)
            checkDone(request)
        } else if let request = fetches[stream]?.request {
            abandonFetch(stream, code)
            guard requests[request]?.kind == .fetch else { return fillEnded(of: request, .stopped(code)) }
            if let subscription = requests[request]?.fetch.joins { endJoin(of: subscription, isWhole: false) }
            finishFetch(request)
        }
    }
}

// MARK: Discarding

extension Session {
    /// Throws away the rest of a stream the application has not been told of.
    mutating func abandon(_ stream: StreamID, _ code: StreamResetCode, credit byteCount: Int, hasEnded: Bool) {
        discarded[stream] = true
        discard(byteCount, of: stream)
        if hasEnded {
            discardedEnded(stream)
        } else {
            actions.append(.stopSending(stream, code))
        }
    }

    mutating func discard(_ byteCount: Int, of stream: StreamID) {
        if byteCount > 0 { actions.append(.credit(stream, bytes: byteCount)) }
    }

    mutating func discardedEnded(_ stream: StreamID) {
        if discarded.removeValue(forKey: stream) == true { actions.append(.creditStreams(.unidirectional, 1)) }
    }
}

// MARK: Malformed tracks

extension Session {
    /// draft-18 "Malformed Tracks": every subscription and fetch of the track is cancelled; the session lives.
    mutating func malformed(_ id: RequestID, _ error: CodecError) {
        guard let track = requests[id]?.track else { return }
        let affected = requests.filter {
            $0.value.track == track && ($0.value.isSubscriber || $0.value.kind == .fetch && $0.value.isOurs)
        }
        for other in affected.keys.sorted() {
            // What a subscription needed ends with it.
            guard requests[other] != nil, affected[other]?.fetch.joins == nil else { continue }
            end(other, cancellingWith: .malformedTrack)
            events.append(.malformedTrack(other, what: error.description))
        }
    }
}
