internal import Wire

/// The first message on each control stream (draft-18 "SETUP"; CLIENT_SETUP and SERVER_SETUP up to draft-16).
public struct Setup: Hashable, Sendable {
    /// The versions a client offers, or the one a server selected (draft-14 "Versions"); empty where ALPN decides.
    public var versions: [UInt64] = []
    /// URI path with `?query`; only from a client on native QUIC.
    public var path: WireText?
    /// URI authority; only from a client on native QUIC.
    public var authority: WireText?
    /// Bytes of registered tokens the sender will keep; absent means 0, no aliases.
    public var maxAuthTokenCacheSize: UInt64?
    /// AUTHORIZATION_TOKEN, in order.
    public var authorizationTokens: [AuthorizationToken] = []
    /// Ranges the sender takes in the Range Filters of one request; absent means 0, none (since draft-19).
    public var maxFilterRanges: UInt64?
    /// Unanswered updates the sender takes on one request stream; 0, the default, means any number (since draft-19).
    public var maxRequestUpdates: UInt64?
    /// Name and version of the sender's software.
    public var implementation: WireText?
    /// The receiver's requests stay below this ID (draft-16 "MAX_REQUEST_ID"); absent means 0, no requests at all.
    public var maxRequestID: UInt64?
    /// Options this build does not know, GREASE among them.
    public var unknownOptions: [KeyValue] = []
    /// As received, where drafts let options come in any order.
    package var order = WireOrder()

    /// With nothing filled in.
    public init() {}
}

/// The sender will soon close the session, or wants one request moved (draft-18 "GOAWAY").
public struct GoAway: Hashable, Sendable {
    /// Where to connect instead; empty means the current URI. Clients send it empty.
    public var newSessionURI = WireText()
    /// Milliseconds until the sender closes or resets; 0 means no particular time.
    public var timeout: UInt64 = 0
    /// Smallest request of the receiver that was perhaps not processed; on the control stream only.
    public var requestID: RequestID?

    /// With nothing filled in.
    public init() {}
}

/// Asks for the objects of a track from now on (draft-18 "SUBSCRIBE").
public struct Subscribe: Hashable, Sendable {
    /// The number of this request.
    public var requestID = RequestID(rawValue: 0)
    /// The sender's request that must be processed first (draft-17 "Required Request ID"); nil when there is none.
    public var requiredRequestID: RequestID?
    /// The track it is about.
    public var track = FullTrackName()
    /// Message Parameters.
    public var parameters = Parameters()

    /// With nothing filled in.
    public init() {}
}

/// Accepts a SUBSCRIBE (draft-18 "SUBSCRIBE_OK").
public struct SubscribeOK: Hashable, Sendable {
    /// The request answered; nil where the stream tells, from draft-17 on.
    public var target: RequestID?
    /// What the publisher calls the track on data streams and in datagrams.
    public var trackAlias = TrackAlias(rawValue: 0)
    /// Message Parameters.
    public var parameters = Parameters()
    /// Track Properties.
    public var trackProperties = Properties()

    /// With nothing filled in.
    public init() {}
}

/// Offers a track to a subscriber (draft-18 "PUBLISH").
public struct Publish: Hashable, Sendable {
    /// The number of this request.
    public var requestID = RequestID(rawValue: 0)
    /// The sender's request that must be processed first (draft-17 "Required Request ID"); nil when there is none.
    public var requiredRequestID: RequestID?
    /// The track it is about.
    public var track = FullTrackName()
    /// What the publisher calls the track on data streams and in datagrams.
    public var trackAlias = TrackAlias(rawValue: 0)
    /// Message Parameters.
    public var parameters = Parameters()
    /// Track Properties.
    public var trackProperties = Properties()

    /// With nothing filled in.
    public init() {}
}

/// The publisher has opened its last stream for a subscription (draft-18 "PUBLISH_DONE").
public struct PublishDone: Hashable, Sendable {
    /// The subscription that ends; nil where the stream tells, from draft-17 on.
    public var target: RequestID?
    /// Why.
    public var code = PublishDoneCode.internalError
    /// Data streams opened for the subscription; nil when the publisher cannot tell.
    public var streamCount: UInt64? = 0
    /// At most 1,024 bytes.
    public var reason = WireText()

    /// With nothing filled in.
    public init() {}
}

/// Asks for past objects of a track (draft-22 "FETCH").
public struct Fetch: Hashable, Sendable {
    /// What is fetched.
    public indirect enum Target: Hashable, Sendable {
        /// A range of a track; nil, and an end that is open, reach to the largest object. Up to draft-19 it must be
        /// an absolute range.
        case standalone(track: FullTrackName, range: LocationFilter?)
        /// `groups` groups before the Joining Location of the subscription `request`, up to that Location; up to
        /// draft-19.
        case relativeJoining(request: RequestID, groups: UInt64)
        /// From the start of `group` up to the Joining Location of the subscription `request`; up to draft-19.
        case absoluteJoining(request: RequestID, group: UInt64)

        /// From `start` through `end` of a track.
        public static func standalone(track: FullTrackName, start: Location, end: RangeEnd) -> Self {
            .standalone(track: track, range: .absoluteRange(start: start, end: end))
        }
    }

    /// The number of this request.
    public var requestID = RequestID(rawValue: 0)
    /// The sender's request that must be processed first (draft-17 "Required Request ID"); nil when there is none.
    public var requiredRequestID: RequestID?
    /// What is fetched.
    public var target = Target.standalone(track: FullTrackName(), start: .zero, end: RangeEnd(group: 0))
    /// Message Parameters.
    public var parameters = Parameters()

    /// With nothing filled in.
    public init() {}
}

/// Accepts a FETCH (draft-18 "FETCH_OK").
public struct FetchOK: Hashable, Sendable {
    /// The request answered; nil where the stream tells, from draft-17 on.
    public var target: RequestID?
    /// `end` is the track's last object and every object is published.
    public var endOfTrack = false
    /// End of the range that the response covers. Since draft-20 it names the last object.
    public var end = RangeEnd(group: 0)
    /// Message Parameters.
    public var parameters = Parameters()
    /// Track Properties.
    public var trackProperties = Properties()

    /// With nothing filled in.
    public init() {}
}

/// Asks what a SUBSCRIBE would be told (draft-18 "TRACK_STATUS").
public struct TrackStatus: Hashable, Sendable {
    /// The number of this request.
    public var requestID = RequestID(rawValue: 0)
    /// The sender's request that must be processed first (draft-17 "Required Request ID"); nil when there is none.
    public var requiredRequestID: RequestID?
    /// The track it is about.
    public var track = FullTrackName()
    /// Message Parameters.
    public var parameters = Parameters()

    /// With nothing filled in.
    public init() {}
}

/// Says that the sender has tracks within a namespace (draft-18 "PUBLISH_NAMESPACE").
public struct PublishNamespace: Hashable, Sendable {
    /// The number of this request.
    public var requestID = RequestID(rawValue: 0)
    /// The sender's request that must be processed first (draft-17 "Required Request ID"); nil when there is none.
    public var requiredRequestID: RequestID?
    /// The whole namespace.
    public var namespace = TrackNamespace()
    /// Message Parameters.
    public var parameters = Parameters()

    /// With nothing filled in.
    public init() {}
}

/// Asks for the namespaces under a prefix, now and later (draft-18 "SUBSCRIBE_NAMESPACE").
public struct SubscribeNamespace: Hashable, Sendable {
    /// The number of this request.
    public var requestID = RequestID(rawValue: 0)
    /// The sender's request that must be processed first (draft-17 "Required Request ID"); nil when there is none.
    public var requiredRequestID: RequestID?
    /// The namespaces asked for begin with it.
    public var prefix = TrackNamespace()
    /// What is asked for (draft-17 "SUBSCRIBE_NAMESPACE"); nil where drafts leave no choice: namespaces and tracks up
    /// to draft-15, namespaces from draft-18 on.
    public var options: SubscribeOptions?
    /// Message Parameters.
    public var parameters = Parameters()

    /// With nothing filled in.
    public init() {}
}

/// What a namespace subscription is told of (draft-17 "SUBSCRIBE_NAMESPACE", Subscribe Options).
public enum SubscribeOptions: UInt64, Hashable, Sendable {
    /// Tracks, by PUBLISH.
    case publish = 0
    /// Namespaces, by NAMESPACE.
    case namespace = 1
    case both = 2
}

/// Asks for a PUBLISH of every track under a prefix, now and later (draft-18 "SUBSCRIBE_TRACKS").
public struct SubscribeTracks: Hashable, Sendable {
    /// The number of this request.
    public var requestID = RequestID(rawValue: 0)
    /// The sender's request that must be processed first (draft-17 "Required Request ID"); nil when there is none.
    public var requiredRequestID: RequestID?
    /// The namespaces asked for begin with it.
    public var prefix = TrackNamespace()
    /// Message Parameters.
    public var parameters = Parameters()

    /// With nothing filled in.
    public init() {}
}

/// A namespace has appeared under the subscribed prefix (draft-18 "NAMESPACE").
public struct Namespace: Hashable, Sendable {
    /// The fields behind the prefix; possibly none.
    public var suffix = TrackNamespace()

    /// With nothing filled in.
    public init() {}
}

/// A namespace under the subscribed prefix is no longer served (draft-18 "NAMESPACE_DONE").
public struct NamespaceDone: Hashable, Sendable {
    /// The fields behind the prefix; possibly none.
    public var suffix = TrackNamespace()

    /// With nothing filled in.
    public init() {}
}

/// A track under the subscribed prefix cannot be offered by PUBLISH (draft-18 "PUBLISH_BLOCKED").
public struct PublishBlocked: Hashable, Sendable {
    /// The fields behind the prefix; possibly none.
    public var suffix = TrackNamespace()
    /// The name behind the namespace.
    public var trackName = TrackName()

    /// With nothing filled in.
    public init() {}
}

/// Changes the parameters of the request on whose stream it is sent (draft-18 "REQUEST_UPDATE").
public struct RequestUpdate: Hashable, Sendable {
    /// A new Request ID of the sender's.
    public var requestID = RequestID(rawValue: 0)
    /// The sender's request that must be processed first (draft-17 "Required Request ID"); nil when there is none.
    public var requiredRequestID: RequestID?
    /// The request changed; nil where the stream tells, from draft-17 on.
    public var target: RequestID?
    /// What is absent stays unchanged.
    public var parameters = Parameters()

    /// With nothing filled in.
    public init() {}
}

/// Accepts any request but SUBSCRIBE and FETCH, or an update (draft-18 "REQUEST_OK").
///
/// Before it there were PUBLISH_OK (up to draft-17), TRACK_STATUS_OK, PUBLISH_NAMESPACE_OK and SUBSCRIBE_NAMESPACE_OK
/// (draft-14).
public struct RequestOK: Hashable, Sendable {
    /// The request answered; nil where the stream tells, from draft-17 on.
    public var target: RequestID?
    /// Message Parameters.
    public var parameters = Parameters()
    /// Only in answer to TRACK_STATUS.
    public var trackProperties = Properties()
    /// Of draft-14's TRACK_STATUS_OK, where it means nothing and is to be 0; nil is written so.
    public var trackAlias: TrackAlias?

    /// With nothing filled in.
    public init() {}
}

/// Refuses a request or an update (draft-18 "REQUEST_ERROR"; in draft-14 SUBSCRIBE_ERROR and five others).
public struct RequestError: Hashable, Sendable {
    /// The request answered; nil where the stream tells, from draft-17 on.
    public var target: RequestID?
    /// Why.
    public var code = RequestErrorCode.internalError
    /// Milliseconds after which to try again; nil means not to.
    public var retryAfter: UInt64?
    /// At most 1,024 bytes.
    public var reason = WireText()
    /// Where to go instead; present exactly when `code` is REDIRECT.
    public var redirect: Redirect?

    /// With nothing filled in.
    public init() {}

    /// Not to be tried again.
    public init(_ code: RequestErrorCode, _ reason: WireText = WireText()) {
        self.code = code
        self.reason = reason
    }
}

/// Where a request may succeed (draft-18 "Redirect Structure").
public struct Redirect: Hashable, Sendable {
    /// Empty means this session's URI. A client sends it empty.
    public var connectURI = WireText()
    /// Empty namespace and name mean those of the request; of a namespace request the name is always empty.
    public var track = FullTrackName()

    /// With nothing filled in.
    public init() {}
}
