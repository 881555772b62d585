internal import Endpoint
internal import EventLoop
internal import MoQTCodec
internal import MoQTSession
internal import QUIC

// What the layers below give as reasons, as the one error of this module.

extension MoQTError {
    init(_ error: RequestError, _ draft: String?) {
        self.init(.request, code: .request(error.code), reason: error.reason.description, draft: draft)
    }

    init(_ done: PublishDone, _ draft: String?) {
        self.init(.request, code: .publishDone(done.code), reason: done.reason.description, draft: draft)
    }

    init(_ error: SessionError, _ draft: String?) {
        switch error {
        case .closed: self.init(.session, reason: "the session is closed", draft: draft)
        case .goingAway: self.init(.call, reason: "the peer is going away and takes no new requests", draft: draft)
        case .unknownRequest: self.init(.call, reason: "the request has ended", draft: draft)
        case .notAllowed(_, let what), .invalid(let what): self.init(.call, reason: what, draft: draft)
        case .duplicateSubscription: self.init(.call, reason: "the track is subscribed to already", draft: draft)
        }
    }

    /// What a session throws when it refuses a command.
    init(refused error: any Error, _ draft: String?) {
        if let error = error as? SessionError {
            self.init(error, draft)
        } else {
            self.init(.call, reason: "\(error)", draft: draft)
        }
    }

    init(_ close: SessionClose, _ draft: String?) {
        switch close.origin {
        case .transport: self.init(.connection, reason: close.reason, draft: draft)
        case .us, .peer:
            let reason = WireText(close.reason).description
            self.init(.session, code: .session(close.code), reason: reason, draft: draft)
        }
    }

    init(_ cause: CloseCause, _ draft: String?) { self.init(.connection, reason: "\(cause)", draft: draft) }

    init(_ error: DialError) {
        switch error {
        case .system(let error) where error.isConnectionRefused:
            self.init(.connection, reason: "connection refused: nothing listens there")
        case .system(let error): self.init(.connection, reason: "\(error)")
        case .closed(let cause): self.init(cause, nil)
        }
    }
}
