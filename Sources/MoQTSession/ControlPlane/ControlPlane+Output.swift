internal import MoQTCodec
internal import Wire

// Bytes on their way out.

extension ControlPlane {
    /// The stream to write to: the control stream first.
    mutating func nextSendStream() -> StreamID? {
        if let ownControl, controlOutput.canSend { return ownControl }
        while let id = ready.first {
            if streams[id]?.output.canSend == true { return id }
            _ = ready.popFirst()
            streams[id]?.output.isQueued = false
        }
        return nil
    }

    func gather(_ id: StreamID, into list: inout [Bytes]) -> Bool {
        if id == ownControl { return controlOutput.gather(into: &list) }
        return streams[id]?.output.gather(into: &list) ?? false
    }

    mutating func sent(_ id: StreamID, _ byteCount: Int, fin: Bool, _ actions: inout Queue<TransportAction>) {
        if id == ownControl { return controlOutput.sent(byteCount, fin: fin) }
        streams[id]?.output.sent(byteCount, fin: fin)
        settle(id, &actions)
    }

    mutating func setBlocked(_ id: StreamID, _ isBlocked: Bool) {
        if id == ownControl {
            controlOutput.isBlocked = isBlocked
        } else {
            streams[id]?.output.isBlocked = isBlocked
            enqueue(id)
        }
    }

    /// Our half of `id` takes no more bytes.
    mutating func refused(_ id: StreamID, _ actions: inout Queue<TransportAction>) {
        if id == ownControl { return controlOutput.finish() }
        streams[id]?.output.finish()
        settle(id, &actions)
    }

    mutating func enqueue(_ id: StreamID) {
        guard let output = streams[id]?.output, output.canSend, !output.isQueued else { return }
        streams[id]?.output.isQueued = true
        ready.append(id)
    }

    /// REQUEST_ERROR to an update of a request that has ended.
    mutating func refuseUpdate(_ update: RequestID) {
        var error = RequestError(.doesNotExist)
        error.target = update
        // Of all that use updates with answers the code and the ID are part.
        if let bytes = try? encode(.requestError(error), at: .update(.subscribe)) { controlOutput.append(bytes) }
    }
}
