package import MoQTCodec
package import Wire

/// What a session tells its application, in order.
///
/// A request is named by its ``RequestID`` for its whole life; the IDs of both ends never collide. A request that ends
/// says so in exactly one of `rejected`, `requestCancelled`, `publishDone`, `malformedTrack` or, for a fetch,
/// `fetchEnded`, unless the application ended it itself. Every data stream that was opened by an event is closed
/// by one, with which the application owes the transport one stream of credit.
package enum SessionEvent: Hashable, Sendable {
    /// On a client: the handshake is not complete, but requests that may be replayed may be made, and leave at once where
    /// the draft allows it before the peer's SETUP (draft-18 "0-RTT").
    case early
    /// Both SETUPs have passed.
    indirect case ready(Setup)

    // Requests of the peer; each wants an answer.
    indirect case subscribe(Subscribe)
    indirect case publish(Publish)
    /// A joining fetch arrives once its subscription is established; `track` is that subscription's.
    indirect case fetch(Fetch, track: FullTrackName)
    indirect case trackStatus(TrackStatus)
    indirect case publishNamespace(PublishNamespace)
    indirect case subscribeNamespace(SubscribeNamespace)
    indirect case subscribeTracks(SubscribeTracks)
    /// The peer wants to change a request; answered in order by ``Session/acceptUpdate(_:parameters:)`` or
    /// ``Session/rejectUpdate(_:_:)``.
    indirect case updateRequested(RequestID, Parameters)
    /// The peer gave up a request of either end, or closed its stream early.
    case requestCancelled(RequestID, StreamResetCode)

    // Answers to our requests.
    indirect case subscribeAccepted(RequestID, SubscribeOK)
    indirect case publishAccepted(RequestID, Parameters)
    indirect case fetchAccepted(RequestID, FetchOK)
    /// Of a TRACK_STATUS, PUBLISH_NAMESPACE, SUBSCRIBE_NAMESPACE or SUBSCRIBE_TRACKS.
    indirect case accepted(RequestID, RequestOK)
    /// Also when we refuse what the answer says, such as a Mandatory Track Property unknown here.
    indirect case rejected(RequestID, RequestError)
    indirect case updateAccepted(RequestID, Parameters)
    indirect case updateRejected(RequestID, RequestError)
    /// The publisher has changed the state of a subscription by itself (draft-22 "PUBLISH_STATE_NOTIFY").
    indirect case stateNotified(RequestID, Parameters)

    /// A subscription has ended and its streams have, too, or are given up.
    indirect case publishDone(RequestID, PublishDone)
    /// Under a prefix we subscribed to; the whole namespace, prefix included.
    indirect case namespaceAnnounced(RequestID, TrackNamespace)
    indirect case namespaceGone(RequestID, TrackNamespace)
    /// A track under a SUBSCRIBE_TRACKS that the peer cannot PUBLISH; it may be subscribed to.
    indirect case publishBlocked(RequestID, FullTrackName)
    /// The peer will close the session, or wants the one request moved when `request` is not nil.
    indirect case goAway(GoAway, request: RequestID?)
    /// The peer breaks the rules of a track: every subscription and fetch of it is cancelled.
    indirect case malformedTrack(RequestID, what: String)

    // Data. `wireBytes` are the bytes of the stream an event stands for, for returning stream credit; those of
    // `payload` are its length.
    case subgroupOpened(StreamID, RequestID, SubgroupHeader, wireBytes: Int)
    case object(StreamID, SubgroupObject, wireBytes: Int)
    /// More of the payload of the object last begun on the stream.
    case payload(StreamID, Bytes)
    case subgroupEnded(StreamID, StreamEnd, wireBytes: Int)
    case datagramObject(RequestID, ObjectDatagram)
    /// Of a fetch, or of what precedes a subscription, whose ID it then tells.
    case fetchOpened(StreamID, RequestID, wireBytes: Int)
    case fetchObject(StreamID, FetchObject, wireBytes: Int)
    case fetchGap(StreamID, FetchGap, wireBytes: Int)
    case fetchEnded(StreamID, StreamEnd, wireBytes: Int)
    /// What precedes the subscription has come, if there is any; or, unless `isWhole`, no more of it will.
    case joinEnded(RequestID, isWhole: Bool)

    /// The last event.
    indirect case closed(SessionClose)
}

/// How a data stream of the peer ended.
package enum StreamEnd: Hashable, Sendable {
    /// FIN after a whole object.
    case fin
    /// The peer reset it.
    case reset(StreamResetCode)
    /// We stopped it: its request ended, its track is malformed, or ``Session/stop(_:code:)``.
    case stopped(StreamResetCode)
}
