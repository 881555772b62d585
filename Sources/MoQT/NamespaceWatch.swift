public import MoQTCodec

/// A namespace has come or gone.
public struct NamespaceChange: Hashable, Sendable {
    /// Which of the two.
    public enum Kind: Hashable, Sendable { case came, went }

    /// Whether it came or went.
    public var kind: Kind
    /// The whole namespace, the prefix that is watched included.
    public var namespace: TrackNamespace

    /// Of its parts.
    public init(_ kind: Kind, _ namespace: TrackNamespace) {
        self.kind = kind
        self.namespace = namespace
    }
}

/// The namespaces under a prefix that the peer knows of: first those there are, then what changes (draft-18
/// "SUBSCRIBE_NAMESPACE").
///
/// It ends when a task that waits for its next change is cancelled, or when nobody holds it any more.
public final class NamespaceWatch: AsyncSequence, Sendable {
    /// The session that it is part of.
    public let session: Session
    /// What all namespaces begin with.
    public let prefix: TrackNamespace
    private let feed: Feed<NamespaceChange>
    private let ticket: Ticket

    init(_ session: Session, _ prefix: TrackNamespace, _ feed: Feed<NamespaceChange>, _ ticket: Ticket) {
        self.session = session
        self.prefix = prefix
        self.feed = feed
        self.ticket = ticket
    }

    deinit { session.core.perform { [ticket] in $0.release(ticket) } }

    /// Takes what nobody else has taken.
    public func makeAsyncIterator() -> Iterator { Iterator(watch: self) }

    /// Takes changes one by one.
    public struct Iterator: AsyncIteratorProtocol, Sendable {
        let watch: NamespaceWatch

        /// The next change, waited for.
        ///
        /// - Throws: why the watch is over.
        public func next() async throws(MoQTError) -> NamespaceChange? {
            try await watch.feed.take(for: watch.ticket, watch.session.core)
        }

        /// The same, for an actor that goes on meanwhile.
        public func next(isolation actor: isolated (any Actor)?) async throws(MoQTError) -> NamespaceChange? {
            try await next()
        }
    }
}
