internal import CNgtcp2
package import Wire

/// What a connection keeps between writes.
struct SendState {
    let vectors = UnsafeMutablePointer<ngtcp2_vec>.allocate(capacity: Pull.capacity)
    /// Reused from one train to the next.
    var list: [Bytes] = []
    /// Payloads of DATAGRAM frames to send, oldest first; those before `datagramHead` have gone.
    var datagrams: [OutgoingDatagram] = []
    var datagramHead = 0
    /// A packet that did not belong to the train it was written behind.
    var carried: (bytes: [UInt8], path: NetworkPath, ecn: ECN)?
}

/// Payload of a DATAGRAM frame, in two parts so that nothing is copied to put one before the other.
struct OutgoingDatagram {
    var prefix = Bytes()
    var bytes = Bytes()

    var count: Int { prefix.count + bytes.count }
}

/// Datagrams of one size for one path, as they are written one behind the other.
private struct Train {
    var byteCount = 0
    var segmentSize = 0
    var segments = 0
    var ecn = ECN.notCapable
    var path: NetworkPath?

    /// What the kernel takes for one system call.
    static let byteLimit = 65_507
    static let segmentLimit = 64
}

extension Connection {
    /// Fills `buffer` with datagrams of equal size for one path, pulling stream data from `source`.
    ///
    /// Nil: nothing to send now. Call it until then after every input, and after every command. `source` must not call
    /// the connection.
    ///
    /// - Parameter buffer: at least ``QUICSettings/maxUDPPayload`` bytes; 64 KiB let a train be as long as it can.
    package func write<S: SendSource & ~Copyable>(
        into buffer: UnsafeMutableRawBufferPointer, from source: inout S, now: Instant
    ) -> Transmission? {
        let time = advance(to: now)
        switch phase {
        case .closed, .draining: return nil
        case .closing: return writeClose(into: buffer, time)
        case .handshaking, .established: break
        }
        if let carried = sending.carried { return send(carried, buffer) }
        let train = writeTrain(buffer, &source, time)
        guard train.byteCount > 0, let path = train.path else {
            return phase == .closing ? writeClose(into: buffer, time) : nil
        }
        counts.sent(train.byteCount, datagrams: train.segments)
        return Transmission(
            byteCount: train.byteCount, segmentSize: train.segmentSize, path: path, ecn: train.ecn)
    }

    private func send(
        _ carried: (bytes: [UInt8], path: NetworkPath, ecn: ECN), _ buffer: UnsafeMutableRawBufferPointer
    ) -> Transmission? {
        sending.carried = nil
        guard carried.bytes.count <= buffer.count else { return nil }
        buffer.copyBytes(from: carried.bytes)
        counts.sent(carried.bytes.count, datagrams: 1)
        return Transmission(
            byteCount: carried.bytes.count, segmentSize: carried.bytes.count, path: carried.path, ecn: carried.ecn)
    }

    private func writeTrain<S: SendSource & ~Copyable>(
        _ buffer: UnsafeMutableRawBufferPointer, _ source: inout S, _ time: UInt64
    ) -> Train {
        var train = Train()
        guard let raw, let base = buffer.baseAddress?.assumingMemoryBound(to: UInt8.self) else { return train }
        let largest = ngtcp2_conn_get_max_tx_udp_payload_size(raw)
        precondition(buffer.count >= largest, "the buffer holds less than a packet")
        let limit = min(ngtcp2_conn_get_send_quantum(raw), buffer.count, Train.byteLimit)
        var pull = Pull(list: exchange(&sending.list, with: []), vectors: sending.vectors)
        var isFull = true
        while isFull, train.segments < Train.segmentLimit {
            // All but the first may not be longer than it; so path MTU probes come first, or alone.
            let room = train.segments == 0 ? largest : train.segmentSize
            if train.segments > 0, train.byteCount + room > limit { break }
            var info = ngtcp2_pkt_info()
            let count = writePacket(base + train.byteCount, room, &info, &pull, &source, time)
            if count < 0 { end(CInt(clamping: count)) }
            guard count > 0 else { break }
            let ecn = ECN(rawValue: UInt8(truncatingIfNeeded: info.ecn)) ?? .notCapable
            isFull =
                add(count, ecn, base, to: &train) && count >= train.segmentSize
                && count >= ngtcp2_conn_get_path_max_tx_udp_payload_size(raw)
        }
        sending.list = pull.finish()
        ngtcp2_conn_update_pkt_tx_time(raw, time)
        return train
    }

    /// Adds the packet just written; false when it goes elsewhere than the train and has to wait its turn.
    private func add(_ count: Int, _ ecn: ECN, _ base: UnsafeMutablePointer<UInt8>, to train: inout Train) -> Bool {
        if train.segments == 0 {
            train.segmentSize = count
            train.ecn = ecn
            train.path = pathWritten()
        } else if ecn != train.ecn || pathWritten() != train.path {
            let bytes = Array(UnsafeBufferPointer(start: base + train.byteCount, count: count))
            sending.carried = (bytes, pathWritten(), ecn)
            return false
        }
        train.byteCount += count
        train.segments += 1
        return true
    }

    /// The path of the packet just written; nearly always the current one.
    private func pathWritten() -> NetworkPath {
        if ngtcp2_path_eq(writtenPath.pointer, currentPath.pointer) != 0, let path = currentPath.held { return path }
        return NetworkPath(writtenPath.pointer.pointee)
    }

    /// Writes one packet: datagrams first, then streams as `source` likes. 0: nothing can be sent.
    private func writePacket<S: SendSource & ~Copyable>(
        _ to: UnsafeMutablePointer<UInt8>, _ room: Int, _ info: inout ngtcp2_pkt_info, _ pull: inout Pull,
        _ source: inout S, _ time: UInt64
    ) -> Int {
        if carriesStreams {
            if let count = writeDatagrams(to, room, &info, time) { return count }
            if let count = writeStreams(to, room, &info, &pull, &source, time) { return count }
        }
        return CNgtcp2_conn_writev_stream(raw, writtenPath.pointer, &info, to, room, nil, 0, -1, nil, 0, time)
    }

    /// Nil: the packet has room left.
    private func writeStreams<S: SendSource & ~Copyable>(
        _ to: UnsafeMutablePointer<UInt8>, _ room: Int, _ info: inout ngtcp2_pkt_info, _ pull: inout Pull,
        _ source: inout S, _ time: UInt64
    ) -> Int? {
        // Out of connection credit, ngtcp2 would call each stream blocked.
        while ngtcp2_conn_get_max_data_left(raw) > 0, let id = source.nextStream() {
            if !pull.holds(id) {
                guard let stream = streams[id] else {
                    source.refused(id)
                    continue
                }
                pull.gather(stream, from: &source)
                guard pull.holds(id) else { return nil }
            }
            var taken = -1
            let flags = UInt32(NGTCP2_WRITE_STREAM_FLAG_MORE) | (pull.fin ? UInt32(NGTCP2_WRITE_STREAM_FLAG_FIN) : 0)
            let count = CNgtcp2_conn_writev_stream(
                raw, writtenPath.pointer, &info, to, room, &taken, flags, id.signed, pull.vec, pull.count, time)
            if taken >= 0 { accept(taken, id, &pull, &source) }
            switch CInt(clamping: count) {
            case CInt(NGTCP2_ERR_WRITE_MORE): continue
            case CInt(NGTCP2_ERR_STREAM_DATA_BLOCKED): source.blocked(id)
            case CInt(NGTCP2_ERR_STREAM_SHUT_WR), CInt(NGTCP2_ERR_STREAM_NOT_FOUND): source.refused(id)
            default: return count
            }
            pull.drop()
        }
        return nil
    }

    private func accept<S: SendSource & ~Copyable>(
        _ count: Int, _ id: StreamID, _ pull: inout Pull, _ source: inout S
    ) {
        pull.take(count)
        let isEnd = pull.fin && pull.remaining == 0
        if isEnd { pull.takeEnd() }
        source.sent(id, byteCount: count, fin: isEnd)
    }

    /// Nil: no datagrams are left, and the packet has room.
    private func writeDatagrams(
        _ to: UnsafeMutablePointer<UInt8>, _ room: Int, _ info: inout ngtcp2_pkt_info, _ time: UInt64
    ) -> Int? {
        while sending.datagramHead < sending.datagrams.count {
            let datagram = sending.datagrams[sending.datagramHead]
            // The path's MTU may have shrunk since.
            guard datagram.count <= maxDatagramPayload else {
                datagramWritten()
                continue
            }
            var accepted: CInt = 0
            let count = datagram.prefix.withUnsafeBytes { prefix in
                datagram.bytes.withUnsafeBytes { payload in
                    let vectors: InlineArray<2, ngtcp2_vec> = [Self.vector(prefix), Self.vector(payload)]
                    // ngtcp2 takes no empty vectors.
                    let used = vectors.span.extracting((prefix.isEmpty ? 1 : 0)..<(payload.isEmpty ? 1 : 2))
                    return used.withUnsafeBufferPointer { list in
                        CNgtcp2_conn_writev_datagram(
                            raw, writtenPath.pointer, &info, to, room, &accepted,
                            UInt32(NGTCP2_WRITE_DATAGRAM_FLAG_MORE), list.baseAddress, list.count, time)
                    }
                }
            }
            if accepted != 0 { datagramWritten() }
            if count != Int(NGTCP2_ERR_WRITE_MORE) { return count }
        }
        return nil
    }

    /// Lends `bytes`, which ngtcp2 only reads.
    private static func vector(_ bytes: UnsafeRawBufferPointer) -> ngtcp2_vec {
        ngtcp2_vec(
            base: UnsafeMutablePointer(mutating: bytes.baseAddress?.assumingMemoryBound(to: UInt8.self)),
            len: bytes.count)
    }

    private func datagramWritten() {
        sending.datagrams[sending.datagramHead] = OutgoingDatagram()
        sending.datagramHead += 1
        guard sending.datagramHead == sending.datagrams.count else { return }
        sending.datagrams.removeAll(keepingCapacity: true)
        sending.datagramHead = 0
    }
}
