/// One draft of MoQT, as tables: code points, layouts, encodings, limits.
///
/// Everything in which drafts differ is read from here; nothing else compares draft numbers. Immutable and shared.
public final class Profile: Sendable {
    /// The draft's name, such as "draft-18"; for people.
    public let name: String
    /// ALPN identifier and WebTransport protocol, such as "moqt-18".
    public let alpn: String
    /// Its variable-length integers.
    public let integers: IntegerCoding
    /// How setup options and properties are written.
    public let pairs: KeyValueCoding
    package let streams: StreamTypes
    package let datagrams: DatagramTypes
    package let objects: ObjectRules
    package let limits: Limits
    package let behaviours: Behaviours
    /// The numbers it gives to codes.
    public let codes: CodeTables
    /// Requests that have streams of their own; all others share the one control stream, which is bidirectional.
    package let requestStreams: RequestKinds
    /// In ascending order of code, as parameters are sent.
    package let parameters: [ParameterRule]
    /// Members of ``Parameters`` that are fields of the messages in the scope, not parameters.
    package let fixedFields: [ParameterKind: ParameterScope]
    /// In ascending order of type.
    package let setupOptions: [SetupOptionRule]
    package let trackProperties: [PropertyRule]
    /// One for each message and class of stream.
    package let messages: [MessageLayout]
    /// The draft's names of fields that the newest draft names otherwise.
    package let fieldNames: [MessageField: StaticString]
    /// The draft's titles of sections that the newest draft, or an error, names otherwise.
    private let sections: [String: String]
    private let byCode: [UInt64: [MessageLayout]]
    /// Under the raw value of each kind.
    private let byKind: [[MessageLayout]]

    package init(
        name: String, alpn: String, integers: IntegerCoding, pairs: KeyValueCoding, streams: StreamTypes,
        datagrams: DatagramTypes, objects: ObjectRules, limits: Limits, behaviours: Behaviours, codes: CodeTables,
        requestStreams: RequestKinds = .all, parameters: [ParameterRule],
        fixedFields: [ParameterKind: ParameterScope] = [:], setupOptions: [SetupOptionRule],
        trackProperties: [PropertyRule], messages: [MessageLayout], fieldNames: [MessageField: StaticString] = [:],
        sections: [String: String] = [:]
    ) {
        self.name = name
        self.alpn = alpn
        self.integers = integers
        self.pairs = pairs
        self.streams = streams
        self.datagrams = datagrams
        self.objects = objects
        self.limits = limits
        self.behaviours = behaviours
        self.codes = codes
        self.requestStreams = requestStreams
        self.parameters = parameters.sorted { $0.code < $1.code }
        self.fixedFields = fixedFields
        self.setupOptions = setupOptions.sorted { $0.type < $1.type }
        self.trackProperties = trackProperties
        self.messages = messages
        self.fieldNames = fieldNames
        self.sections = sections
        byCode = Dictionary(grouping: messages) { $0.code }
        byKind = MessageKind.allCases.map { kind in messages.filter { $0.kind == kind } }
    }

    /// Every profile, newest draft first.
    public static let all: [Profile] = [
        draft22, draft21, draft20, draft19, draft18, draft17, draft16, draft15, draft14,
    ]

    /// The profiles that sessions speak, newest draft first: the order in which to offer them.
    package static let spoken = all

    /// The spoken profile for a negotiated ALPN identifier; nil when there is none.
    public static func named(_ alpn: String) -> Profile? { spoken.first { $0.alpn == alpn } }

    /// The draft's title of the section that is `title` in errors: mostly the newest draft's.
    package func title(ofSection title: String) -> String { sections[title] ?? title }

    /// The layouts that messages of this type can have; none when the draft has no such message.
    package func layouts(code: UInt64) -> [MessageLayout] { byCode[code] ?? [] }

    /// The layouts of a kind of message; none when the draft lacks it.
    package func layouts(of kind: MessageKind) -> [MessageLayout] { byKind[Int(kind.rawValue)] }

    /// The first layout of a kind of message that fits `context`; nil when the draft lacks it there.
    package func layout(of kind: MessageKind, in context: MessageContext) -> MessageLayout? {
        layouts(of: kind).first { $0.fits(context) }
    }

    /// Whether the message of a kind has `field` at `place`, whoever sends it.
    package func has(_ field: MessageField, in kind: MessageKind, at place: MessageContext.Place) -> Bool {
        let context = MessageContext(sender: nil, place: place)
        return layout(of: kind, in: context)?.fieldSet.isSuperset(of: MessageFields([field])) ?? false
    }

    /// Whether messages of the scope can say it, as a parameter or a field.
    package func carries(_ kind: ParameterKind, in scope: ParameterScope) -> Bool {
        parameters.contains { $0.kind == kind && $0.scope.contains(scope) }
            || fixedFields[kind]?.contains(scope) ?? false
    }

    /// The number by which CLIENT_SETUP and SERVER_SETUP name the draft (draft-14 "Versions").
    public var version: UInt64 { 0xFF00_0000 + UInt64(number) }

    /// All control messages share one bidirectional stream, and so do the requests that have no stream of their own.
    public var hasOneControlStream: Bool { streams.setup == nil }

    /// Whether messages of the scope can say all of it.
    package func carries(_ parameters: Parameters, in scope: ParameterScope) -> Bool {
        let allowed = self.parameters.reduce(into: fixedKinds(in: scope)) { kinds, rule in
            if rule.scope.contains(scope) { kinds.formUnion(ParameterKinds(rule.kind)) }
        }
        return parameters.kinds.isSubset(of: allowed)
    }

    /// Whether the draft has the setup option.
    package func has(_ option: SetupOptionKind) -> Bool { setupOptions.contains { $0.kind == option } }

    /// Parameters that messages in `scope` have fields for.
    func fixedKinds(in scope: ParameterScope) -> ParameterKinds {
        var kinds = ParameterKinds()
        for (kind, fixed) in fixedFields where !fixed.isDisjoint(with: scope) { kinds.formUnion(ParameterKinds(kind)) }
        return kinds
    }

    /// The rule of the parameter with this type; nil for one that the draft does not know.
    func rule(ofParameter type: UInt64) -> ParameterRule? { parameters.first { $0.code == type } }

    /// The draft's name of the field at the end of a message that holds the track's properties.
    var trackPropertiesName: StaticString { fieldNames[.trackProperties] ?? "Track Properties" }

    /// Whether a message of `layout` may stand on a control stream.
    func isForControlStream(_ layout: MessageLayout) -> Bool {
        layout.places.control || !layout.places.requests.isSubset(of: requestStreams)
    }
}

/// Lengths and sentinels of a draft. Lengths are in bytes.
package struct Limits: Sendable {
    /// Longest reason phrase (draft-18 "Reason Phrase Structure").
    package var reasonPhrase: UInt64 = 1024
    /// Longest New Session URI (draft-18 "GOAWAY").
    package var uri: UInt64 = 8192
    /// Longest value under an odd type (draft-18 "Key-Value-Pair Structure").
    package var pairValue: UInt64 = 65_535
    /// Most fields, and least, of a Track Namespace (draft-18 "Track Naming").
    package var namespaceFields: ClosedRange<UInt64> = 0...32
    /// The same of a Track Namespace Prefix.
    package var prefixFields: ClosedRange<UInt64> = 0...32
    /// Most parameters or options of one message that this build reads; the drafts set no limit.
    package var parameters = 256
    /// Stream Count of a publisher that cannot tell (draft-18 "PUBLISH_DONE").
    package var unknownStreamCount: UInt64 = 1 << 62 - 1
    /// Ranges that are stored of the Range Filters of a message, and of a fill; this build's own limit, below which
    /// the MAX_FILTER_RANGES that it offers must stay. More are refused with INVALID_FILTER.
    package var filterRanges = 256

    package init() {}
}

/// Ways in which drafts behave differently, named by what they do.
package struct Behaviours: OptionSet, Sendable {
    package let rawValue: UInt32

    package init(rawValue: UInt32) { self.rawValue = rawValue }

    /// GOAWAY may be sent on a request stream too.
    package static let goAwayOnRequestStreams = Self(rawValue: 1 << 1)
    /// A second subscription of one role to a track is refused with DUPLICATE_SUBSCRIPTION.
    package static let oneSubscriptionPerTrack = Self(rawValue: 1 << 2)
    /// A second subscription of the peer's to a track closes the session.
    package static let closesForDuplicates = Self(rawValue: 1 << 4)
    /// No PUBLISH of a track follows a PUBLISH_BLOCKED of it; otherwise only not the one it stands for.
    package static let blockedForGood = Self(rawValue: 1 << 5)
    /// Unknown Message Parameters are ignored, and kept; otherwise they close the session.
    package static let keepsUnknownParameters = Self(rawValue: 1 << 6)
    /// Message Parameters in the wrong message are ignored, and kept; otherwise they close the session.
    package static let keepsMisplacedParameters = Self(rawValue: 1 << 7)
    /// In REQUEST_UPDATE they close the session even so.
    package static let strictUpdates = Self(rawValue: 1 << 8)
    /// Fields of a Track Namespace may be empty.
    package static let emptyNamespaceFields = Self(rawValue: 1 << 9)
    /// Numbers are reserved so that nobody relies on knowing all (draft-18 "Grease").
    package static let grease = Self(rawValue: 1 << 3)
    /// A client's SETUP may retire or use token aliases.
    package static let aliasesInClientSetup = Self(rawValue: 1 << 10)
    /// A message may have the same token twice.
    package static let repeatedTokens = Self(rawValue: 1 << 21)
    /// A joining FETCH of a subscription with Forward State 0 closes the session; otherwise it is refused.
    package static let strictJoining = Self(rawValue: 1 << 11)
    /// A joining FETCH of a subscription whose filter is not Largest Object closes the session.
    package static let joinsAtLargest = Self(rawValue: 1 << 12)
    /// Request IDs come in sequence.
    package static let sequentialRequestIDs = Self(rawValue: 1 << 13)
    /// The Start Location of a subscription must not be moved back.
    package static let startOnlyGrows = Self(rawValue: 1 << 14)
    /// Updates name everything they can change, may only narrow the range, and get no answer.
    package static let silentUpdates = Self(rawValue: 1 << 15)
    /// Who subscribed to namespaces is told of them by PUBLISH_NAMESPACE.
    public static let namespacesByRequest = Self(rawValue: 1 << 16)
    /// A subscription brings only what is new. What precedes it comes on fill streams of SUBSCRIBE and REQUEST_UPDATE;
    /// otherwise a FETCH joins a subscription.
    package static let fillStreams = Self(rawValue: 1 << 17)
    /// A subscription goes on beyond its range, and may have one that is past; otherwise it ends with its range.
    package static let subscriptionsOutlastRanges = Self(rawValue: 1 << 18)
    /// PUBLISH states the terms of its subscription, which REQUEST_UPDATE changes; otherwise PUBLISH_OK states them.
    package static let publishStatesTerms = Self(rawValue: 1 << 19)
    /// FETCH_OK names the last object that it covers; otherwise it may also say that the whole group is covered.
    package static let fetchOKNamesObject = Self(rawValue: 1 << 20)
    /// The first object of a subgroup may state its delivery timeouts.
    package static let objectTimeouts = Self(rawValue: 1 << 22)
    /// No namespace is reserved.
    package static let freeNamespaces = Self(rawValue: 1 << 24)
}
