internal import MoQTCodec

/// The loop's side of a watch: what the peer has told of a prefix.
final class NamespaceIntake {
    let prefix: TrackNamespace
    let feed: Feed<NamespaceChange>
    /// By how many requests of the peer's, or answers of it, each namespace was told.
    private var told: [TrackNamespace: Int] = [:]

    /// Changes that may wait to be taken.
    static let limit = 100_000

    init(_ prefix: TrackNamespace, _ feed: Feed<NamespaceChange>) {
        self.prefix = prefix
        self.feed = feed
    }

    func came(_ namespace: TrackNamespace) {
        told[namespace, default: 0] += 1
        if told[namespace] == 1 { _ = feed.push(NamespaceChange(.came, namespace), Owed()) }
    }

    func went(_ namespace: TrackNamespace) {
        guard let count = told[namespace] else { return }
        told[namespace] = count > 1 ? count - 1 : nil
        if count == 1 { _ = feed.push(NamespaceChange(.went, namespace), Owed()) }
    }

    /// More changes wait than may.
    var isFull: Bool { feed.count > Self.limit }
}
