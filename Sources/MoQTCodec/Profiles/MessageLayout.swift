package import Wire

/// The messages there are, whatever their code points.
package enum MessageKind: UInt8, Hashable, Sendable, CaseIterable {
    case setup, goAway, subscribe, subscribeOK, publish, publishDone, fetch, fetchOK, trackStatus
    case publishNamespace, subscribeNamespace, subscribeTracks, namespace, namespaceDone, publishBlocked
    case requestUpdate, requestOK, requestError
    case maxRequestID, requestsBlocked, unsubscribe, fetchCancel
    case publishNamespaceDone, publishNamespaceCancel, unsubscribeNamespace, publishStateNotify

    /// It accepts or refuses a request.
    package var isAnswer: Bool {
        switch self {
        case .subscribeOK, .fetchOK, .requestOK, .requestError: true
        case .setup, .goAway, .subscribe, .publish, .publishDone, .fetch, .trackStatus, .publishNamespace,
            .subscribeNamespace, .subscribeTracks, .namespace, .namespaceDone, .publishBlocked, .requestUpdate,
            .maxRequestID, .requestsBlocked, .unsubscribe, .fetchCancel, .publishNamespaceDone,
            .publishNamespaceCancel, .unsubscribeNamespace, .publishStateNotify:
            false
        }
    }
}

/// The fields that messages are made of. What each is in a message, the message's `visit` says.
package enum MessageField: UInt8, Hashable, Sendable, CaseIterable {
    case requestID, fullTrackName, trackAlias, parameters, trackProperties
    case namespace, namespacePrefix, namespaceSuffix, trackName
    /// The End Location plus 1, or the last one itself.
    case endLocation, lastLocation
    /// What a FETCH fetches, in fields of its own; or parameters that hold its range.
    case fetchTarget, parametersWithRange
    case endOfTrack
    case statusCode, streamCount, reason, retryInterval, redirect
    case setupOptions, newSessionURI, timeout
    /// The request that must be processed first, as half the difference of the IDs (draft-17 "Required Request ID").
    case requiredRequestID
    /// The ID of the request that the message answers, ends or changes.
    case targetRequestID, existingRequestID
    case maximumRequestID, subscribeOptions
    /// The versions of CLIENT_SETUP or the one of SERVER_SETUP, and setup options behind their number.
    case versions, countedSetupOptions
    // Members of `Parameters` that are fields of their own.
    case subscriberPriority, requestedGroupOrder, groupOrder, forward, filter, expires, largestLocation, updatedRange
}

/// A set of fields.
package struct MessageFields: OptionSet, Hashable, Sendable {
    package let rawValue: UInt64

    package init(rawValue: UInt64) { self.rawValue = rawValue }
    package init(_ field: MessageField) { rawValue = 1 << UInt64(field.rawValue) }
    package init(_ fields: some Sequence<MessageField>) {
        self = fields.reduce(into: []) { $0.formUnion(Self($1)) }
    }

    /// Adds `field` when `isFilled`.
    mutating func insert(_ field: MessageField, if isFilled: Bool) {
        if isFilled { formUnion(Self(field)) }
    }

    /// The fields of the set.
    package var all: [MessageField] { MessageField.allCases.filter { isSuperset(of: Self($0)) } }
}

/// A set of kinds of request.
package struct RequestKinds: OptionSet, Hashable, Sendable {
    package let rawValue: UInt8

    package init(rawValue: UInt8) { self.rawValue = rawValue }
    package init(_ kind: RequestKind) { rawValue = 1 << kind.rawValue }

    package static let subscribe = Self(.subscribe)
    package static let publish = Self(.publish)
    package static let fetch = Self(.fetch)
    package static let trackStatus = Self(.trackStatus)
    package static let publishNamespace = Self(.publishNamespace)
    package static let subscribeNamespace = Self(.subscribeNamespace)
    package static let subscribeTracks = Self(.subscribeTracks)
    package static let all: Self = [
        subscribe, publish, fetch, trackStatus, publishNamespace, subscribeNamespace, subscribeTracks,
    ]

    package func contains(_ kind: RequestKind) -> Bool { contains(Self(kind)) }

    /// The kind, when the set has exactly one.
    package var only: RequestKind? {
        rawValue.nonzeroBitCount == 1 ? RequestKind(rawValue: UInt8(rawValue.trailingZeroBitCount)) : nil
    }
}

/// Where a message may stand, and which requests it may belong to.
package struct MessagePlaces: Hashable, Sendable {
    /// It is about the session, and stands on a control stream; all else is about requests.
    package var control: Bool
    /// It is the first message of a request of this kind.
    package var opens: RequestKind?
    /// Requests it answers.
    package var answers: RequestKinds
    /// Requests for which the responder may send it before the answer.
    package var precedes: RequestKinds
    /// Requests for which the responder may send it after the answer.
    package var replies: RequestKinds
    /// Requests for which the requester may send it after the request.
    package var follows: RequestKinds
    /// The only end that may send it; nil means both.
    package var sender: EndpointRole?

    package init(
        control: Bool = false, opens: RequestKind? = nil, answers: RequestKinds = [], precedes: RequestKinds = [],
        replies: RequestKinds = [], follows: RequestKinds = [], sender: EndpointRole? = nil
    ) {
        self.control = control
        self.opens = opens
        self.answers = answers
        self.precedes = precedes
        self.replies = replies
        self.follows = follows
        self.sender = sender
    }

    /// Every request it may belong to.
    package var requests: RequestKinds {
        answers.union(precedes).union(replies).union(follows).union(opens.map { RequestKinds($0) } ?? [])
    }
}

/// One message of a draft: its type, its fields in order, and where it may stand.
///
/// A kind of message may have several: for one thing in different places, or, before REQUEST_OK and REQUEST_ERROR,
/// for each kind of request. It is part of a profile, and equal to itself alone.
package final class MessageLayout: Hashable, Sendable {
    package let kind: MessageKind
    package let code: UInt64
    /// The draft's name, which is also the title of the section about it.
    package let name: String
    package let fields: [MessageField]
    /// ``fields`` as a set.
    package let fieldSet: MessageFields
    package let places: MessagePlaces

    package init(
        _ kind: MessageKind, _ code: UInt64, _ name: String, _ fields: [MessageField], _ places: MessagePlaces
    ) {
        self.kind = kind
        self.code = code
        self.name = name
        self.fields = fields
        fieldSet = MessageFields(fields)
        self.places = places
    }

    package static func == (a: MessageLayout, b: MessageLayout) -> Bool { a === b }
    package func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(self)) }

    /// Whether the message has this layout in `context`.
    package func fits(_ context: MessageContext) -> Bool {
        if let sender = places.sender, let actual = context.sender, sender != actual { return false }
        switch context.place {
        case .any: return true
        case .control: return places.control
        case .request(let request): return (kind.isAnswer ? places.answers : places.requests).contains(request)
        case .update(let request): return places.replies.union(places.follows).contains(request)
        }
    }

    /// What the message belongs to where nothing but its type says so.
    package var place: MessageContext.Place {
        if places.control { return .control }
        return places.requests.only.map { .request($0) } ?? .any
    }
}
