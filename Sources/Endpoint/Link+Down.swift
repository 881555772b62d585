internal import EventLoop
internal import MoQTCodec
internal import MoQTRelay
internal import MoQTSession
internal import QUIC
internal import WebTransport
internal import Wire

// What sessions and application want of the connection, and the packets.

extension Link {
    /// Trains sent per round before other links get their turn.
    private static let trainsPerRound = 32

    /// Does what is wanted of the connection, then fills packets while it may.
    func send(_ now: Instant) {
        guard !isAbandoned else { return }
        if cause == nil {
            for lane in lanes {
                lane.peer.endSubscriptions()
                handSessionEvents(lane, now)
                act(lane)
                sendDatagrams(lane, now)
            }
        }
        actWeb(now)
        writePackets(now)
        // What was sent may have ended streams of a session.
        if cause == nil { for lane in lanes { act(lane) } }
        // Writing may have ended the connection.
        carryEvents(now)
        actWeb(now)
        if web?.nextSendStream() != nil { mark() }
        for lane in lanes { if let witness = lane.witness { witness.flush() } }
        setTimer()
        if connection.isClosed { fallSilent() }
    }

    private func act(_ lane: Lane) {
        let peer = lane.peer
        while let action = peer.session.nextTransportAction() { perform(action, lane) }
        while let direction = peer.session.wantedStream {
            guard let stream = open(direction, lane) else {
                if direction == .bidirectional, peer.session.outOfStreams() { mark() }
                break
            }
            peer.session.opened(stream)
        }
        while let (stream, code) = peer.downlink.nextReset() { reset(stream, code, lane) }
        while let credit = peer.nextCredit() { connection.extendStreamCredit(credit.stream, by: credit.byteCount) }
        let finished = peer.takeFinishedStreams()
        if finished > 0 { creditStreams(.unidirectional, finished, lane) }
    }

    private func perform(_ action: TransportAction, _ lane: Lane) {
        switch action {
        case .reset(let stream, let code): reset(stream, code, lane)
        case .stopSending(let stream, let code): connection.stopSending(stream, code: wire(code, lane.peer))
        case .credit(let stream, let bytes): connection.extendStreamCredit(stream, by: bytes)
        case .creditStreams(let direction, let count): creditStreams(direction, count, lane)
        case .close(let code, let reason):
            let number = lane.peer.codes.session.nearestNumber(of: code)
            if let session = lane.session {
                web?.close(session, code: UInt32(clamping: number), reason: reason)
            } else {
                connection.close(code: number, reason: reason)
            }
        }
    }

    private func reset(_ stream: StreamID, _ code: StreamResetCode, _ lane: Lane) {
        if let witness = lane.witness { witness.reset(stream, byPeer: false) }
        connection.reset(stream, code: wire(code, lane.peer))
    }

    /// The code of a stream as it stands in QUIC.
    private func wire(_ code: StreamResetCode, _ peer: Peer) -> UInt64 {
        let number = peer.codes.streamReset.nearestNumber(of: code)
        return web == nil ? number : StreamCode.wire(UInt32(clamping: number))
    }

    private func creditStreams(_ direction: StreamDirection, _ count: Int, _ lane: Lane) {
        if let session = lane.session { web?.credited(direction, count, by: session) }
        connection.extendStreamLimit(direction, by: count)
    }

    private func open(_ direction: StreamDirection, _ lane: Lane) -> StreamID? {
        guard let session = lane.session else { return connection.openStream(direction) }
        guard let web, web.mayOpen(direction, for: session), let stream = connection.openStream(direction) else {
            return nil
        }
        web.opened(stream, for: session)
        return stream
    }

    private func sendDatagrams(_ lane: Lane, _ now: Instant) {
        let peer = lane.peer
        // QUIC sends datagrams before streams, the draft control messages before objects (draft-18 "Priorities").
        if peer.downlink.nextDatagram != nil, peer.session.nextSendStream() != nil { writePackets(now) }
        while let datagram = peer.downlink.nextDatagram {
            switch connection.send(datagram: datagram, after: lane.datagramPrefix) {
            case .queued:
                if let witness = lane.witness { witness.sent(datagram: datagram, now) }
                peer.downlink.tookDatagram(EventLoop.clock())
            case .tooLarge, .unsupported: peer.downlink.dropDatagram()
            case .full: return
            }
        }
    }

    private func writePackets(_ now: Instant) {
        for _ in 0..<Self.trainsPerRound {
            // Sending may have shown that nothing listens there.
            if isAbandoned { return }
            if port.isBlocked { return port.wait(self) }
            guard let train = write(now) else {
                guard openStreams() else { return }
                continue
            }
            port.send(
                UnsafeRawBufferPointer(rebasing: driver.sendBuffer[..<train.byteCount]),
                segmentSize: train.segmentSize, train.path, train.ecn)
        }
        mark()
    }

    private func write(_ now: Instant) -> Transmission? {
        // Read anew: what waits for other links to be served is late by that time, too.
        let time = EventLoop.clock()
        var source = LinkSource(web: web, lanes: cause == nil ? lanes : [], turn: turn, now: time)
        turn = lanes.isEmpty ? 0 : (turn + 1) % lanes.count
        return connection.write(into: driver.sendBuffer, from: &source, now: now)
    }

    /// Opens streams for data that waits for one, as far as the peer allows.
    private func openStreams() -> Bool {
        guard cause == nil else { return false }
        var canGoOn = false
        for lane in lanes {
            let downlink = lane.peer.downlink
            for _ in lane.openedStreams.count..<max(lane.openedStreams.count, downlink.unopenedCount) {
                guard let stream = open(.unidirectional, lane) else { break }
                // Streams are used from the back: the oldest number first.
                lane.openedStreams.insert(stream, at: 0)
            }
            guard !lane.openedStreams.isEmpty, downlink.unopenedCount > 0 else { continue }
            downlink.streamsAvailable()
            canGoOn = true
        }
        return canGoOn
    }
}
