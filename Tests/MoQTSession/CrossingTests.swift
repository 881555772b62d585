import Breaches
import MoQTCodec
import MoQTSession
import Testing
import Wire

/// SUBSCRIBE and PUBLISH of one track that cross, up to draft-15.
struct CrossingTests {
    static let silent = Profile.spoken.filter { $0.behaviours.contains(.closesForDuplicates) }

    /// A server that has asked for the tracks under a prefix asks for one of them before it has answered PUBLISH.
    private func crossing(_ profile: Profile) throws -> (pair: Pair, published: RequestID, crossing: RequestID) {
        let pair = Pair(profile)
        let (published, _) = try pair.server.session.publish(track("a"))
        let crossing = try pair.client.session.subscribe(track("a"))
        pair.run()
        guard case .subscribe(let message) = pair.server.events.last else {
            Issue.record("\(pair.server.events)")
            return (pair, published, crossing)
        }
        #expect(message.requestID == crossing)
        _ = try pair.server.session.acceptSubscribe(crossing)
        pair.run()
        return (pair, published, crossing)
    }

    /// draft-15 "SUBSCRIBE" forbids two active subscriptions, and has no word for the refusal of one that may become a
    /// second.
    @Test(arguments: silent) func `a SUBSCRIBE that crosses PUBLISH is taken`(profile: Profile) throws {
        let (pair, published, crossing) = try crossing(profile)
        #expect(throws: SessionError.duplicateSubscription) { try pair.client.session.acceptPublish(published) }
        pair.run()
        guard case .rejected(published, _) = pair.server.events.last else {
            return #expect(Bool(false), "\(pair.server.events)")
        }
        try pair.client.session.cancel(crossing)
        pair.run()
        #expect(pair.server.events.last == .requestCancelled(crossing, .cancelled))
    }

    @Test(arguments: silent) func `a peer that takes both is told that one is over`(profile: Profile) throws {
        let (pair, published, crossing) = try crossing(profile)
        pair.client.send(
            Words(profile, .client).about(published, .requestOK(RequestOK()), .publish), on: StreamID(rawValue: 0))
        pair.run()
        #expect(pair.server.events.last == .requestCancelled(published, .cancelled))
        #expect(throws: SessionError.unknownRequest(published)) { try pair.server.session.cancel(published) }
        #expect(pair.client.close == nil)
        // The other one goes on.
        try pair.server.session.publishDone(crossing, .trackEnded, streamCount: 0)
    }
}
