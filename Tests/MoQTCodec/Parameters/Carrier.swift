import MoQTCodec
public import Testing
import Wire

/// A message that carries parameters, and the stream half on which it comes.
struct Carrier: Sendable, CustomTestStringConvertible {
    var testDescription: String
    /// The scope of its parameters.
    var scope: ParameterScope
    var stream: ControlStreamKind
    var receiver: EndpointRole
    var place: MessageContext.Place
    /// Sent ahead on the same stream half.
    var prelude: ControlMessage?
    var message: @Sendable (Parameters) -> ControlMessage

    var context: MessageContext { MessageContext(sender: receiver == .client ? .server : .client, place: place) }

    func encode(_ parameters: Parameters, _ profile: Profile) throws -> [UInt8] {
        var out: [UInt8] = []
        try message(parameters).append(to: &out, profile: profile, context: context)
        return out
    }

    /// A decoder of the stream half that has read the prelude.
    func decoder(_ profile: Profile) throws -> ControlDecoder {
        var decoder = ControlDecoder(profile: profile, receiver: receiver, stream: stream)
        guard let prelude else { return decoder }
        var ahead: [UInt8] = []
        let place = try MessageContext.Place.request(#require(context.request))
        try prelude.append(
            to: &ahead, profile: profile, context: MessageContext(sender: context.sender, place: place))
        var input = Bytes(ahead)
        while try decoder.next(&input) != nil {}
        return decoder
    }

    /// What the one message in `bytes` decodes to; nil when it is not whole.
    func decode(_ bytes: [UInt8], _ profile: Profile) throws -> ControlMessage? {
        var decoder = try decoder(profile)
        var input = Bytes(bytes)
        let message = try decoder.next(&input)?.message
        #expect(input.isEmpty)
        return message
    }

    /// The message of this type with the hexadecimal body `body`.
    func decode(type: UInt8, _ body: String, _ profile: Profile) throws -> ControlMessage? {
        let bytes = hex(body)
        return try decode([type, UInt8(bytes.count >> 8), UInt8(bytes.count & 0xFF)] + bytes, profile)
    }
}

extension Carrier {
    private init(
        _ name: String, _ scope: ParameterScope, opens kind: RequestKind,
        _ message: @escaping @Sendable (Parameters) -> ControlMessage
    ) {
        self.init(
            testDescription: name, scope: scope, stream: .request, receiver: .server, place: .request(kind),
            message: message)
    }

    private init(
        _ name: String, _ scope: ParameterScope, follows opening: Carrier,
        _ message: @escaping @Sendable (Parameters) -> ControlMessage
    ) {
        self.init(
            testDescription: name, scope: scope, stream: .request, receiver: .server, place: opening.place,
            prelude: opening.message(Parameters()), message: message)
    }

    private init(
        _ name: String, _ scope: ParameterScope, answers kind: RequestKind,
        _ message: @escaping @Sendable (Parameters) -> ControlMessage
    ) {
        self.init(
            testDescription: name, scope: scope, stream: .reply(to: kind), receiver: .client, place: .request(kind),
            message: message)
    }

    static let subscribe = Carrier("SUBSCRIBE", .subscribe, opens: .subscribe) { parameters in
        var message = Subscribe()
        message.parameters = parameters
        return .subscribe(message)
    }
    static let publish = Carrier("PUBLISH", .publish, opens: .publish) { parameters in
        var message = Publish()
        message.parameters = parameters
        return .publish(message)
    }
    /// Its range is the filter of the parameters; up to draft-19, where it has none, all of one group.
    static func fetch(_ profile: Profile) -> Carrier {
        let fallback: LocationFilter? =
            profile === Profile.draft18 || profile === Profile.draft19
            ? .absoluteRange(start: .zero, end: RangeEnd(group: 0)) : nil
        return Carrier("FETCH", .fetch, opens: .fetch) { parameters in
            var message = Fetch()
            message.parameters = parameters
            message.parameters.locationFilter = nil
            message.target = .standalone(track: FullTrackName(), range: parameters.locationFilter ?? fallback)
            return .fetch(message)
        }
    }
    static let trackStatus = Carrier("TRACK_STATUS", .trackStatus, opens: .trackStatus) { parameters in
        var message = TrackStatus()
        message.parameters = parameters
        return .trackStatus(message)
    }
    static let publishNamespace = Carrier("PUBLISH_NAMESPACE", .publishNamespace, opens: .publishNamespace) {
        var message = PublishNamespace()
        message.parameters = $0
        return .publishNamespace(message)
    }
    static let subscribeNamespace = Carrier("SUBSCRIBE_NAMESPACE", .subscribeNamespace, opens: .subscribeNamespace) {
        var message = SubscribeNamespace()
        message.parameters = $0
        return .subscribeNamespace(message)
    }
    static let subscribeTracks = Carrier("SUBSCRIBE_TRACKS", .subscribeTracks, opens: .subscribeTracks) {
        var message = SubscribeTracks()
        message.parameters = $0
        return .subscribeTracks(message)
    }

    static func requests(_ profile: Profile) -> [Carrier] {
        [
            subscribe, publish, fetch(profile), trackStatus, publishNamespace, subscribeNamespace, subscribeTracks,
        ]
    }

    private static func update(_ scope: ParameterScope, of opening: Carrier) -> Carrier {
        Carrier("update of \(opening.testDescription)", scope, follows: opening) { parameters in
            var message = RequestUpdate()
            message.requestID.rawValue = 2
            message.parameters = parameters
            return .requestUpdate(message)
        }
    }

    static let subscriptionUpdate = update(.subscriptionUpdate, of: subscribe)
    static func fetchUpdate(_ profile: Profile) -> Carrier { update(.fetchUpdate, of: fetch(profile)) }
    static let publishNamespaceUpdate = update(.publishNamespaceUpdate, of: publishNamespace)
    static let subscribeNamespaceUpdate = update(.subscribeNamespaceUpdate, of: subscribeNamespace)
    static let subscribeTracksUpdate = update(.subscribeTracksUpdate, of: subscribeTracks)
    static func updates(_ profile: Profile) -> [Carrier] {
        [
            subscriptionUpdate, fetchUpdate(profile), publishNamespaceUpdate, subscribeNamespaceUpdate,
            subscribeTracksUpdate,
        ]
    }

    static let subscribeOK = Carrier("SUBSCRIBE_OK", .subscribeOK, answers: .subscribe) { parameters in
        var message = SubscribeOK()
        message.parameters = parameters
        return .subscribeOK(message)
    }
    static let fetchOK = Carrier("FETCH_OK", .fetchOK, answers: .fetch) { parameters in
        var message = FetchOK()
        message.end = RangeEnd(group: 0, object: 0)
        message.parameters = parameters
        return .fetchOK(message)
    }

    private static func requestOK(_ scope: ParameterScope, _ kind: RequestKind) -> Carrier {
        Carrier("REQUEST_OK for \(kind)", scope, answers: kind) { parameters in
            var message = RequestOK()
            message.parameters = parameters
            return .requestOK(message)
        }
    }

    static let publishOK = requestOK(.publishOK, .publish)
    static let trackStatusOK = requestOK(.trackStatusOK, .trackStatus)
    static let updateOK: Carrier = {
        var carrier = requestOK(.subscriptionUpdateOK, .subscribe)
        carrier.testDescription = "REQUEST_OK for an update"
        carrier.place = .update(.subscribe)
        carrier.prelude = subscribeOK.message(Parameters())
        return carrier
    }()
    static let answers = [
        subscribeOK, fetchOK, publishOK, trackStatusOK, requestOK(.publishNamespaceOK, .publishNamespace),
        requestOK(.subscribeNamespaceOK, .subscribeNamespace), requestOK(.subscribeTracksOK, .subscribeTracks),
        updateOK,
    ]

    /// Only since draft-20.
    static let stateNotify: Carrier = {
        var carrier = Carrier("PUBLISH_STATE_NOTIFY", .publishStateNotify, answers: .subscribe) { parameters in
            var message = PublishStateNotify()
            message.parameters = parameters
            return .publishStateNotify(message)
        }
        carrier.prelude = subscribeOK.message(Parameters())
        return carrier
    }()
}

/// The drafts since 19, whose parameters differ from each other's.
let recentDrafts: [Profile] = [.draft19, .draft20, .draft21, .draft22]
/// Those since 20.
let latestDrafts: [Profile] = [.draft20, .draft21, .draft22]

extension Profile: CustomTestStringConvertible {
    package var testDescription: String { name }
}
