internal import MoQTCodec
internal import MoQTSession
internal import Wire

/// Objects from publishers into the logs.
extension Relay {
    func received(_ event: SessionEvent, from peer: Peer, now: Instant) {
        peer.received.count(event)
        switch event {
        case .subgroupOpened(let stream, let id, let header, let wireBytes):
            opened(stream, id, header, wireBytes, peer)
        case .object(let stream, let header, let wireBytes):
            if refusesObject(of: header.payloadLength, on: stream, wireBytes, from: peer) { return }
            name(stream, header, peer)
            guard case .subgroup(let writer) = peer.writers[stream] else { return peer.credit(stream, wireBytes) }
            writer.begin(LoggedObject(header, arrived: now), wireBytes: wireBytes)
            if !writer.creditFollowsReaders { peer.credit(stream, wireBytes) }
        case .payload(let stream, let payload):
            payloadArrived(payload, on: stream, peer, now)
        case .subgroupEnded(let stream, let end, _):
            ended(stream, end, peer)
        case .datagramObject(let id, let datagram):
            guard case .upstream(let upstream) = peer.requests[id], let log = upstream.track.log else { return }
            var logged = LoggedDatagram(datagram, arrived: now)
            logged.isOwn = !peer.isSibling
            log.append(logged, group: datagram.location.group)
        case .fetchOpened(let stream, let id, let wireBytes): openedFetch(stream, id, wireBytes, peer)
        case .fetchObject(let stream, let header, let wireBytes):
            if refusesObject(of: header.payloadLength, on: stream, wireBytes, from: peer) { return }
            guard case .fill(let fill) = peer.writers[stream] else { return peer.credit(stream, wireBytes) }
            fill.begin(header, wireBytes: wireBytes, now)
        case .fetchGap(let stream, let gap, let wireBytes):
            guard case .fill(let fill) = peer.writers[stream] else { return peer.credit(stream, wireBytes) }
            fill.skip(gap, of: peer, wireBytes: wireBytes, now)
        case .fetchEnded(let stream, let end, _):
            if case .fill(let fill) = peer.writers.removeValue(forKey: stream) {
                if end == .fin { fill.end(isWhole: true) } else { cutOff(fill) }
            }
            peer.finishedStream()
        case .joinEnded(let id, let isWhole):
            if case .upstream(let upstream) = peer.requests[id] { joinEnded(upstream, isWhole: isWhole) }
        default: break
        }
    }

    private func opened(_ stream: StreamID, _ id: RequestID, _ header: SubgroupHeader, _ wireBytes: Int, _ peer: Peer) {
        guard case .upstream(let upstream) = peer.requests[id], let log = upstream.track.log else {
            return refuse(stream, wireBytes, peer)
        }
        upstream.streamCount += 1
        switch header.subgroup {
        case .zero: write(stream, header, 0, wireBytes, into: log, peer)
        case .explicit(let subgroup): write(stream, header, subgroup, wireBytes, into: log, peer)
        case .firstObject: peer.writers[stream] = .unnamed(log, header, wireBytes: wireBytes)
        }
    }

    private func refuse(_ stream: StreamID, _ wireBytes: Int, _ peer: Peer) {
        peer.session.stop(stream, code: .cancelled)
        peer.credit(stream, wireBytes)
    }

    /// The first object of a subgroup that is named after it.
    private func name(_ stream: StreamID, _ object: SubgroupObject, _ peer: Peer) {
        guard case .unnamed(let log, let header, let wireBytes) = peer.writers[stream] else { return }
        write(stream, header, object.id, wireBytes, into: log, peer)
    }

    private func write(
        _ stream: StreamID, _ header: SubgroupHeader, _ subgroup: UInt64, _ wireBytes: Int,
        into log: TrackLog, _ peer: Peer
    ) {
        let writer = SubgroupWriter(
            track: log, group: header.group, subgroup: subgroup, traits: SubgroupTraits(header, peer.session.profile),
            source: CreditSource(peer: peer, stream: stream))
        guard !writer.isDuplicate else { return refuse(stream, wireBytes, peer) }
        peer.writers[stream] = .subgroup(writer)
        if writer.creditFollowsReaders { writer.receivedWire(wireBytes) } else { peer.credit(stream, wireBytes) }
    }

    private func payloadArrived(_ payload: Bytes, on stream: StreamID, _ peer: Peer, _ now: Instant) {
        switch peer.writers[stream] {
        case .subgroup(let writer):
            if !writer.creditFollowsReaders { peer.credit(stream, payload.count) }
            writer.append(payload)
        case .fill(let fill):
            fill.append(payload, now)
        case .unnamed, .givenUp, .none:
            peer.credit(stream, payload.count)
        }
    }

    private func ended(_ stream: StreamID, _ end: StreamEnd, _ peer: Peer) {
        let writer: SubgroupWriter
        switch peer.writers.removeValue(forKey: stream) {
        case .subgroup(let own): writer = own
        case .givenUp(let earnsItsPlace): return earnsItsPlace ? peer.finishedStream() : ()
        case .fill, .unnamed, .none: return peer.finishedStream()
        }
        switch end {
        case .fin: writer.end(.finished)
        case .reset(let code), .stopped(let code): writer.end(.reset(code))
        }
        if !writer.creditFollowsReaders { peer.finishedStream() }
    }

    private func openedFetch(_ stream: StreamID, _ id: RequestID, _ wireBytes: Int, _ peer: Peer) {
        var wanted: Fill?
        switch peer.requests[id] {
        case .upstream(let upstream): wanted = upstream.fill
        case .fillAsked(let fill): wanted = fill
        default: break
        }
        if let fill = wanted {
            fill.opened(peer, stream, wireBytes: wireBytes)
            return peer.writers[stream] = .fill(fill)
        }
        peer.credit(stream, wireBytes)
        peer.session.stop(stream, code: .cancelled)
        peer.flush()
    }

    /// The session broke off under an open stream.
    func endLost(_ stream: IncomingStream) {
        if case .subgroup(let writer) = stream { writer.end(.reset(.internalError)) }
    }
}
