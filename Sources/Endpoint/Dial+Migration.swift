internal import EventLoop
internal import QUIC
internal import Wire

// A client whose address changes takes its connection along (RFC 9000 §9).

extension Dial {
    /// Looks out for changes of this host's addresses from now on. Where the kernel does not tell of them, it is sends
    /// that fail which do.
    func watchRoutes() {
        routes = try? RouteWatch(driver.loop) { [weak self] in self?.reconsiderSoon() }
    }

    /// Has the path looked at once this wake is over: nobody may be using the socket then.
    func reconsiderSoon() {
        guard !isReconsidering else { return }
        isReconsidering = true
        driver.loop.afterEvents { [weak self] in
            self?.isReconsidering = false
            self?.reconsider()
        }
    }

    /// Moves the connection when the kernel would now reach the server from another address.
    private func reconsider() {
        guard let (link, old) = winner, link.cause == nil, let path = link.connection.path,
            // Without a route there is nowhere to go yet.
            let source = try? UDPSocket.source(toward: path.remote), !source.isSameHost(as: path.local),
            let socket = try? UDPSocket(peer: path.remote),
            let port = try? port(socket, for: ObjectIdentifier(link.connection))
        else { return }
        let newPath = NetworkPath(local: socket.localAddress, remote: path.remote)
        guard link.connection.migrate(to: newPath, now: driver.loop.now) else { return }
        winner = (link, port)
        old.close()
        link.move(to: port)
    }
}

extension SocketAddress {
    fileprivate func isSameHost(as other: Self) -> Bool {
        var other = other
        other.port = port
        return self == other
    }
}
