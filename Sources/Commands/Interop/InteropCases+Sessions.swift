internal import MoQTCodec
internal import MoQTSession
internal import Wire

/// Cases about sessions as such.
extension InteropCase {
    static let sessions = [
        InteropCase("goaway", .seconds(10), goAway),
        InteropCase("malformed", .seconds(5), malformed),
    ]

    /// A publisher and a subscriber that are about to go finish what they have begun.
    private static func goAway(_ stage: InteropStage) throws(InteropEnd) {
        let publisher = try stage.connect("publisher")
        let track = publisher.track("test-track", "moq-test", "goaway")
        try publisher.announce("moq-test", "goaway")
        let subscriber = try stage.connect("subscriber")
        let request = try subscriber.subscribe(to: track.name)
        try subscriber.expectOK("SUBSCRIBE_OK", to: request)
        try publisher.waitForReader(of: track)
        let now = stage.now
        for client in [publisher, subscriber] {
            try client.say { try $0.goAway(now: now) }
            try client.waitUntilDelivered()
        }
        let sent = track.putGroup(3)
        try subscriber.expect(sent, of: request)
    }

    /// A control message of a type that no draft has closes the session.
    private static func malformed(_ stage: InteropStage) throws(InteropEnd) {
        let client = try stage.connect()
        // Type 0x3F, length 0: all drafts write these the same way.
        try client.say { try $0.sayUnchecked([0x3F, 0, 0]) }
        try client.expectClose(.protocolViolation)
    }
}
