internal import MoQTCodec
internal import MoQTSession

/// A request of a peer, as those see it who decide on it.
struct AskedRequest {
    var id: RequestID
    var kind: RequestKind
    var errand: Errand
    var tokens: [AuthorizationToken]
    /// For the operator.
    var name: String

    /// Nil: the event is none.
    init?(_ event: SessionEvent) {
        switch event {
        case .subscribe(let request):
            self.init(
                request.requestID, .subscribe, Errand(.subscribe, .track(request.track)), request.parameters,
                "SUBSCRIBE \(request.track)")
        case .publish(let request):
            self.init(
                request.requestID, .publish, Errand(.publish, .track(request.track)), request.parameters,
                "PUBLISH \(request.track)")
        case .fetch(let request, let track):
            self.init(
                request.requestID, .fetch, Errand(.fetch, .track(track)), request.parameters, "FETCH \(track)")
        case .trackStatus(let request):
            self.init(
                request.requestID, .trackStatus, Errand(.trackStatus, .track(request.track)), request.parameters,
                "TRACK_STATUS \(request.track)")
        case .publishNamespace(let request):
            self.init(
                request.requestID, .publishNamespace, Errand(.publishNamespace, .namespace(request.namespace)),
                request.parameters, "PUBLISH_NAMESPACE \(request.namespace)")
        case .subscribeNamespace(let request):
            let actions: Grant.Actions =
                switch request.options {
                case .publish?: .subscribe
                case .both?: [.subscribeNamespace, .subscribe]
                default: .subscribeNamespace
                }
            self.init(
                request.requestID, .subscribeNamespace, Errand(actions, .anyUnder(request.prefix)),
                request.parameters, "SUBSCRIBE_NAMESPACE \(request.prefix)")
        case .subscribeTracks(let request):
            self.init(
                request.requestID, .subscribeTracks, Errand(.subscribe, .anyUnder(request.prefix)),
                request.parameters, "SUBSCRIBE_TRACKS \(request.prefix)")
        default: return nil
        }
    }

    private init(
        _ id: RequestID, _ kind: RequestKind, _ errand: Errand, _ parameters: Parameters,
        _ name: @autoclosure () -> String
    ) {
        self.id = id
        self.kind = kind
        self.errand = errand
        self.name = name()
        tokens = parameters.authorizationTokens
    }
}
