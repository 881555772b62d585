internal import MoQTCodec
internal import Wire

// Fetch streams (draft-18 "Fetch Header").

extension Session {
    mutating func receivedFetch(_ bytes: Bytes, on stream: StreamID, fin: Bool) throws(CodecError) {
        guard let index = fetches.index(forKey: stream) else { return }
        if fetches.values[index].isHeld { return hold(bytes, at: index, fin: fin) }
        var input = bytes
        do throws(CodecError) {
            while let event = try nextEvent(of: index, &input) {
                switch event {
                case .header(let id):
                    switch openFill(id, on: stream) {
                    case .opens(let subscription):
                        let count = fetches.values[index].takeWireBytes()
                        events.append(.fetchOpened(stream, subscription, wireBytes: count))
                        continue
                    case .waits:
                        fetches.values[index].isHeld = true
                        return hold(input, at: index, fin: fin)
                    case nil: break
                    }
                    guard try openFetch(id, at: index, on: stream) else {
                        let taken = fetches.removeValue(forKey: stream)?.wireBytes ?? 0
                        return abandon(stream, .cancelled, credit: taken + input.count, hasEnded: fin)
                    }
                case .object(let object):
                    events.append(.fetchObject(stream, object, wireBytes: fetches.values[index].takeWireBytes()))
                case .gap(let gap):
                    events.append(.fetchGap(stream, gap, wireBytes: fetches.values[index].takeWireBytes()))
                case .payload(let payload):
                    fetches.values[index].wireBytes -= payload.count
                    events.append(.payload(stream, payload))
                case .objectEnd:
                    break
                }
            }
            guard fin else { return }
            try fetches.values[index].decoder.finish()
            guard let id = fetches.values[index].request else { return }
            fetchEnded(stream, id, .fin)
        } catch {
            guard error.scope == .track, let id = fetches.values[index].request else { throw error }
            malformed(id, error)
            discard(input.count, of: stream)
            if fin { discardedEnded(stream) }
        }
    }

    /// The decoder's next event; what it took of `input` is counted, whatever comes of it.
    private mutating func nextEvent(
        of index: Dictionary<StreamID, FetchStream>.Index, _ input: inout Bytes
    ) throws(CodecError) -> FetchStreamDecoder.Event? {
        let before = input.count
        defer { fetches.values[index].wireBytes += before - input.count }
        return try fetches.values[index].decoder.next(&input)
    }

    private mutating func hold(_ bytes: Bytes, at index: Dictionary<StreamID, FetchStream>.Index, fin: Bool) {
        if !bytes.isEmpty { fetches.values[index].held.append(bytes) }
        if fin { fetches.values[index].heldEnd = .fin }
    }

    /// Finds the request of a fetch stream; false when it has ended.
    private mutating func openFetch(
        _ id: RequestID, at index: Dictionary<StreamID, FetchStream>.Index, on stream: StreamID
    ) throws(CodecError) -> Bool {
        // What matches nothing is stopped where a stream may also belong to a subscription.
        if fillsStreams, requests[id]?.kind != .fetch { return false }
        guard id.isServerChosen == (role == .server), id < nextRequestID else {
            throw .violation("\(id) is no fetch of ours", field: "Request ID", offset: 0, section: "Fetch Header")
        }
        guard let request = requests[id] else { return false }
        guard request.kind == .fetch, request.isOurs, request.fetch.stream == nil else {
            throw .violation(
                "\(id) is no fetch that waits for a stream", field: "Request ID", offset: 0, section: "Fetch Header")
        }
        requests[id]?.fetch.stream = stream
        fetches.values[index].request = id
        fetches.values[index].decoder.order = request.parameters.groupOrder ?? .ascending
        events.append(.fetchOpened(stream, request.fetch.joins ?? id, wireBytes: fetches.values[index].takeWireBytes()))
        return true
    }

    mutating func fetchEnded(_ stream: StreamID, _ id: RequestID, _ end: StreamEnd) {
        guard let state = fetches.removeValue(forKey: stream) else { return }
        events.append(.fetchEnded(stream, end, wireBytes: state.wireBytes))
        guard requests[id]?.kind == .fetch else { return fillEnded(of: id, end) }
        requests[id]?.fetch.isFinished = true
        if let subscription = requests[id]?.fetch.joins { endJoin(of: subscription, isWhole: end == .fin) }
        finishFetch(id)
    }

    /// Stops a stream the application knows and tells it so; its stream credit stays the application's.
    mutating func abandonFetch(_ stream: StreamID, _ code: StreamResetCode) {
        guard let state = fetches.removeValue(forKey: stream) else { return }
        if state.isHeld {
            let byteCount = state.held.reduce(state.wireBytes) { $0 + $1.count }
            return abandon(stream, code, credit: byteCount, hasEnded: state.heldEnd != nil)
        }
        discarded[stream] = false
        actions.append(.stopSending(stream, code))
        events.append(.fetchEnded(stream, .stopped(code), wireBytes: state.wireBytes))
        if let id = state.request { requests[id]?.fetch.isFinished = true }
    }
}

extension FetchStream {
    mutating func takeWireBytes() -> Int {
        defer { wireBytes = 0 }
        return wireBytes
    }
}
