package import MoQTCodec

// PUBLISH_STATE_NOTIFY (draft-22 "PUBLISH_STATE_NOTIFY").

extension Session {
    /// Tells the subscriber what we have changed of a subscription that we publish to.
    /// - Parameter parameters: the Largest Object, once there is one, and the changed Forward State and filter.
    package mutating func notifyState(_ request: RequestID, _ parameters: Parameters) throws(SessionError) {
        let state = try open(request)
        guard state.isPublisher, state.phase == .established else {
            throw .notAllowed(request, "not a subscription we publish to")
        }
        var message = PublishStateNotify()
        message.parameters = parameters
        try send(.publishStateNotify(message), on: request)
        requests[request]?.apply(parameters)
    }

    mutating func received(
        _ message: PublishStateNotify, on id: RequestID, at offset: UInt64
    ) throws(CodecError) {
        guard let request = requests[id], request.isSubscriber, request.subscription.done == nil,
            !request.isOurs || request.phase == .established
        else { throw Self.unexpected("PUBLISH_STATE_NOTIFY", at: offset) }
        requests[id]?.apply(message.parameters)
        requests[id]?.subscription.largest = message.parameters.largestObject ?? request.subscription.largest
        events.append(.stateNotified(id, message.parameters))
    }
}
