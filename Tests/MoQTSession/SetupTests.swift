import Breaches
import MoQTCodec
import MoQTSession
import Testing
import Wire

/// draft-18 "Session initialization", "SETUP".
struct SetupTests {
    @Test(arguments: Profile.spoken) func `both ends learn each other's options`(profile: Profile) {
        var configuration = SessionConfiguration.test
        configuration.path = "/live?x=1"
        configuration.authority = "example.com:4433"
        let pair = Pair(profile, client: configuration)
        guard case .ready(let atServer) = pair.server.events.first, case .ready(let atClient) = pair.client.events.first
        else { return #expect(Bool(false), "not ready: \(pair.server.events)") }
        #expect(atServer.path == "/live?x=1")
        #expect(atServer.authority == "example.com:4433")
        #expect(atServer.implementation == "test")
        #expect(atClient.path == nil)
        #expect(pair.client.session.deadline == nil)
    }

    @Test(arguments: Profile.draft17.since) func `a request stream that comes before SETUP waits for it`(
        profile: Profile
    )
        throws
    {
        let pair = Pair(profile, start: false)
        pair.client.session.transportReady(now: pair.now)
        pair.server.session.transportReady(now: pair.now)
        pair.client.drain()
        pair.server.drain()
        let clientControl = pair.client.inFlight.removeValue(forKey: StreamID(rawValue: 2))
        pair.run()
        _ = try pair.client.session.subscribe(track("a"))
        pair.run()
        #expect(pair.server.take().isEmpty)
        #expect(pair.server.accounted[StreamID(rawValue: 0)] == nil)
        pair.client.inFlight[StreamID(rawValue: 2)] = clientControl
        pair.run()
        guard case .ready = pair.server.events.first, case .subscribe(let message) = pair.server.events.last else {
            return #expect(Bool(false), "\(pair.server.events)")
        }
        #expect(message.track == track("a"))
        #expect(pair.server.accounted[StreamID(rawValue: 0)] == pair.client.delivered[StreamID(rawValue: 0)])
    }

    @Test(arguments: Profile.spoken) func `requests made early leave after the peer's SETUP`(profile: Profile) throws {
        let pair = Pair(profile, start: false)
        let id = try pair.client.session.subscribe(track("a"))
        #expect(pair.client.session.wantedStream == nil)
        pair.client.session.transportReady(now: pair.now)
        pair.client.drain()
        #expect(pair.client.session.wantedStream == nil)
        #expect(pair.server.events.isEmpty)
        pair.server.session.transportReady(now: pair.now)
        pair.run()
        guard case .subscribe(let message) = pair.server.events.last else {
            return #expect(Bool(false), "\(pair.server.events)")
        }
        #expect(message.requestID == id)
    }

    @Test(arguments: Profile.draft17.since)
    func `the control stream is asked for first, then one stream per request in order`(profile: Profile) throws {
        let pair = Pair(profile, start: false)
        _ = try pair.client.session.subscribe(track("a"))
        _ = try pair.client.session.subscribe(track("b"))
        pair.client.session.transportReady(now: pair.now)
        #expect(pair.client.session.wantedStream == .unidirectional)
        pair.client.session.opened(StreamID(rawValue: 2))
        #expect(pair.client.session.nextSendStream() == StreamID(rawValue: 2))
        pair.server.session.transportReady(now: pair.now)
        pair.server.drain()
        let setup = Bytes([0xAF, 0x00, 0, 0])
        pair.client.session.received(setup, on: StreamID(rawValue: 3), fin: false, now: pair.now)
        #expect(pair.client.session.wantedStream == .bidirectional)
        pair.client.session.opened(StreamID(rawValue: 0))
        pair.client.session.opened(StreamID(rawValue: 4))
        #expect(pair.client.session.wantedStream == nil)
        pair.client.session.blocked(StreamID(rawValue: 2))
        #expect(pair.client.session.nextSendStream() == StreamID(rawValue: 0))
        pair.client.session.blocked(StreamID(rawValue: 0))
        #expect(pair.client.session.nextSendStream() == StreamID(rawValue: 4))
        pair.client.session.writable(StreamID(rawValue: 2))
        #expect(pair.client.session.nextSendStream() == StreamID(rawValue: 2))
    }

    @Test func `without SETUP the session closes with CONTROL_MESSAGE_TIMEOUT`() {
        let pair = Pair(start: false)
        pair.client.session.transportReady(now: pair.now)
        #expect(pair.client.session.deadline == pair.now + .seconds(10))
        pair.client.session.timeReached(now: pair.now + .seconds(9))
        pair.client.session.timeReached(now: pair.now + .seconds(10))
        pair.client.drain()
        #expect(pair.client.close?.code == .controlMessageTimeout)
        #expect(pair.client.session.deadline == nil)
    }

    @Test func `after close nothing is said and nothing heard`() throws {
        let pair = Pair()
        _ = pair.client.take()
        _ = try pair.client.session.subscribe(track("a"))
        pair.client.session.close(.noError, reason: "bye")
        #expect(pair.client.session.wantedStream == nil)
        #expect(pair.client.session.nextSendStream() == nil)
        pair.client.session.received(Bytes([0xFF]), on: StreamID(rawValue: 3), fin: true, now: pair.now)
        pair.client.drain()
        #expect(pair.client.actions.last == .close(.noError, reason: "bye"))
        #expect(pair.client.events == [.closed(SessionClose(origin: .us, code: .noError, reason: "bye"))])
        #expect(throws: SessionError.closed) { try pair.client.session.subscribe(track("a")) }
    }

    @Test func `a close by the peer is told and answered by nothing`() {
        let pair = Pair()
        _ = pair.client.take()
        pair.client.session.transportClosed(by: .peer, code: .unauthorized, reason: "no")
        #expect(pair.client.session.nextTransportAction() == nil)
        pair.client.drain()
        #expect(pair.client.close?.origin == .peer)
    }

    /// draft-18 "SETUP".
    @Test(arguments: Profile.draft17.since) func `what follows SETUP at once is taken`(profile: Profile) {
        let end = End(.client, .test, profile)
        let now = Instant(nanoseconds: 1)
        end.session.transportReady(now: now)
        end.drain()
        let words = Words(profile, .server)
        let both = words.setup() + words.goAway("moqt://other")
        end.session.received(Bytes(both), on: StreamID(rawValue: 3), fin: false, now: now)
        end.drain()
        guard case .ready = end.events.first, case .goAway(let message, nil) = end.events.last else {
            return #expect(Bool(false), "\(end.events)")
        }
        #expect(message.newSessionURI == "moqt://other" && end.close == nil)
    }

    /// draft-16 "Session initialization".
    @Test(arguments: Profile.draft16.since) func `a data stream that comes before SETUP waits for it`(profile: Profile)
        throws
    {
        let pair = Pair(profile, start: false)
        for end in [pair.client, pair.server] { end.session.transportReady(now: pair.now) }
        let id = try pair.client.session.subscribe(track("a"))
        pair.client.drain()
        pair.server.drain()
        let stream = pair.server.openData(subgroup(TrackAlias(rawValue: 0), objects: [[7]], profile), fin: true)
        pair.deliver(stream, from: pair.server, to: pair.client)
        #expect(pair.client.close == nil && pair.client.accounted[stream] == nil)
        pair.run()
        let alias = try pair.server.session.acceptSubscribe(id)
        pair.run()
        #expect(pair.client.payloads(of: stream) == (alias.rawValue == 0 ? [[7]] : []))
        #expect(pair.client.close == nil && pair.server.close == nil)
    }
}
