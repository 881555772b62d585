public import MoQTCodec
internal import MoQTSession

/// Where a subscription begins.
public enum SubscriptionStart: Hashable, Sendable {
    /// With the next object that is published.
    case nextObject
    /// With the next group.
    case nextGroup
    /// With the group in progress and so many groups before it; these come before what is new.
    case groupsBack(UInt64)
    /// With this Location, or the first after it; what is past comes before what is new.
    case location(Location)

    var filter: LocationFilter {
        switch self {
        case .nextObject, .groupsBack: .nextObject
        case .nextGroup: .nextGroup
        case .location(.zero): .nextObject
        case .location(let start): .absoluteStart(start)
        }
    }

    var join: Join? {
        switch self {
        case .nextObject, .nextGroup: nil
        case .groupsBack(let count): .groups(before: count)
        case .location(let start): .from(start)
        }
    }
}

/// A subscription that was accepted: what the publisher said of the track, and its objects as they come.
///
/// It ends with the track, with ``cancel()``, when a task that waits for its next object is cancelled, or when nobody
/// holds it any more.
public final class Subscription: Sendable {
    /// The session that it is part of.
    public let session: Session
    /// The track's largest object when the subscription began; nil: nothing had been published.
    public let largest: Location?
    /// Track Properties.
    public let properties: Properties
    let feed: Feed<FetchItem>
    let ticket: Ticket

    init(_ session: Session, _ answer: SubscribeOK, _ feed: Feed<FetchItem>, _ ticket: Ticket) {
        self.session = session
        largest = answer.parameters.largestObject
        properties = answer.trackProperties
        self.feed = feed
        self.ticket = ticket
    }

    deinit { cancel() }

    /// Ends the subscription: the peer is told, and what has not been taken is dropped.
    public func cancel() { session.core.perform { [ticket] in $0.release(ticket) } }

    /// The objects, as they become whole.
    ///
    /// Those of one subgroup come in order; groups and subgroups that are sent at the same time come mixed. What
    /// precedes the subscription comes first. The publisher is given flow control for an object when it is taken from
    /// here: who does not take objects holds up the publisher, or with a delivery timeout loses them, but does not fill
    /// memory. Objects in datagrams have no flow control: they are dropped while 1,024 objects wait. Several tasks may
    /// take objects; each gets others.
    public var objects: Objects { Objects(subscription: self) }

    /// See ``Subscription/objects``.
    public struct Objects: AsyncSequence, Sendable {
        let subscription: Subscription

        /// Takes what nobody else has taken.
        public func makeAsyncIterator() -> Iterator { Iterator(subscription: subscription) }

        /// Takes objects one by one.
        public struct Iterator: AsyncIteratorProtocol, Sendable {
            let subscription: Subscription

            /// The next object, waited for; nil when the track has ended (PUBLISH_DONE).
            ///
            /// - Throws: why the subscription ended otherwise.
            public func next() async throws(MoQTError) -> Object? {
                while let item = try await subscription.feed.take(for: subscription.ticket, subscription.session.core) {
                    if case .object(let object) = item { return object }
                }
                return nil
            }

            /// The same, for an actor that goes on meanwhile.
            public func next(isolation actor: isolated (any Actor)?) async throws(MoQTError) -> Object? {
                try await next()
            }
        }
    }
}

extension Feed {
    /// The next element, waited for; nil at the end. The request is given up when the task is cancelled.
    func take(for ticket: Ticket, _ core: Core) async throws(MoQTError) -> Element? {
        switch await next() {
        case .element(let element, let owed)?:
            core.post(.taken(ticket, owed))
            return element
        case .end(nil)?: return nil
        case .end(let error?)?: throw error
        case nil:
            core.perform { $0.release(ticket) }
            throw .cancelled
        }
    }
}
