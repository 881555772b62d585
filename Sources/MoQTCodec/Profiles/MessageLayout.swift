/// The messages there are, whatever their code points.
package enum MessageKind: UInt8, Hashable, Sendable, CaseIterable {
    case setup, goAway, subscribe, subscribeOK, publish, publishDone, fetch, fetchOK, trackStatus
    case publishNamespace, subscribeNamespace, subscribeTracks, namespace, namespaceDone, publishBlocked
    case requestUpdate, requestOK, requestError
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
}

/// A set of kinds of request.
package struct RequestKinds: OptionSet, Sendable {
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
}

/// Where a message may stand.
package struct MessagePlaces: Sendable {
    /// On a control stream; all else is about request streams.
    package var control = false
    /// It is the first message of its stream and opens a request of this kind.
    package var opens: RequestKind?
    /// Requests it answers.
    package var answers: RequestKinds = []
    /// Requests on whose stream the responder may send it before the answer.
    package var precedes: RequestKinds = []
    /// Requests on whose stream the responder may send it after the answer.
    package var replies: RequestKinds = []
    /// Requests on whose stream the requester may send it after the request.
    package var follows: RequestKinds = []
}

/// One message of a draft: its type, its fields in order, and where it may stand.
package struct MessageLayout: Sendable {
    package var kind: MessageKind
    package var code: UInt64
    /// The draft's name, which is also the title of the section about it.
    package var name: String
    package var fields: [MessageField]
    package var places: MessagePlaces

    package init(
        _ kind: MessageKind, _ code: UInt64, _ name: String, _ fields: [MessageField], _ places: MessagePlaces
    ) {
        self.kind = kind
        self.code = code
        self.name = name
        self.fields = fields
        self.places = places
    }
}
