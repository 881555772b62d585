import MoQTCodec
import MoQTSession
import Testing
import Wire

/// draft-18 "GOAWAY".
struct GoAwayTests {
    @Test(arguments: Profile.spoken) func `GOAWAY names the first request that was not processed`(profile: Profile)
        throws
    {
        let pair = Pair(profile)
        _ = try pair.client.session.subscribe(track("a"))
        pair.run()
        try pair.server.session.goAway(uri: "moqt://other", timeout: 0, now: pair.now)
        pair.run()
        guard case .goAway(let message, nil) = pair.client.events.last else {
            return #expect(Bool(false), "\(pair.client.events)")
        }
        #expect(message.newSessionURI == "moqt://other")
        let hasID = profile.has(.requestID, in: .goAway, at: .control)
        #expect(message.requestID == (hasID ? RequestID(rawValue: 2) : nil))
        #expect(throws: SessionError.goingAway) { try pair.client.session.subscribe(track("b")) }
    }

    @Test(arguments: Profile.draft17.since) func `requests after GOAWAY are refused with GOING_AWAY`(profile: Profile)
        throws
    {
        let pair = Pair(profile)
        try pair.server.session.goAway(now: pair.now)
        let id = try pair.client.session.subscribe(track("a"))
        pair.run()
        #expect(pair.client.refusal(of: id) == .goingAway)
    }

    @Test(arguments: Profile.draft17.since) func `after the timeout open requests close the session`(profile: Profile)
        throws
    {
        let pair = Pair(profile)
        _ = try pair.client.session.subscribe(track("a"))
        pair.run()
        try pair.server.session.goAway(timeout: 5_000, now: pair.now)
        pair.run()
        pair.advance(seconds: 4)
        #expect(pair.server.close == nil)
        pair.advance(seconds: 1)
        #expect(pair.server.close?.code == .goAwayTimeout)
    }

    @Test func `without open requests the timeout closes nothing`() throws {
        let pair = Pair()
        try pair.server.session.goAway(timeout: 5_000, now: pair.now)
        pair.run()
        pair.advance(seconds: 5)
        #expect(pair.server.close == nil && pair.server.session.deadline == nil)
    }

    @Test(arguments: Profile.draft18.since) func `GOAWAY of one request resets it after the timeout`(profile: Profile)
        throws
    {
        let pair = Pair(profile)
        let id = try pair.client.session.subscribe(track("a"))
        pair.run()
        _ = try pair.server.session.acceptSubscribe(id)
        try pair.server.session.goAway(id, timeout: 1_000, now: pair.now)
        pair.run()
        guard case .goAway(_, id) = pair.client.events.last else {
            return #expect(Bool(false), "\(pair.client.events)")
        }
        #expect(try pair.client.session.subscribe(track("b")) == RequestID(rawValue: 2))
        pair.advance(seconds: 1)
        #expect(pair.server.events.contains(.requestCancelled(id, .goingAway)))
        #expect(pair.client.events.last == .requestCancelled(id, .goingAway))
    }

    @Test(arguments: Profile.spoken) func `GOAWAY is sent once, and a client names no URI`(profile: Profile) throws {
        let pair = Pair(profile)
        #expect(throws: SessionError.self) { try pair.client.session.goAway(uri: "moqt://x", now: pair.now) }
        try pair.client.session.goAway(now: pair.now)
        #expect(throws: SessionError.self) { try pair.client.session.goAway(now: pair.now) }
    }
}
