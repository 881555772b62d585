internal import CNgtcp2
package import Wire

extension Connection {
    /// Takes in one UDP payload that arrived on `path`.
    package func received(_ datagram: UnsafeRawBufferPointer, on path: NetworkPath, ecn: ECN, now: Instant) {
        let time = advance(to: now)
        counts.received(datagram.count)
        switch phase {
        case .closed, .draining: return
        case .closing: ending.peerStillSends()
        case .handshaking, .established: read(datagram, path, ecn, time)
        }
    }

    private func read(_ datagram: UnsafeRawBufferPointer, _ path: NetworkPath, _ ecn: ECN, _ time: UInt64) {
        guard let raw, let base = datagram.baseAddress, !datagram.isEmpty else { return }
        receivePath.set(path)
        ReadingConnection.set(self)
        let status = CNgtcp2_conn_read_pkt(
            raw, receivePath.pointer, ecn.rawValue, base.assumingMemoryBound(to: UInt8.self), datagram.count, time)
        ReadingConnection.set(nil)
        if status != 0 { end(status) }
        reportStops()
        notePath()
    }

    /// Takes note that time has passed; does nothing before ``deadline``.
    package func timeReached(_ now: Instant) {
        let time = advance(to: now)
        switch phase {
        case .closed: return
        case .closing, .draining: if latest >= ending.deadline { finish() }
        case .handshaking, .established:
            guard let raw, ngtcp2_conn_get_expiry(raw) <= time else { return }
            expiryHandled = time
            let status = ngtcp2_conn_handle_expiry(raw, time)
            if status != 0 { end(status) }
            notePath()
        }
    }

    /// Tells of the STOP_SENDING frames that were read, each stream's first.
    private func reportStops() {
        if stops.isEmpty { return }
        for stop in stops {
            guard let stream = streams[StreamID(rawValue: stop.stream)], !stream.isStopped, canSend(on: stream.id)
            else {
                continue
            }
            stream.isStopped = true
            events.append(.stopSending(stream.id, code: stop.code))
        }
        stops.removeAll(keepingCapacity: true)
    }

    private func canSend(on stream: StreamID) -> Bool {
        stream.direction == .bidirectional || stream.isServerInitiated == (role == .server)
    }

    private func notePath() {
        guard phase == .established, let raw, let current = ngtcp2_conn_get_path(raw),
            ngtcp2_path_eq(current, currentPath.pointer) == 0
        else { return }
        let path = NetworkPath(current.pointee)
        currentPath.set(path)
        events.append(.pathChanged(path))
    }
}
