package import MoQTCodec
internal import Wire

// TRACK_STATUS (draft-18 "TRACK_STATUS").

extension Session {
    /// TRACK_STATUS; answered, and ended, by `accepted` or `rejected`.
    package mutating func trackStatus(
        _ track: FullTrackName, _ parameters: Parameters = Parameters()
    ) throws(SessionError) -> RequestID {
        try begin(Request(.trackStatus, isOurs: true, track: track, parameters)) { id in
            var message = TrackStatus()
            message.requestID = id
            message.track = track
            message.parameters = parameters
            return .trackStatus(message)
        }
    }

    mutating func received(_ message: TrackStatus, on stream: StreamID, at offset: UInt64) throws(CodecError) {
        let request = Request(.trackStatus, isOurs: false, track: message.track, message.parameters)
        guard let parameters = try admit(message.requestID, request, on: stream, at: offset) else { return }
        var message = message
        message.parameters = parameters
        events.append(.trackStatus(message))
    }

    /// REQUEST_OK for our TRACK_STATUS.
    mutating func receivedTrackStatusOK(_ message: RequestOK, on id: RequestID, _ request: Request) {
        control.end(id, input: .complete, &actions)
        forget(id, request)
        abandoned.remove(id)
        var message = message
        profile.takeTrackTerms(&message.parameters, &message.trackProperties)
        events.append(.accepted(id, message))
    }
}
