internal import EventLoop
internal import MoQTCodec
internal import MoQTRelay
internal import MoQTSession
internal import Wire

/// Finds out when relays go round in a circle, one above the other: what is published at one of them would come back to
/// it, and stay for ever.
///
/// A relay that has one above it publishes a namespace there that is only for relays: a sign and an ID, which it chooses
/// anew in each process. The relay above publishes it to the one above itself with its own ID behind it, and so on. So
/// every relay of a circle gets back what it has said, with all the others named, whichever connection was made last;
/// and the one with the least ID closes the connection by which that came. IDs are told to nobody but relays above, so
/// that no client can name them.
///
/// One loop's part: each loop passes on what its clients say by its own connection.
final class Kinship {
    /// First field of the namespaces.
    private static let sign = Array("moqt-relays-above".utf8)
    /// What is passed on at most, so that no client makes this end publish more.
    private static let limit = 256

    private let id: [UInt8]
    /// What relays below this one have said, by their sessions.
    private var below: [UInt64: [RequestID: TrackNamespace]] = [:]
    /// The relay above this one; nil: there is none, or no connection to it.
    private var above: Peer?
    /// What it was told.
    private var told: [TrackNamespace: RequestID] = [:]

    /// What a session has said.
    enum Finding {
        /// It has nothing to do with this.
        case none
        /// It was dealt with.
        case kin
        /// This end is to close the session: it leads round in a circle.
        case circle
    }

    /// - Parameter id: of the process, the same in all its loops.
    init(id: UInt64) {
        let digits = String(id, radix: 16)
        self.id = Array((String(repeating: "0", count: 16 - digits.count) + digits).utf8)
    }

    // MARK: - Below

    func handle(_ event: SessionEvent, from peer: Peer) -> Finding {
        switch event {
        case .publishNamespace(let request) where request.namespace.fields.first == Self.sign && peer.kind == .client:
            return heard(request, from: peer)
        case .requestCancelled(let request, _):
            if let path = below[peer.number]?.removeValue(forKey: request) {
                withdraw(path)
                return .kin
            }
            return answered(request, from: peer) ? .kin : .none
        case .accepted(let request, _): return isTold(request, to: peer) ? .kin : .none
        case .rejected(let request, _): return answered(request, from: peer) ? .kin : .none
        default: return .none
        }
    }

    private func heard(_ request: PublishNamespace, from peer: Peer) -> Finding {
        let ids = Array(request.namespace.fields.dropFirst())
        if ids.first == id, ids.allSatisfy({ !$0.lexicographicallyPrecedes(id) }) { return .circle }
        peer.say { try $0.accept(request.requestID, parameters: Parameters()) }
        below[peer.number, default: [:]][request.requestID] = request.namespace
        tell(request.namespace)
        return .kin
    }

    /// A session is over.
    func forget(_ peer: Peer) {
        if peer === above { (above, told) = (nil, [:]) }
        for path in (below.removeValue(forKey: peer.number) ?? [:]).values { withdraw(path) }
    }

    // MARK: - Above

    /// The session with the relay above this one is ready.
    func join(_ peer: Peer) {
        (above, told) = (peer, [:])
        say([])
        for path in Set(below.values.flatMap(\.values)) { tell(path) }
    }

    private func tell(_ path: TrackNamespace) {
        let ids = Array(path.fields.dropFirst())
        // What has come round already need not go round again.
        if !ids.contains(id) { say(ids) }
    }

    private func say(_ ids: [[UInt8]]) {
        guard let above, told.count < Self.limit, let path = path(ids), told[path] == nil else { return }
        guard let request = try? above.session.publishNamespace(path) else { return }
        told[path] = request
        above.flush()
    }

    /// Nil: it has too many fields for a namespace.
    private func path(_ ids: [[UInt8]]) -> TrackNamespace? { try? TrackNamespace([Self.sign] + ids + [id]) }

    private func withdraw(_ said: TrackNamespace) {
        guard let above, !below.values.contains(where: { $0.values.contains(said) }) else { return }
        guard let path = path(Array(said.fields.dropFirst())), let request = told.removeValue(forKey: path) else {
            return
        }
        above.say { try $0.cancel(request) }
    }

    private func isTold(_ request: RequestID, to peer: Peer) -> Bool { peer === above && told.values.contains(request) }

    /// The relay above wants to know no more.
    private func answered(_ request: RequestID, from peer: Peer) -> Bool {
        guard peer === above, let path = told.first(where: { $0.value == request })?.key else { return false }
        told[path] = nil
        return true
    }
}
