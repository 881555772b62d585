internal import MoQTCodec
internal import MoQTSession
internal import Wire

/// Cases that move objects.
extension InteropCase {
    static let objects = [
        InteropCase("publish-track-subscribe", .seconds(10), publishTrackSubscribe),
        InteropCase("fetch", .seconds(10), fetch),
        InteropCase("joining-fetch", .seconds(10), joiningFetch),
        InteropCase("datagrams", .seconds(10), datagrams),
    ]

    private static func publishTrackSubscribe(_ stage: InteropStage) throws(InteropEnd) {
        let publisher = try stage.connect("publisher")
        let track = publisher.track("published-track", "moq-test", "publish")
        try publisher.expectOK("PUBLISH_OK", to: try publisher.offer(track))
        let subscriber = try stage.connect("subscriber")
        let request = try subscriber.subscribe(to: track.name)
        try subscriber.expectOK("SUBSCRIBE_OK", to: request)
        try publisher.waitForReader(of: track)
        let sent = track.putGroup(3)
        try subscriber.expect(sent, of: request)
    }

    /// A track that is under way: its publisher, and a subscriber that has what was published so far.
    private static func started(
        _ stage: InteropStage, _ namespace: String...
    ) throws(InteropEnd) -> (track: InteropTrack, subscriber: InteropClient) {
        let publisher = try stage.connect("publisher")
        let track = publisher.track("test-track", namespace)
        try publisher.announce(namespace)
        let subscriber = try stage.connect("subscriber")
        let request = try subscriber.subscribe(to: track.name)
        try subscriber.expectOK("SUBSCRIBE_OK", to: request)
        try publisher.waitForReader(of: track)
        let sent = track.putGroup(3, isLast: false)
        try subscriber.expect(sent, of: request)
        return (track, subscriber)
    }

    /// From inside the first group to inside the second.
    private static func fetch(_ stage: InteropStage) throws(InteropEnd) {
        let (track, subscriber) = try started(stage, "moq-test", "fetch")
        track.endGroup()
        let first = track.sent
        let second = track.putGroup(3)
        try subscriber.expect(second, of: subscriber.subscription)
        let wanted = Array(first[1...] + second[..<2])
        let request = try subscriber.say {
            try $0.fetch(
                .standalone(
                    track: track.name, start: wanted[0],
                    end: RangeEnd(group: wanted[3].group, object: wanted[3].object)))
        }
        try subscriber.expectOK("FETCH_OK", to: request)
        try subscriber.expect(wanted, of: request, exactly: true)
    }

    /// Up to draft-19 by FETCH, since then by the fill of SUBSCRIBE.
    private static func joiningFetch(_ stage: InteropStage) throws(InteropEnd) {
        let (track, _) = try started(stage, "moq-test", "joining-fetch")
        let past = track.sent
        let late = try stage.connect("late_subscriber")
        let request = try late.subscribe(to: track.name, join: .groups(before: 0))
        try late.expectOK("SUBSCRIBE_OK", to: request)
        try late.expectJoin(of: request)
        try late.expect(past, of: request, exactly: true)
        try late.expect(past + [track.put()], of: request, exactly: true)
    }

    /// One is enough: datagrams may be lost, so there is another five times a second.
    private static func datagrams(_ stage: InteropStage) throws(InteropEnd) {
        let publisher = try stage.connect("publisher")
        let track = publisher.track("test-track", "moq-test", "datagrams")
        try publisher.announce("moq-test", "datagrams")
        let subscriber = try stage.connect("subscriber")
        let request = try subscriber.subscribe(to: track.name)
        try subscriber.expectOK("SUBSCRIBE_OK", to: request)
        try publisher.waitForReader(of: track)
        while try !subscriber.hasDatagram(of: request) {
            track.putDatagram()
            try stage.pause(.milliseconds(200), "a datagram") { subscriber.hasAnyDatagram }
        }
    }
}
