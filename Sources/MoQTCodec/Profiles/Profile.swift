/// One draft of MoQT, as tables: code points, layouts, encodings, limits.
///
/// Everything in which drafts differ is read from here; nothing else compares draft numbers. Immutable and shared.
package final class Profile: Sendable {
    /// The draft's name, such as "draft-18"; for people.
    package let name: String
    /// ALPN identifier and WebTransport protocol, such as "moqt-18".
    package let alpn: String
    package let integers: IntegerCoding
    /// How setup options and properties are written.
    package let pairs: KeyValueCoding
    package let streams: StreamTypes
    package let datagrams: DatagramTypes
    package let limits: Limits
    package let behaviours: Behaviours
    package let codes: CodeMaps
    /// In ascending order of code, as parameters are sent.
    package let parameters: [ParameterRule]
    /// In ascending order of type.
    package let setupOptions: [SetupOptionRule]
    package let trackProperties: [PropertyRule]
    /// One for each message and class of stream.
    package let messages: [MessageLayout]
    private let controlMessages: [UInt64: Int]
    private let requestMessages: [UInt64: Int]

    package init(
        name: String, alpn: String, integers: IntegerCoding, pairs: KeyValueCoding, streams: StreamTypes,
        datagrams: DatagramTypes, limits: Limits, behaviours: Behaviours, codes: CodeMaps,
        parameters: [ParameterRule], setupOptions: [SetupOptionRule], trackProperties: [PropertyRule],
        messages: [MessageLayout]
    ) {
        self.name = name
        self.alpn = alpn
        self.integers = integers
        self.pairs = pairs
        self.streams = streams
        self.datagrams = datagrams
        self.limits = limits
        self.behaviours = behaviours
        self.codes = codes
        self.parameters = parameters.sorted { $0.code < $1.code }
        self.setupOptions = setupOptions.sorted { $0.type < $1.type }
        self.trackProperties = trackProperties
        self.messages = messages
        var control: [UInt64: Int] = [:]
        var request: [UInt64: Int] = [:]
        for (index, layout) in messages.enumerated() {
            if layout.places.control { control[layout.code] = index } else { request[layout.code] = index }
        }
        controlMessages = control
        requestMessages = request
    }

    /// Every profile, newest draft first: the order in which to offer them.
    package static let all: [Profile] = [draft18]

    /// The profile for a negotiated ALPN identifier; nil when there is none.
    package static func named(_ alpn: String) -> Profile? { all.first { $0.alpn == alpn } }

    /// The layout of the message with this type on a control stream, or on a request stream; nil when unknown there.
    package func layout(code: UInt64, onControlStream: Bool) -> MessageLayout? {
        (onControlStream ? controlMessages : requestMessages)[code].map { messages[$0] }
    }

    /// The layout of a kind of message on a control stream, or on a request stream; nil when the draft lacks it.
    package func layout(of kind: MessageKind, onControlStream: Bool) -> MessageLayout? {
        messages.first { $0.kind == kind && $0.places.control == onControlStream }
    }
}

/// Lengths and sentinels of a draft. Lengths are in bytes.
package struct Limits: Sendable {
    /// Longest reason phrase (draft-18 "Reason Phrase Structure").
    package var reasonPhrase: UInt64 = 1024
    /// Longest URI in GOAWAY and Redirect (draft-18 "GOAWAY").
    package var uri: UInt64 = 8192
    /// Longest value under an odd type (draft-18 "Key-Value-Pair Structure").
    package var pairValue: UInt64 = 65_535
    /// Stream Count of a publisher that cannot tell (draft-18 "PUBLISH_DONE").
    package var unknownStreamCount: UInt64 = 1 << 62 - 1
    /// Ranges that are stored of the Range Filters of a message, and of a fill; this build's own limit, below which
    /// the MAX_FILTER_RANGES that it offers must stay. More are refused with INVALID_FILTER.
    package var filterRanges = 256
    /// Types of Mandatory Track Properties (draft-18 "Mandatory Track Properties").
    package var mandatoryProperties: ClosedRange<UInt64> = 0x4000...0x7FFF
}

/// Ways in which drafts behave differently, named by what they do.
package struct Behaviours: OptionSet, Sendable {
    package let rawValue: UInt32

    package init(rawValue: UInt32) { self.rawValue = rawValue }

    /// Requests have streams of their own, and control streams are unidirectional, one from each side.
    package static let streamPerRequest = Self(rawValue: 1 << 0)
    /// GOAWAY may be sent on a request stream too.
    package static let goAwayOnRequestStreams = Self(rawValue: 1 << 1)
    /// A second subscription of one role to a track is refused with DUPLICATE_SUBSCRIPTION.
    package static let oneSubscriptionPerTrack = Self(rawValue: 1 << 2)
    /// Group and Object IDs of fetch streams are deltas.
    package static let fetchDeltas = Self(rawValue: 1 << 3)
    /// Unknown or misplaced Message Parameters close the session.
    package static let strictParameters = Self(rawValue: 1 << 4)
    /// Streams and datagrams of padding exist.
    package static let padding = Self(rawValue: 1 << 5)
}

/// Where a draft's numbers for error codes differ from ``WireCode``'s.
package struct CodeMaps: Sendable {
    /// Pairs of our number and the draft's.
    package var session: [UInt64: UInt64] = [:]
    package var request: [UInt64: UInt64] = [:]
    package var publishDone: [UInt64: UInt64] = [:]
    package var streamReset: [UInt64: UInt64] = [:]

    /// The draft's number for `code`.
    package func wire(_ code: SessionCode) -> UInt64 { session[code.rawValue] ?? code.rawValue }
    package func wire(_ code: RequestErrorCode) -> UInt64 { request[code.rawValue] ?? code.rawValue }
    package func wire(_ code: PublishDoneCode) -> UInt64 { publishDone[code.rawValue] ?? code.rawValue }
    package func wire(_ code: StreamResetCode) -> UInt64 { streamReset[code.rawValue] ?? code.rawValue }

    /// The code for a number of the draft's.
    package func sessionCode(_ wire: UInt64) -> SessionCode { .init(rawValue: Self.inverse(session, wire)) }
    package func requestErrorCode(_ wire: UInt64) -> RequestErrorCode { .init(rawValue: Self.inverse(request, wire)) }
    package func publishDoneCode(_ wire: UInt64) -> PublishDoneCode { .init(rawValue: Self.inverse(publishDone, wire)) }
    package func streamResetCode(_ wire: UInt64) -> StreamResetCode { .init(rawValue: Self.inverse(streamReset, wire)) }

    private static func inverse(_ map: [UInt64: UInt64], _ wire: UInt64) -> UInt64 {
        map.first { $0.value == wire }?.key ?? wire
    }
}
