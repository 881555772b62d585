internal import MoQTCodec

/// Requests by namespace or prefix, found in as many steps as a namespace has fields.
struct NamespaceTable<Terms> {
    struct Entry {
        let peer: Peer
        let request: RequestID
        let terms: Terms
    }

    private var entries: [TrackNamespace: [RequestKey: Entry]] = [:]
    /// How often clients have come or gone.
    private(set) var clientChanges = 0

    mutating func insert(_ peer: Peer, _ request: RequestID, under namespace: TrackNamespace, _ terms: Terms) {
        entries[namespace, default: [:]][RequestKey(peer, request)] = Entry(peer: peer, request: request, terms: terms)
        if peer.kind == .client { clientChanges += 1 }
    }

    /// - Returns: its terms; nil when it was not there.
    @discardableResult
    mutating func remove(_ key: RequestKey, under namespace: TrackNamespace) -> Terms? {
        let entry = entries[namespace]?.removeValue(forKey: key)
        if entries[namespace]?.isEmpty ?? false { entries[namespace] = nil }
        if entry?.peer.kind == .client { clientChanges += 1 }
        return entry?.terms
    }

    /// Whether there is any for exactly this namespace, of somebody whom `peer` hears.
    func contains(_ namespace: TrackNamespace, for peer: Peer) -> Bool {
        entries[namespace]?.values.contains { peer.hears($0.peer) } ?? false
    }

    var isEmpty: Bool { entries.isEmpty }

    /// All of one peer.
    func entries(of peer: Peer) -> [(TrackNamespace, RequestKey)] {
        entries.flatMap { namespace, here in
            here.filter { $0.value.peer === peer }.map { (namespace, $0.key) }
        }
    }

    /// Namespaces of clients.
    var clientNamespaces: [TrackNamespace] {
        entries.filter { $0.value.values.contains { $0.peer.kind == .client } }.map(\.key)
    }

    /// Different namespaces in the table.
    var namespaceCount: Int { entries.count }

    /// Those whose namespace is `namespace` or a prefix of it (draft-18 "Publisher Interactions").
    func prefixes(of namespace: TrackNamespace) -> [Entry] {
        var found: [Entry] = []
        var step: TrackNamespace? = namespace
        while let prefix = step {
            if let here = entries[prefix] { found += here.values }
            step = prefix.parent
        }
        return found
    }

    /// Namespaces in the table that begin with `prefix`, of anybody whom `peer` hears.
    func namespaces(under prefix: TrackNamespace, for peer: Peer) -> [TrackNamespace] {
        entries.keys.filter { $0.hasPrefix(prefix) && contains($0, for: peer) }
    }
}
