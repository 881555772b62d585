/// Which connection a connection id stands for; shared by an endpoint and its connections, on one thread.
final class RoutingTable {
    private var connections: [ConnectionID: Connection] = [:]
    /// Connections whose handshake is under way.
    private(set) var handshakes = 0
    /// Connections that have not been removed.
    private(set) var count = 0
    private var lastNumber = 0
    /// What counts those of all loops.
    private let total: ConnectionCount

    init(_ total: ConnectionCount) { self.total = total }

    func connection(_ id: ConnectionID) -> Connection? { connections[id] }

    func add(_ id: ConnectionID, _ connection: Connection) { connections[id] = connection }

    /// Removes `id` if it is `connection`'s.
    func remove(_ id: ConnectionID, of connection: Connection) {
        if let held = connections[id], held === connection { connections[id] = nil }
    }

    /// Counts a new connection, and numbers it.
    func start(_ connection: Connection) {
        lastNumber += 1
        connection.number = lastNumber
        count += 1
        handshakes += 1
    }

    /// The connection has completed its handshake, or ended before.
    func handshakeEnded() {
        handshakes -= 1
        total.handshakeEnded()
    }

    /// Removes `connection`, which was counted.
    func forget(_ connection: Connection) {
        removeIDs(of: connection)
        count -= 1
    }

    func removeIDs(of connection: Connection) {
        for id in connection.issuedIDs { remove(id, of: connection) }
        connection.issuedIDs.removeAll()
    }
}
