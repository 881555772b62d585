public import MoQTCodec

/// A fetch that was accepted: what the peer said of the range, and what it brings.
///
/// It ends with the range, with ``cancel()``, when a task that waits for its next item is cancelled, or when nobody
/// holds it any more.
public final class TrackFetch: Sendable {
    /// The session that it is part of.
    public let session: Session
    /// Where the range ends, as far as there is anything in it.
    public let end: RangeEnd
    /// The track has ended, and the range reaches to there.
    public let endsTrack: Bool
    /// Track Properties.
    public let properties: Properties
    let feed: Feed<FetchItem>
    let ticket: Ticket

    init(_ session: Session, _ answer: FetchOK, _ feed: Feed<FetchItem>, _ ticket: Ticket) {
        self.session = session
        end = answer.end
        endsTrack = answer.endOfTrack
        properties = answer.trackProperties
        self.feed = feed
        self.ticket = ticket
    }

    deinit { cancel() }

    /// Ends the fetch: the peer is told, and what has not been taken is dropped.
    public func cancel() { session.core.perform { [ticket] in $0.release(ticket) } }

    /// Objects and gaps, in the order asked for; flow control is given as for ``Subscription/objects``.
    public var items: Items { Items(fetch: self) }

    /// See ``TrackFetch/items``.
    public struct Items: AsyncSequence, Sendable {
        let fetch: TrackFetch

        /// Takes what nobody else has taken.
        public func makeAsyncIterator() -> Iterator { Iterator(fetch: fetch) }

        /// Takes items one by one.
        public struct Iterator: AsyncIteratorProtocol, Sendable {
            let fetch: TrackFetch

            /// The next object or gap, waited for; nil at the end of the range.
            ///
            /// - Throws: why the fetch ended before.
            public func next() async throws(MoQTError) -> FetchItem? {
                try await fetch.feed.take(for: fetch.ticket, fetch.session.core)
            }

            /// The same, for an actor that goes on meanwhile.
            public func next(isolation actor: isolated (any Actor)?) async throws(MoQTError) -> FetchItem? {
                try await next()
            }
        }
    }
}
