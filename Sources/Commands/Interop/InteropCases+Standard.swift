internal import MoQTCodec
internal import MoQTSession
internal import Wire

/// The cases of the interop runner; namespaces and names are its own.
extension InteropCase {
    static let standard = [
        InteropCase("setup-only", .seconds(2)) { (stage) throws(InteropEnd) in _ = try stage.connect() },
        InteropCase("announce-only", .seconds(2)) { (stage) throws(InteropEnd) in
            _ = try stage.connect().announce("moq-test", "interop")
        },
        InteropCase("publish-namespace-done", .seconds(2), publishNamespaceDone),
        InteropCase("subscribe-error", .seconds(2), subscribeError),
        InteropCase("announce-subscribe", .seconds(3), announceSubscribe),
        InteropCase("subscribe-before-announce", .milliseconds(3500), subscribeBeforeAnnounce),
    ]

    private static func publishNamespaceDone(_ stage: InteropStage) throws(InteropEnd) {
        let client = try stage.connect()
        let request = try client.announce("moq-test", "interop")
        try client.say { try $0.cancel(request) }
        try client.waitUntilDelivered()
    }

    private static func subscribeError(_ stage: InteropStage) throws(InteropEnd) {
        let client = try stage.connect()
        let request = try client.subscribe(to: InteropTrack.name("test-track", "nonexistent", "namespace"))
        try client.expectError(to: request)
    }

    private static func announceSubscribe(_ stage: InteropStage) throws(InteropEnd) {
        let publisher = try stage.connect("publisher")
        let track = publisher.track("test-track", "moq-test", "interop")
        try publisher.announce("moq-test", "interop")
        let subscriber = try stage.connect("subscriber")
        let request = try subscriber.subscribe(to: track.name)
        try subscriber.expectOK("SUBSCRIBE_OK", to: request)
    }

    /// Either answer will do: the relay may hold the SUBSCRIBE, or refuse it.
    private static func subscribeBeforeAnnounce(_ stage: InteropStage) throws(InteropEnd) {
        let subscriber = try stage.connect("subscriber")
        let request = try subscriber.subscribe(to: InteropTrack.name("test-track", "moq-test", "interop"))
        try stage.pause(.milliseconds(500))
        let publisher = try stage.connect("publisher")
        _ = publisher.track("test-track", "moq-test", "interop")
        try publisher.announce("moq-test", "interop")
        _ = try subscriber.answer("SUBSCRIBE_OK or REQUEST_ERROR", to: request)
    }
}
