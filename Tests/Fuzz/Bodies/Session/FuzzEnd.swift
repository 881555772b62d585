import MoQTCodec
import MoQTRelay
import MoQTSession
import Wire

/// One end of a fuzzed session: with an application that the input plays, with a relay or with a publisher.
final class FuzzEnd {
    /// What is on its way to the other end on one stream.
    enum Flight {
        case data([UInt8], fin: Bool)
        case reset(StreamResetCode)
        case stop(StreamResetCode)
    }

    let peer: Peer
    let role: EndpointRole
    let profile: Profile
    /// Whoever answers; nil: the input does.
    var handler: ((SessionEvent) -> Void)?
    /// On its way to the other end: streams in the order in which they were first used.
    var streams: [StreamID] = []
    var flights: [StreamID: [Flight]] = [:]
    var datagrams: [Bytes] = []
    /// Bytes that the transport takes at a time.
    var sendLimit = Int.max

    /// Requests of either end that the application knows.
    var requests: [RequestID] = []
    /// Requests of the other end that wait for an answer, oldest first.
    var questions: [SessionEvent] = []
    /// What data may be sent for.
    var aliases: [TrackAlias] = []
    var fetches: [RequestID] = []
    /// Data streams of the other end.
    var incoming: [StreamID] = []
    var isClosed = false
    /// What the other end was closed for.
    private(set) var violation: Violation?
    private var bidiCount: UInt64 = 0
    private var uniCount: UInt64 = 0
    private(set) var bytesIn = 0
    private(set) var bytesOut = 0
    /// Bytes received on a stream and not credited.
    private var uncredited: [StreamID: Int] = [:]

    init(_ role: EndpointRole, _ profile: Profile, _ configuration: SessionConfiguration) {
        self.role = role
        self.profile = profile
        let session = Session(role: role, profile: profile, configuration: configuration)
        peer = Peer(number: role == .client ? 1 : 2, session: session, profile: profile)
    }

    // MARK: - Streams

    func open(_ direction: StreamDirection) -> StreamID {
        let kind: UInt64 = (direction == .bidirectional ? 0 : 2) | (role == .client ? 0 : 1)
        if direction == .bidirectional { bidiCount += 1 } else { uniCount += 1 }
        return StreamID(rawValue: 4 * ((direction == .bidirectional ? bidiCount : uniCount) - 1) + kind)
    }

    func send(_ flight: Flight, on stream: StreamID) {
        if flights[stream] == nil { streams.append(stream) }
        flights[stream, default: []].append(flight)
    }

    /// Takes what is next on a stream, `limit` bytes at most.
    func take(_ stream: StreamID, limit: Int) -> Flight? {
        guard let first = flights[stream]?.first else { return nil }
        if case .data(let bytes, let fin) = first, bytes.count > limit {
            flights[stream]?[0] = .data(Array(bytes[limit...]), fin: fin)
            return .data(Array(bytes[..<limit]), fin: false)
        }
        flights[stream]?.removeFirst()
        if flights[stream]?.isEmpty ?? true {
            flights[stream] = nil
            streams.removeAll { $0 == stream }
        }
        return first
    }

    // MARK: - Inputs

    func hear(_ flight: Flight, on stream: StreamID, _ now: Instant) throws(FuzzFailure) {
        switch flight {
        case .data(let bytes, let fin):
            bytesIn += bytes.count
            uncredited[stream, default: 0] += bytes.count
            peer.session.received(Bytes(bytes), on: stream, fin: fin, now: now)
        case .reset(let code): peer.session.peerReset(stream, code)
        case .stop(let code):
            if peer.downlink.owns(stream) {
                peer.downlink.stopped(stream)
            } else {
                peer.session.peerStopped(stream, code)
            }
        }
        try drain(now)
    }

    func reachTime(_ now: Instant) throws(FuzzFailure) {
        peer.session.timeReached(now: now)
        if let due = peer.session.deadline, due <= now { throw FuzzFailure("a timer of the past stays set") }
        try drain(now)
    }

    // MARK: - Drains

    /// Takes all that the session has to say and wants done.
    func drain(_ now: Instant) throws(FuzzFailure) {
        for _ in 0..<10_000 {
            var moved = false
            while let event = peer.session.nextEvent() {
                moved = true
                try heard(event)
            }
            peer.endSubscriptions()
            while let action = peer.session.nextTransportAction() {
                moved = true
                try act(action)
            }
            moved = carry(now) || moved
            guard moved else { return try checkClosed() }
        }
        throw FuzzFailure("the session does not come to rest")
    }

    private func heard(_ event: SessionEvent) throws(FuzzFailure) {
        if isClosed { throw FuzzFailure("\(event) after the end") }
        if case .closed(let close) = event { (isClosed, violation) = (true, close.violation) }
        note(event)
        if let handler { handler(event) } else { ask(event) }
    }

    private func note(_ event: SessionEvent) {
        switch event {
        case .subgroupOpened(let stream, _, _, _), .fetchOpened(let stream, _, _): incoming.append(stream)
        case .subgroupEnded(let stream, _, _), .fetchEnded(let stream, _, _): incoming.removeAll { $0 == stream }
        default: break
        }
    }

    private func ask(_ event: SessionEvent) {
        switch event {
        case .subscribe, .publish, .fetch, .trackStatus, .publishNamespace, .subscribeNamespace, .subscribeTracks,
            .updateRequested:
            questions.append(event)
        default: break
        }
    }

    private func act(_ action: TransportAction) throws(FuzzFailure) {
        switch action {
        case .reset(let stream, let code): send(.reset(code), on: stream)
        case .stopSending(let stream, let code): send(.stop(code), on: stream)
        case .credit(let stream, let count):
            guard let owed = uncredited[stream], owed >= count else {
                throw FuzzFailure("credit for \(count) bytes of stream \(stream.rawValue), which has not had as many")
            }
            uncredited[stream] = owed - count
        case .creditStreams: break
        case .close: if !isClosed { throw FuzzFailure("closed without having said so") }
        }
    }

    private func carry(_ now: Instant) -> Bool {
        var moved = false
        while let direction = peer.session.wantedStream {
            peer.session.opened(open(direction))
            moved = true
        }
        while let (stream, code) = peer.downlink.nextReset() { send(.reset(code), on: stream) }
        while peer.nextCredit() != nil {}
        _ = peer.takeFinishedStreams()
        while let datagram = peer.downlink.nextDatagram {
            datagrams.append(datagram)
            peer.downlink.tookDatagram(now)
        }
        var list: [Bytes] = []
        while let stream = peer.session.nextSendStream() {
            list.removeAll()
            let fin = peer.session.gather(stream, into: &list)
            let (count, ended) = say(list, fin, on: stream)
            peer.session.sent(stream, byteCount: count, fin: ended)
            moved = true
        }
        while let stream = peer.downlink.nextStream(now, open: { _ in open(.unidirectional) }) {
            list.removeAll()
            let fin = peer.downlink.gather(into: &list)
            let (count, ended) = say(list, fin, on: stream)
            peer.downlink.took(count, fin: ended, now)
            peer.downlink.acknowledged(stream, count, now)
            moved = true
        }
        return moved
    }

    private func say(_ list: [Bytes], _ fin: Bool, on stream: StreamID) -> (Int, Bool) {
        var bytes: [UInt8] = []
        for part in list { part.append(to: &bytes) }
        let count = min(bytes.count, sendLimit)
        bytesOut += count
        let ended = fin && count == bytes.count
        send(.data(Array(bytes[..<count]), fin: ended), on: stream)
        return (count, ended)
    }

    private func checkClosed() throws(FuzzFailure) {
        guard isClosed else { return }
        if peer.session.deadline != nil { throw FuzzFailure("a timer runs after the end") }
        if peer.session.wantedStream != nil { throw FuzzFailure("a stream is wanted after the end") }
        if peer.session.nextSendStream() != nil { throw FuzzFailure("something is to be sent after the end") }
    }
}
