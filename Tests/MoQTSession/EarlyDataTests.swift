import MoQTCodec
import MoQTSession
import Testing
import Wire

/// draft-18 "0-RTT": what passes before the handshake is complete may come again, from somebody else.
struct EarlyDataTests {
    /// A client that sends early data, and a server that takes it.
    private func pair(_ profile: Profile, seed: UInt64 = 1) -> Pair {
        let pair = Pair(profile, seed: seed, start: false)
        pair.client.session.transportReady(isEarly: true, now: pair.now)
        pair.server.session.transportReady(isEarly: true, now: pair.now)
        return pair
    }

    private func completes(_ pair: Pair) {
        pair.client.session.handshakeCompleted(now: pair.now)
        pair.server.session.handshakeCompleted(now: pair.now)
        pair.run()
    }

    /// The requests that the server was told of.
    private func told(_ pair: Pair) -> [RequestID] {
        pair.server.events.compactMap {
            switch $0 {
            case .subscribe(let message): message.requestID
            case .publish(let message): message.requestID
            case .publishNamespace(let message): message.requestID
            case .trackStatus(let message): message.requestID
            default: nil
            }
        }
    }

    @Test(arguments: Profile.spoken)
    func `a client is told first, and asks before it has heard of the server`(profile: Profile) throws {
        let pair = pair(profile)
        pair.client.drain()
        #expect(pair.client.events == [.early])
        let id = try pair.client.session.subscribe(track("a"))
        pair.client.drain()
        // Up to draft-16 nobody may ask before SETUP has granted requests (draft-16 "MAX_REQUEST_ID").
        let asksAtOnce = !profile.hasOneControlStream
        #expect(pair.client.opened(.bidirectional) == 1 && pair.client.opened(.unidirectional) == (asksAtOnce ? 1 : 0))
        pair.run()
        #expect(told(pair) == [id] && pair.server.close == nil)
    }

    @Test(arguments: Profile.spoken)
    func `what offers something waits for SETUP, and with it what follows`(profile: Profile) throws {
        let pair = Pair(profile, start: false)
        pair.client.session.transportReady(isEarly: true, now: pair.now)
        let ids = [
            try pair.client.session.publishNamespace(namespace(["live"])),
            try pair.client.session.subscribe(track("a")),
        ]
        pair.client.drain()
        let control = profile.hasOneControlStream ? StreamDirection.bidirectional : .unidirectional
        #expect(pair.client.opened(control) == 1 && pair.client.inFlight.count == 1)
        pair.server.session.transportReady(now: pair.now)
        pair.run()
        #expect(Set(told(pair)) == Set(ids) && pair.server.close == nil)
    }

    /// Not even when another client sends them early.
    @Test(arguments: Profile.spoken, 1...8 as ClosedRange<UInt64>)
    func `a server holds offers until the handshake is complete`(profile: Profile, seed: UInt64) throws {
        let pair = Pair(profile, seed: seed, start: false)
        // This client begins as if the handshake were complete.
        pair.client.session.transportReady(now: pair.now)
        pair.server.session.transportReady(isEarly: true, now: pair.now)
        let question = try pair.client.session.subscribe(track("a"))
        let announcement = try pair.client.session.publishNamespace(namespace(["live"]))
        let (offer, alias) = try pair.client.session.publish(track("b"))
        let behind = try pair.client.session.trackStatus(track("c"))
        pair.client.drain()
        pair.client.openData(subgroup(alias, objects: [[1]], profile), fin: true)
        pair.run()
        #expect(Set(told(pair)) == (profile.hasOneControlStream ? [question] : [question, behind]))
        #expect(!pair.server.events.contains { if case .subgroupOpened = $0 { true } else { false } })
        completes(pair)
        #expect(Set(told(pair)) == [question, announcement, offer, behind] && told(pair).count == 4)
        try pair.server.session.acceptPublish(offer)
        pair.run()
        #expect(pair.server.events.contains { if case .subgroupOpened = $0 { true } else { false } })
        #expect(pair.server.close == nil && pair.client.close == nil)
    }

    @Test(arguments: Profile.spoken)
    func `a handshake that never completes brings nothing about`(profile: Profile) throws {
        let pair = Pair(profile, start: false)
        pair.client.session.transportReady(now: pair.now)
        pair.server.session.transportReady(isEarly: true, now: pair.now)
        _ = try pair.client.session.publishNamespace(namespace(["live"]))
        pair.run()
        pair.advance(seconds: 60)
        #expect(told(pair).isEmpty)
        pair.server.session.transportClosed(by: .transport, code: .internalError, reason: "")
        #expect(told(pair).isEmpty)
    }
}
