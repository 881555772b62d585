internal import MoQTCodec
internal import MoQTSession
internal import Wire

// Request IDs, aliases, GOAWAY and streams.

extension Breach {
    /// draft-18 "Request ID", draft-16 "MAX_REQUEST_ID".
    static let limits: [Breach] = [
        Breach("a Request ID at the limit", upTo16, .closes(.tooManyRequests)) {
            [.say(.control, $0.publish($0[0])), .say(.control, $0.publish($0[1], "b", alias: 8))]
        }.with { $0.configure = { $0.requestLimit = 1 } },
        Breach("a limit that does not grow", upTo16, to: both) { [.say(.control, $0.maximum(Words.limit))] },
        Breach("a limit that falls", upTo16, to: both) {
            [.say(.control, $0.maximum(102)), .say(.control, $0.maximum(101))]
        },
        Breach("a Request ID left out", to15, .closes(.invalidRequestID), to: both) {
            [.say(.control, $0.publish($0[1]))]
        },
        Breach("Request IDs that fall", [.draft16], .closes(.invalidRequestID), to: both) {
            [.say(.control, $0.publish($0[1])), .say(.control, $0.publish($0[0], "b", alias: 8))]
        },
        Breach("a Request ID twice", every, .closes(.invalidRequestID), to: both) {
            [.say($0.on(0), $0.publish($0[0])), .say($0.on(1), $0.publish($0[0], "b", alias: 8))]
        },
        Breach("a Request ID twice, by an update", every, .closes(.invalidRequestID)) {
            subscribing($0) + [.say($0.on(1), $0.update($0[1], of: $0[1]))]
        },
        Breach("a Request ID of the receiver", every, .closes(.invalidRequestID), to: both) {
            [.say($0.on(0), $0.publish($0.theirs(0)))]
        },
    ]

    /// draft-18 "Track Alias".
    static let aliases: [Breach] = [
        Breach("one alias for two tracks", every, .closes(.duplicateTrackAlias), to: both) {
            [.say($0.on(0), $0.publish($0[0], "a")), .say($0.on(1), $0.publish($0[1], "b"))]
        },
        Breach("one alias for two tracks, by SUBSCRIBE_OK", every, .closes(.duplicateTrackAlias), asking: subscribeA) {
            [.say($0.re(0), $0.subscribeOK($0.theirs(0))), .say($0.re(1), $0.subscribeOK($0.theirs(1)))]
        }.with { $0.asks.append(subscribeB) },
    ]

    /// draft-18 "GOAWAY".
    static let goAways: [Breach] = [
        Breach("a second GOAWAY", every, to: both) { [.say(.control, $0.goAway()), .say(.control, $0.goAway())] },
        Breach("a second GOAWAY of a requester on a request stream", from18) {
            [.say(.own(0), $0.publish($0[0]) + Words.goAwayOfRequest), .say(.own(0), Words.goAwayOfRequest)]
        },
        Breach("a second GOAWAY of a responder on a request stream", from18, asking: subscribeA) { _ in
            [.say(.theirs(0), Words.goAwayOfRequest), .say(.theirs(0), Words.goAwayOfRequest)]
        },
        Breach("GOAWAY of a client with a URI", every) { [.say(.control, $0.goAway("moqt://a"))] },
        Breach("GOAWAY with a Request ID of the sender", [.draft18], .closes(.invalidRequestID), to: both) {
            [.say(.control, $0.goAway("", $0[0]))]
        },
        Breach("GOAWAY before the answer to SUBSCRIBE_NAMESPACE", from18, asking: subscribeLive) { _ in
            [.say(.theirs(0), Words.goAwayOfRequest)]
        },
    ]

    /// draft-18 "Session initialization".
    static let streams: [Breach] = [
        Breach("the control stream ends", every, to: both) { settled($0) + [.finish(.control)] },
        Breach("the control stream is reset", every, to: both) { settled($0) + [.reset(.control)] },
        Breach("the receiver's control stream is stopped", every, to: both) { settled($0) + [.stop(.theirControl)] },
        Breach("a second SETUP", every, to: both) { [.say(.control, $0.setup())] },
        Breach("a request before SETUP", upTo16) { [.say(.control, $0.publish($0[0]))] }.with { $0.setup = nil },
        Breach("a request on the control stream", from17, to: both) { [.say(.control, $0.publish($0[0]))] },
        Breach("a second bidirectional stream", upTo16) { [.say(.own(0), $0.publish($0[0]))] },
        Breach("a bidirectional stream of a server", to15, to: [.client]) { [.say(.own(0), $0.publish($0[0]))] },
        Breach("a second control stream", from17, to: both) { [.say(.data(0), $0.setup())] },
        Breach("a control stream each way", upTo16, to: both) { _ in [.say(.data(0), [0xAF, 0x00, 0, 0])] },
        Breach("an answer begins a request stream", from17, to: both) {
            [.say(.own(0), $0.requestOK($0[0], .publishNamespace))]
        },
        Breach("GOAWAY begins a request stream", from17, to: both) { _ in [.say(.own(0), Words.goAwayOfRequest)] },
    ]

    /// The session has begun at both ends: nothing that was said can be taken back by a reset.
    private static func settled(_ words: Words) -> [Step] {
        [.say(words.on(0), words.publishNamespace(words[0])), .answered(1)]
    }

    /// The peer publishes a track and subscribes to it: its requests 0 and 1.
    static func subscribing(_ words: Words, _ set: (inout Parameters) -> Void = { _ in }) -> [Step] {
        [
            .say(words.on(0), words.publish(words[0])), .answered(1),
            .say(words.on(1), words.subscribe(words[1], "a", set)), .answered(2),
        ]
    }
}
