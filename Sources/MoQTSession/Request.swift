internal import MoQTCodec
internal import Wire

/// One request of either end, from its first message to its end.
struct Request {
    enum Phase {
        /// Not answered.
        case pending
        /// Answered with OK.
        case established
    }

    let kind: RequestKind
    /// We sent it.
    let isOurs: Bool
    var phase = Phase.pending
    /// Of a subscription, fetch or track status. Of a joining fetch that of its subscription.
    var track: FullTrackName?
    /// Of the namespace kinds: namespace or prefix.
    var namespace = TrackNamespace()
    /// What the request asked for, as updated.
    var parameters: Parameters

    /// Our REQUEST_UPDATEs without an answer, oldest first, with what they ask for.
    var sentUpdates = Queue<Update>()
    /// Our updates that wait until the peer takes more.
    var heldUpdates = Queue<Parameters>()
    /// The peer's REQUEST_UPDATEs the application has not answered, oldest first.
    var receivedUpdates = Queue<Update>()
    /// Updates of `receivedUpdates` the application has been told of.
    var shownUpdates = 0
    var sentGoAway = false
    var receivedGoAway = false
    /// The application has been told of it; a joining fetch may wait.
    var isShown = true

    /// A PUBLISH_NAMESPACE that stands for a NAMESPACE of this SUBSCRIBE_NAMESPACE; the application knows nothing of it.
    var announces: RequestID?
    /// A SUBSCRIBE or PUBLISH.
    var subscription = Subscription()
    /// A FETCH.
    var fetch = FetchProgress()
    /// Of a SUBSCRIBE_NAMESPACE: whole namespaces announced and not withdrawn.
    var announced: Set<TrackNamespace> = []
    /// Of a SUBSCRIBE_TRACKS of the peer: tracks that were named in PUBLISH_BLOCKED.
    var blocked: Set<FullTrackName> = []

    init(_ kind: RequestKind, isOurs: Bool, track: FullTrackName? = nil, _ parameters: Parameters) {
        self.kind = kind
        self.isOurs = isOurs
        self.track = track
        self.parameters = parameters
    }

    var isSubscription: Bool { kind == .subscribe || kind == .publish }
    /// We are the one who sends the objects of this subscription.
    var isPublisher: Bool { isSubscription && isOurs == (kind == .publish) }
    /// Objects of this subscription come to us.
    var isSubscriber: Bool { isSubscription && !isPublisher }
    /// Objects are to be sent (draft-18 "FORWARD Parameter").
    var forward: Bool { parameters.forward ?? true }
    /// The same with every update of ours that is on its way.
    var willForward: Bool {
        (0..<sentUpdates.count).allSatisfy { sentUpdates[$0].parameters.forward ?? true } && forward
    }
}

/// One REQUEST_UPDATE.
struct Update {
    var id: RequestID
    /// What it asks for.
    var parameters: Parameters
}

/// The data side of a subscription.
struct Subscription {
    /// Nil until SUBSCRIBE_OK or PUBLISH.
    var alias: TrackAlias?
    /// Of the streams the peer opened for it: how many, and which are open.
    var streamsSeen: UInt64 = 0
    var openStreams: Set<StreamID> = []
    /// The PUBLISH_DONE that waits for streams.
    var done: PublishDone?
    /// The largest object that the publisher has stated; nil: none.
    var largest: Location?
    /// What precedes it and has not all come, when we are the subscriber.
    var join: JoinProgress?
    /// The subscriber may ask for new groups.
    var hasDynamicGroups = false
    /// The larger delivery timeout known from properties and parameters, milliseconds.
    var deliveryTimeout: UInt64 = 0
    /// The first Location that passes and the last group, as updated; a start of nil is not known yet, and no end is
    /// open.
    var start: Location?
    var endGroup: UInt64?
    /// Joining fetches of the peer that wait for it to be established.
    var joining: [Fetch] = []
}

/// What a fetch waits for.
struct FetchProgress {
    /// Of a joining fetch of the peer: the subscription that has not come.
    var awaited: RequestID?
    // Of a fetch of ours.
    /// The subscription that it was made for, under whose ID the application is told of it; nil: it asked itself.
    var joins: RequestID?
    var stream: StreamID?
    /// The data stream has ended.
    var isFinished = false
    /// Where the range begins, as far as the request says.
    var start: Location?
}
