internal import MoQTCodec

/// A request of this end that has not ended, and who waits for what comes of it.
struct OwnRequest {
    enum Kind {
        case subscription(Intake, Reply<SubscribeOK>)
        case fetch(Intake, Reply<FetchOK>)
        case status(Reply<RequestOK>)
        case announcement(Reply<Void>, ended: Latch<MoQTError>)
        case namespaces(NamespaceIntake, Reply<Void>)
        case offer(Publication, Reply<Void>)

        /// It will not be answered any more, or brings nothing more.
        func fail(_ error: MoQTError) {
            switch self {
            case .subscription(let intake, let reply):
                reply.set(.failure(error))
                intake.end(error)
            case .fetch(let intake, let reply):
                reply.set(.failure(error))
                intake.end(error)
            case .status(let reply): reply.set(.failure(error))
            case .announcement(let reply, let ended):
                reply.set(.failure(error))
                ended.set(error)
            case .namespaces(let intake, let reply):
                reply.set(.failure(error))
                intake.feed.end(error)
            case .offer(_, let reply): reply.set(.failure(error))
            }
        }

        /// What it receives objects by; nil where it receives none.
        var intake: Intake? {
            switch self {
            case .subscription(let intake, _), .fetch(let intake, _): intake
            case .status, .announcement, .namespaces, .offer: nil
            }
        }
    }

    let ticket: Ticket
    let kind: Kind
}
