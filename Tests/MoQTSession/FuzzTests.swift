import Breaches
import MoQTCodec
import MoQTSession
import Testing
import Wire

/// Sessions under random input and random use; the seed of a failure is its test's argument.
struct FuzzTests {
    @Test(arguments: Profile.spoken, 1...20 as ClosedRange<UInt64>)
    func `random bytes never trap`(profile: Profile, seed: UInt64) {
        var random = Seeded(seed)
        for _ in 0..<50 {
            let end = End(Bool.random(using: &random) ? .client : .server, .test, profile)
            let peer: UInt64 = end.role == .client ? 1 : 0
            let now = Instant(nanoseconds: 1)
            end.session.transportReady(now: now)
            if Int.random(in: 0..<8, using: &random) > 0 {
                let isOne = profile.hasOneControlStream
                let setup = Words(profile, end.role == .client ? .server : .client).setup()
                let control = StreamID(rawValue: isOne ? 0 : 2 | peer)
                if isOne { end.drain() }
                end.session.received(Bytes(setup), on: control, fin: false, now: now)
            }
            _ = try? end.begin(RequestKind.allCases.randomElement(using: &random)!)
            end.drain()
            for _ in 0..<20 { end.disturb(now, peer, profile, &random) }
            #expect(end.close?.origin != .peer)
        }
    }

    @Test(arguments: Profile.spoken, 1...40 as ClosedRange<UInt64>)
    func `whatever two rightful applications do, no rule is broken and nothing is lost`(profile: Profile, seed: UInt64)
    {
        let pair = Pair(profile, seed: seed, start: false)
        let applications = [Application(pair.client, profile), Application(pair.server, profile)]
        // Some clients ask in their first flight, and what they say then comes before the server trusts them.
        let isEarly = seed.isMultiple(of: 2)
        pair.client.session.transportReady(isEarly: isEarly, now: pair.now)
        if isEarly { for _ in 0..<4 { applications[0].act(pair.now, &pair.random) } }
        pair.client.drain()
        pair.client.session.handshakeCompleted(now: pair.now)
        pair.server.session.transportReady(isEarly: isEarly, now: pair.now)
        if !isEarly { pair.run() }
        for turn in 0..<150 {
            if turn == 20 { pair.server.session.handshakeCompleted(now: pair.now) }
            applications[Int.random(in: 0..<2, using: &pair.random)].act(pair.now, &pair.random)
            for _ in 0..<Int.random(in: 0..<6, using: &pair.random) { pair.stepOnce() }
            for application in applications { application.hear(&pair.random) }
        }
        for application in applications { application.finish() }
        pair.run()
        for application in applications { application.finish() }
        pair.run()
        pair.advance(seconds: 20)
        for (sender, receiver) in [(pair.client, pair.server), (pair.server, pair.client)] {
            #expect(receiver.close == nil)
            #expect(receiver.session.deadline == nil)
            for (stream, count) in sender.delivered {
                #expect(receiver.accounted[stream, default: 0] == count, "stream \(stream.rawValue)")
            }
            // The control stream is never given back.
            let control = profile.hasOneControlStream ? (sender.role == .client ? 1 : 0, 0) : (0, 1)
            #expect(receiver.creditedStreams[.bidirectional, default: 0] == sender.opened(.bidirectional) - control.0)
            #expect(receiver.creditedStreams[.unidirectional, default: 0] == sender.opened(.unidirectional) - control.1)
        }
    }
}

extension End {
    func opened(_ direction: StreamDirection) -> Int { Int(nextStream[direction]! / 4) }

    private static let samples = ViolationTests.cases.flatMap { $0.steps }

    /// One random input, often nearly right.
    fileprivate func disturb(_ now: Instant, _ peer: UInt64, _ profile: Profile, _ random: inout Seeded) {
        let stream = StreamID(rawValue: UInt64.random(in: 0..<16, using: &random))
        var bytes = (0..<Int.random(in: 0..<40, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random) }
        if case .data(_, let sample, _)? = Self.samples.randomElement(using: &random), Bool.random(using: &random) {
            bytes = sample
            if !bytes.isEmpty, Bool.random(using: &random) {
                bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
        }
        if Bool.random(using: &random), let breach = Breach.all.randomElement(using: &random),
            breach.drafts.contains(where: { $0 === profile }),
            let step = breach.steps(Words(profile, role == .client ? .server : .client)).randomElement(using: &random),
            case .say(let place, let sample) = step
        {
            bytes = sample
            if profile.hasOneControlStream, place == .control {
                return session.received(Bytes(bytes), on: StreamID(rawValue: 0), fin: false, now: now)
            }
        }
        switch Int.random(in: 0..<12, using: &random) {
        case 0: session.peerReset(stream, .cancelled)
        case 1: session.peerStopped(stream, .cancelled)
        case 2: session.received(datagram: Bytes(bytes), now: now)
        case 3: session.timeReached(now: now + .seconds(UInt64.random(in: 0..<20, using: &random)))
        case 4: session.peerOpened(stream)
        default:
            session.received(Bytes(bytes), on: stream, fin: Int.random(in: 0..<4, using: &random) == 0, now: now)
        }
        drain()
    }
}

extension Pair {
    /// Delivers one random piece, if there is one.
    fileprivate func stepOnce() {
        client.drain()
        server.drain()
        let fromClient = !client.inFlight.isEmpty || !client.datagrams.isEmpty
        let fromServer = !server.inFlight.isEmpty || !server.datagrams.isEmpty
        guard fromClient || fromServer else { return }
        let clientSends = fromClient && (!fromServer || Bool.random(using: &random))
        step(from: clientSends ? client : server, to: clientSends ? server : client)
    }
}

/// Uses a session as it may, at random.
private final class Application {
    let end: End
    let profile: Profile
    var heard = 0
    /// Requests of either end that may be open.
    var live: [RequestID] = []
    /// Subscriptions and fetches we serve: their alias, or nil for a fetch, and the streams opened.
    var serving: [RequestID: (alias: TrackAlias?, streams: [StreamID])] = [:]
    var open: [StreamID] = []
    var group: UInt64 = 0

    init(_ end: End, _ profile: Profile) {
        self.end = end
        self.profile = profile
    }

    func act(_ now: Instant, _ random: inout Seeded) {
        let name = track("t\(Int.random(in: 0..<5, using: &random))")
        let id = live.randomElement(using: &random) ?? RequestID(rawValue: 0)
        switch Int.random(in: 0..<14, using: &random) {
        case 0, 1: note(try? end.session.subscribe(name))
        case 2, 3:
            guard let (id, alias) = try? end.session.publish(name) else { return }
            note(id)
            serving[id] = (alias, [])
        case 4: note(try? end.session.fetch(.standalone(track: name, start: .zero, end: RangeEnd(group: 3))))
        case 5: note(try? end.session.fetch(.absoluteJoining(request: id, group: 0)))
        case 6: note(try? end.session.trackStatus(name))
        case 7: note(try? end.session.subscribeNamespace(namespace(["n\(group % 3)"])))
        case 8: note(try? end.session.publishNamespace(namespace(["n"])))
        case 9: note(try? end.session.subscribeTracks(namespace(["n\(group % 3)"])))
        case 10: try? end.session.update(id, Parameters())
        case 11: if Bool.random(using: &random) { cancel(id) }
        default: serve(&random)
        }
    }

    private func note(_ id: RequestID?) { if let id { live.append(id) } }

    private func cancel(_ id: RequestID) {
        try? end.session.cancel(id)
        release(id)
    }

    /// Ends the streams of a request that has ended.
    private func release(_ id: RequestID) {
        guard let state = serving.removeValue(forKey: id) else { return }
        for stream in state.streams where open.contains(stream) { close(stream) { end.reset(stream, .cancelled) } }
    }

    private func close(_ stream: StreamID, _ how: () -> Void) {
        open.removeAll { $0 == stream }
        how()
    }

    /// Sends something for a request we serve.
    private func serve(_ random: inout Seeded) {
        guard let id = serving.keys.sorted().randomElement(using: &random), let state = serving[id] else { return }
        group += 1
        guard let alias = state.alias else {
            var bytes: [UInt8] = []
            try! FetchObjectEncoder(profile: profile, order: .ascending).appendHeader(id, to: &bytes)
            end.openData(bytes, fin: true)
            try? end.session.fetchDone(id)
            serving[id] = nil
            return
        }
        switch Int.random(in: 0..<4, using: &random) {
        case 0 where !state.streams.isEmpty && open.contains(state.streams[0]):
            close(state.streams[0]) { end.send([], on: state.streams[0], fin: true) }
        case 1:
            for stream in state.streams where open.contains(stream) { close(stream) { end.reset(stream, .cancelled) } }
            let count = Bool.random(using: &random) ? UInt64(state.streams.count) : nil
            try? end.session.publishDone(id, .trackEnded, streamCount: count)
            serving[id] = nil
        default:
            let stream = end.openData(subgroup(alias, group: group, objects: [[1, 2, 3], [4]], profile))
            serving[id]?.streams.append(stream)
            open.append(stream)
        }
    }

    /// Answers what the session told.
    func hear(_ random: inout Seeded) {
        while heard < end.events.count {
            let event = end.events[heard]
            heard += 1
            let yes = Int.random(in: 0..<4, using: &random) > 0
            switch event {
            case .subscribe(let message):
                note(message.requestID)
                if !yes {
                    _ = try? end.session.reject(message.requestID, .doesNotExist)
                } else if let alias = try? end.session.acceptSubscribe(message.requestID) {
                    serving[message.requestID] = (alias, [])
                }
            case .publish(let message):
                note(message.requestID)
                if yes {
                    try? end.session.acceptPublish(message.requestID)
                } else {
                    try? end.session.reject(message.requestID, .uninterested)
                }
            case .fetch(let message, _):
                note(message.requestID)
                if !yes {
                    try? end.session.reject(message.requestID, .invalidRange)
                } else if (try? end.session.acceptFetch(message.requestID, end: RangeEnd(group: 3))) != nil {
                    serving[message.requestID] = (nil, [])
                }
            case .trackStatus(let message): answer(message.requestID, yes)
            case .publishNamespace(let message): answer(message.requestID, yes)
            case .subscribeNamespace(let message): answer(message.requestID, yes)
            case .subscribeTracks(let message): answer(message.requestID, yes)
            case .updateRequested(let id, _): _ = try? end.session.acceptUpdate(id)
            case .requestCancelled(let id, _), .rejected(let id, _): release(id)
            case .subgroupOpened(let stream, _, _, _): if !yes { end.session.stop(stream, code: .cancelled) }
            default: break
            }
        }
    }

    private func answer(_ id: RequestID, _ yes: Bool) {
        note(id)
        if yes { try? end.session.accept(id) } else { try? end.session.reject(id, .notSupported) }
    }

    /// Gives up every request and ends every stream.
    func finish() {
        var random = Seeded(0)
        hear(&random)
        for id in live { cancel(id) }
        for stream in open { close(stream) { end.reset(stream, .cancelled) } }
    }
}
