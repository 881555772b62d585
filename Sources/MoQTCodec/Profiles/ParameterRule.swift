/// The Message Parameters there are, whatever their code points; each is a member of ``Parameters``.
package enum ParameterKind: UInt8, Hashable, Sendable, CaseIterable {
    case authorizationToken, objectDeliveryTimeout, subgroupDeliveryTimeout, rendezvousTimeout, expires
    case largestObject, fillTimeout, forward, subscriberPriority, locationFilter, groupOrder, fill
    case subgroupFilter, objectIDFilter, priorityFilter, objectPropertyFilter, trackPropertyFilter
    case newGroupRequest, trackNamespacePrefix, includeProperties
    case maxCacheDuration, publisherPriority, dynamicGroups

    /// The newest draft's name of the parameter.
    package var field: StaticString {
        switch self {
        case .authorizationToken: "AUTHORIZATION_TOKEN"
        case .objectDeliveryTimeout: "OBJECT_DELIVERY_TIMEOUT"
        case .subgroupDeliveryTimeout: "SUBGROUP_DELIVERY_TIMEOUT"
        case .rendezvousTimeout: "RENDEZVOUS_TIMEOUT"
        case .expires: "EXPIRES"
        case .largestObject: "LARGEST_OBJECT"
        case .fillTimeout: "FILL_TIMEOUT"
        case .forward: "FORWARD"
        case .subscriberPriority: "SUBSCRIBER_PRIORITY"
        case .locationFilter: "LOCATION_FILTER"
        case .fill: "FILL_PARAMETERS"
        case .subgroupFilter: "SUBGROUP_FILTER"
        case .objectIDFilter: "OBJECTID_FILTER"
        case .priorityFilter: "PRIORITY_FILTER"
        case .objectPropertyFilter: "OBJECT_PROPERTY_FILTER"
        case .trackPropertyFilter: "TRACK_PROPERTY_FILTER"
        case .includeProperties: "INCLUDE_PROPERTIES"
        case .groupOrder: "GROUP_ORDER"
        case .newGroupRequest: "NEW_GROUP_REQUEST"
        case .trackNamespacePrefix: "TRACK_NAMESPACE_PREFIX"
        case .maxCacheDuration: "MAX_CACHE_DURATION"
        case .publisherPriority: "PUBLISHER_PRIORITY"
        case .dynamicGroups: "DYNAMIC_GROUPS"
        }
    }
}

/// A set of kinds of parameter.
package struct ParameterKinds: OptionSet, Hashable, Sendable {
    package let rawValue: UInt32

    package init(rawValue: UInt32) { self.rawValue = rawValue }
    package init(_ kind: ParameterKind) { rawValue = 1 << UInt32(kind.rawValue) }

    package func contains(_ kind: ParameterKind) -> Bool { contains(Self(kind)) }

    /// A kind of the set; nil when it is empty.
    package var first: ParameterKind? {
        isEmpty ? nil : ParameterKind(rawValue: UInt8(rawValue.trailingZeroBitCount))
    }
}

/// How a parameter's value is written.
package enum ParameterEncoding: Hashable, Sendable {
    /// One byte.
    case octet
    /// A variable-length integer.
    case integer
    /// The structure as it is: a Location or a Track Namespace.
    case bare
    /// A length, then the structure.
    case lengthPrefixed
    /// The structure as it is; some peers put a length in front, which is read too.
    case bareOrLengthPrefixed
    /// A Location Filter in the draft's form.
    case locationFilter(LocationFilterForm)
}

/// The messages a parameter can appear in, answers told apart by what they answer.
package struct ParameterScope: OptionSet, Hashable, Sendable {
    package let rawValue: UInt32

    package init(rawValue: UInt32) { self.rawValue = rawValue }

    package static let subscribe = Self(rawValue: 1 << 0)
    package static let subscribeOK = Self(rawValue: 1 << 1)
    package static let publish = Self(rawValue: 1 << 2)
    package static let publishOK = Self(rawValue: 1 << 3)
    package static let fetch = Self(rawValue: 1 << 4)
    package static let fetchOK = Self(rawValue: 1 << 5)
    package static let trackStatus = Self(rawValue: 1 << 6)
    package static let trackStatusOK = Self(rawValue: 1 << 7)
    package static let publishNamespace = Self(rawValue: 1 << 8)
    package static let publishNamespaceOK = Self(rawValue: 1 << 9)
    package static let subscribeNamespace = Self(rawValue: 1 << 10)
    package static let subscribeNamespaceOK = Self(rawValue: 1 << 11)
    package static let subscribeTracks = Self(rawValue: 1 << 12)
    package static let subscribeTracksOK = Self(rawValue: 1 << 13)
    /// Every answer that REQUEST_OK or a message before it can be.
    package static let anyOK: Self = [
        publishOK, trackStatusOK, publishNamespaceOK, subscribeNamespaceOK, subscribeTracksOK, updateOK,
    ]
    /// REQUEST_UPDATE of a subscription, whichever side began it.
    package static let subscriptionUpdate = Self(rawValue: 1 << 14)
    package static let fetchUpdate = Self(rawValue: 1 << 15)
    package static let publishNamespaceUpdate = Self(rawValue: 1 << 16)
    package static let subscribeNamespaceUpdate = Self(rawValue: 1 << 17)
    package static let subscribeTracksUpdate = Self(rawValue: 1 << 18)
    package static let subscriptionUpdateOK = Self(rawValue: 1 << 19)
    /// REQUEST_OK to an update of anything but a subscription.
    package static let otherUpdateOK = Self(rawValue: 1 << 20)
    package static let publishStateNotify = Self(rawValue: 1 << 21)
    /// The value of FILL_PARAMETERS.
    package static let fillParameters = Self(rawValue: 1 << 22)
    package static let updateOK: Self = [subscriptionUpdateOK, otherUpdateOK]
    package static let anyUpdate: Self = [
        subscriptionUpdate, fetchUpdate, publishNamespaceUpdate, subscribeNamespaceUpdate, subscribeTracksUpdate,
    ]

    /// The scope of a REQUEST_OK or of an update on the stream of `request`.
    package static func answer(to request: RequestKind) -> Self {
        switch request {
        case .subscribe: subscribeOK
        case .publish: publishOK
        case .fetch: fetchOK
        case .trackStatus: trackStatusOK
        case .publishNamespace: publishNamespaceOK
        case .subscribeNamespace: subscribeNamespaceOK
        case .subscribeTracks: subscribeTracksOK
        }
    }

    /// The scope of a REQUEST_OK to an update on the stream of `request`.
    package static func answer(toUpdateOf request: RequestKind) -> Self {
        update(of: request) == subscriptionUpdate ? subscriptionUpdateOK : otherUpdateOK
    }

    package static func update(of request: RequestKind) -> Self {
        switch request {
        case .subscribe, .publish: subscriptionUpdate
        case .fetch: fetchUpdate
        case .trackStatus: []
        case .publishNamespace: publishNamespaceUpdate
        case .subscribeNamespace: subscribeNamespaceUpdate
        case .subscribeTracks: subscribeTracksUpdate
        }
    }
}

/// One Message Parameter of a draft.
package final class ParameterRule: Sendable {
    package let kind: ParameterKind
    package let code: UInt64
    /// Title of the section about it.
    package let section: String
    package let encoding: ParameterEncoding
    /// Where it may be sent.
    package let scope: ParameterScope
    /// Where else it is read, because drafts or peers do not agree on it.
    package let alsoReadIn: ParameterScope
    package let isRepeatable: Bool
    /// The draft's name of the parameter.
    package let field: StaticString
    /// Of a number; others close the session with PROTOCOL_VIOLATION.
    package let range: ClosedRange<UInt64>

    /// - Parameters:
    ///   - scope: where it may be sent and is read.
    ///   - alsoReadIn: where else it is read.
    ///   - range: which numbers are allowed, when the kind of parameter does not say it.
    ///   - field: the draft's name of the parameter, when it is not the newest draft's.
    package init(
        _ kind: ParameterKind, _ code: UInt64, _ section: String, _ encoding: ParameterEncoding,
        in scope: ParameterScope, alsoReadIn: ParameterScope = [], isRepeatable: Bool = false,
        range: ClosedRange<UInt64> = 0...(.max), named field: StaticString? = nil
    ) {
        self.field = field ?? kind.field
        self.kind = kind
        self.code = code
        self.section = section
        self.encoding = encoding
        self.scope = scope
        self.alsoReadIn = alsoReadIn
        self.isRepeatable = isRepeatable
        self.range = range
    }
}

/// The setup options there are; each is a member of ``Setup``.
package enum SetupOptionKind: Hashable, Sendable, CaseIterable {
    case path, authority, maxAuthTokenCacheSize, authorizationToken, implementation
    case maxFilterRanges, maxRequestUpdates, maxRequestID
}

/// One setup option of a draft.
package struct SetupOptionRule: Sendable {
    package var kind: SetupOptionKind
    package var type: UInt64

    package init(_ kind: SetupOptionKind, _ type: UInt64) {
        self.kind = kind
        self.type = type
    }
}

/// A Track Property of a draft whose values are limited.
package struct PropertyRule: Sendable {
    /// Even.
    package var type: UInt64
    /// Title of the section about it.
    package var section: String
    /// Values outside close the session with PROTOCOL_VIOLATION.
    package var range: ClosedRange<UInt64>

    package init(_ type: UInt64, _ section: String, _ range: ClosedRange<UInt64>) {
        self.type = type
        self.section = section
        self.range = range
    }
}
