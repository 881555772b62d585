internal import CommandLine
internal import MoQTCodec
internal import MoQTSession

extension RequestError {
    /// For one line: `refused: DOES_NOT_EXIST (no such track)`.
    var words: String { "refused: \(code)" + (reason.isEmpty ? "" : " (\(reason.string.printable()))") }
}

extension RefusedRequest {
    /// For one line: `refused SUBSCRIBE live--video: DOES_NOT_EXIST (no such track)`.
    var words: String {
        let name = track.map { "\($0)" } ?? "\(namespace)"
        let reason = error.reason.isEmpty ? "" : " (\(error.reason.string.printable()))"
        return "refused \(kind.messageName) \(name): \(error.code)\(reason)"
    }
}

extension SessionError {
    /// For one line.
    var words: String {
        switch self {
        case .closed: "the session is closed"
        case .goingAway: "the server is going away"
        case .unknownRequest: "the request has ended"
        case .notAllowed(_, let why), .invalid(let why): why
        case .duplicateSubscription: "the track is subscribed to already"
        }
    }
}
