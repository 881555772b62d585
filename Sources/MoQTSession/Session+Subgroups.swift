internal import MoQTCodec
internal import Wire

// Subgroup streams (draft-18 "Subgroup Header"): waiting for their track, then objects.

extension Session {
    mutating func receivedWaiting(_ bytes: Bytes, on stream: StreamID, fin: Bool) throws(CodecError) {
        guard let index = waiting.index(forKey: stream) else { return }
        if waiting.values[index].header == nil {
            var input = bytes
            let event = try waiting.values[index].decoder.next(&input)
            waiting.values[index].wireBytes += bytes.count - input.count
            if !input.isEmpty { waiting.values[index].held.append(input) }
            if case .header(let header) = event {
                waiting.values[index].header = header
                if fin { waiting.values[index].end = .fin }
                return try seek(header.trackAlias, for: stream)
            }
            if fin {
                try waiting.values[index].decoder.finish()
                _ = stopWaiting(stream)
                actions.append(.creditStreams(.unidirectional, 1))
            }
        } else {
            if !bytes.isEmpty { waiting.values[index].held.append(bytes) }
            if fin { waiting.values[index].end = .fin }
        }
    }

    /// The header of `stream` is whole: it goes to its subscription, waits for it, or is thrown away.
    private mutating func seek(_ alias: TrackAlias, for stream: StreamID) throws(CodecError) {
        if let owner = aliases[alias], owner.isEstablished {
            try attach(stream, to: owner.request)
        } else if isRetired(alias) {
            giveUp(stream, .cancelled)
        } else if waiting.count > configuration.heldStreamLimit {
            limited.count(.heldStreams)
            giveUp(stream, .excessiveLoad)
        }
    }

    /// Objects under `alias` are late ones of a subscription that has ended.
    func isRetired(_ alias: TrackAlias) -> Bool {
        retiredAliases.contains(alias) && aliases[alias] == nil && unansweredSubscribes == 0
    }

    /// Hands a stream that waited to the subscription `request`, with all that has come.
    private mutating func attach(_ stream: StreamID, to request: RequestID) throws(CodecError) {
        guard let state = stopWaiting(stream), let header = state.header else { return }
        requests[request]?.subscription.streamsSeen += 1
        requests[request]?.subscription.openStreams.insert(stream)
        // It may have been the one PUBLISH_DONE waits for.
        if requests[request]?.subscription.done != nil { requestDeadlines[request] = nil }
        subgroups[stream] = SubgroupStream(request: request, decoder: state.decoder)
        events.append(.subgroupOpened(stream, request, header, wireBytes: state.wireBytes))
        for bytes in state.held {
            guard let index = subgroups.index(forKey: stream) else { return discard(bytes.count, of: stream) }
            try receivedSubgroup(bytes, at: index, on: stream, fin: false)
        }
        guard let end = state.end, let index = subgroups.index(forKey: stream) else { return }
        if end == .fin {
            try receivedSubgroup(Bytes(), at: index, on: stream, fin: true)
        } else {
            subgroupEnded(stream, end)
        }
    }

    /// Throws a stream that waited away.
    private mutating func giveUp(_ stream: StreamID, _ code: StreamResetCode) {
        guard let state = stopWaiting(stream) else { return }
        let byteCount = state.held.reduce(state.wireBytes) { $0 + $1.count }
        abandon(stream, code, credit: byteCount, hasEnded: state.end != nil)
    }

    /// The subscription behind `alias` is established: what waited for it goes on, in order.
    mutating func releaseWaiting(for alias: TrackAlias) {
        guard let request = aliases[alias]?.request else { return }
        aliases[alias]?.isEstablished = true
        for stream in waitingStreams(for: alias) where !isClosed {
            do throws(CodecError) {
                try attach(stream, to: request)
            } catch {
                close(for: error, on: stream)
            }
        }
        releaseDatagrams(for: alias, to: request)
    }

    /// There will be no subscription behind `alias`.
    mutating func dropWaiting(for alias: TrackAlias, _ code: StreamResetCode) {
        for stream in waitingStreams(for: alias) { giveUp(stream, code) }
        waitingDatagrams.removeAll { $0.datagram.trackAlias == alias }
    }

    private func waitingStreams(for alias: TrackAlias) -> [StreamID] {
        waiting.isEmpty ? [] : waiting.filter { $0.value.header?.trackAlias == alias }.keys.sorted()
    }

    /// When the first of the waiting streams is given up.
    var waitingDeadline: Instant? { waitingOrder.first.flatMap { waiting[$0]?.deadline } }

    /// Takes a stream out of those that wait, and keeps one that waits at the head of their order.
    mutating func stopWaiting(_ stream: StreamID) -> WaitingStream? {
        let state = waiting.removeValue(forKey: stream)
        while let first = waitingOrder.first, waiting[first] == nil { _ = waitingOrder.popFirst() }
        return state
    }

    /// Gives up what has waited too long.
    mutating func dropWaiting() {
        while let stream = waitingOrder.first, let deadline = waiting[stream]?.deadline, deadline <= now {
            giveUp(stream, .cancelled)
        }
        waitingDatagrams.removeAll { $0.deadline <= now }
    }
}

// MARK: Objects

extension Session {
    mutating func receivedSubgroup(
        _ bytes: Bytes, at index: Dictionary<StreamID, SubgroupStream>.Index, on stream: StreamID, fin: Bool
    ) throws(CodecError) {
        var input = bytes
        do throws(CodecError) {
            while let event = try nextEvent(of: index, &input) {
                switch event {
                case .object(let object):
                    events.append(.object(stream, object, wireBytes: subgroups.values[index].takeWireBytes()))
                case .payload(let payload):
                    subgroups.values[index].wireBytes -= payload.count
                    events.append(.payload(stream, payload))
                case .header, .objectEnd:
                    break
                }
            }
            if fin {
                try subgroups.values[index].decoder.finish()
                subgroupEnded(stream, .fin)
            }
        } catch {
            guard error.scope == .track else { throw error }
            let request = subgroups.values[index].request
            malformed(request, error)
            discard(input.count, of: stream)
            if fin { discardedEnded(stream) }
        }
    }

    /// The decoder's next event; what it took of `input` is counted, whatever comes of it.
    private mutating func nextEvent(
        of index: Dictionary<StreamID, SubgroupStream>.Index, _ input: inout Bytes
    ) throws(CodecError) -> SubgroupStreamDecoder.Event? {
        let before = input.count
        defer { subgroups.values[index].wireBytes += before - input.count }
        return try subgroups.values[index].decoder.next(&input)
    }

    mutating func subgroupEnded(_ stream: StreamID, _ end: StreamEnd) {
        guard let state = subgroups.removeValue(forKey: stream) else { return }
        events.append(.subgroupEnded(stream, end, wireBytes: state.wireBytes))
        requests[state.request]?.subscription.openStreams.remove(stream)
        checkDone(state.request)
    }

    /// Stops a stream the application knows and tells it so; its stream credit stays the application's.
    mutating func abandonSubgroup(_ stream: StreamID, _ code: StreamResetCode) {
        guard let state = subgroups.removeValue(forKey: stream) else { return }
        discarded[stream] = false
        actions.append(.stopSending(stream, code))
        events.append(.subgroupEnded(stream, .stopped(code), wireBytes: state.wireBytes))
        requests[state.request]?.subscription.openStreams.remove(stream)
    }
}

extension SubgroupStream {
    mutating func takeWireBytes() -> Int {
        defer { wireBytes = 0 }
        return wireBytes
    }
}
