package import EventLoop
internal import QUIC
package import Wire

/// A UDP socket with what it could not send yet.
package final class Port {
    package let socket: UDPSocket
    private let loop: EventLoop
    private var registration: Registration?
    private var backlog: [Train] = []
    /// Links to be asked again once the backlog is gone.
    private var waiting: [Link] = []
    private let received: (UnsafeRawBufferPointer, NetworkPath, ECN) -> Void
    private let failed: (SystemError) -> Void

    /// Bytes the kernel had no room for.
    private struct Train {
        var bytes: [UInt8]
        var segmentSize: Int
        var path: NetworkPath
        var ecn: ECN
    }

    /// Batches read per wake before others get their turn.
    private static let batchesPerWake = 8

    /// - Parameters:
    ///   - received: is given each datagram.
    ///   - failed: is told what the kernel holds against the socket, such as that nothing listens at the peer's port.
    package init(
        _ socket: UDPSocket, _ loop: EventLoop, received: @escaping (UnsafeRawBufferPointer, NetworkPath, ECN) -> Void,
        failed: @escaping (SystemError) -> Void
    ) throws(SystemError) {
        self.socket = socket
        self.loop = loop
        self.received = received
        self.failed = failed
        registration = try loop.register(socket.fileDescriptor, .readable) { [weak self] in self?.ready($0) }
    }

    deinit { close() }

    /// Stops listening to the socket and sends no more; it closes with the last reference.
    package func close() {
        if let registration { loop.cancel(registration) }
        registration = nil
        backlog = []
        // They hold the port, and the port them.
        waiting = []
    }

    private func ready(_ interest: Interest) {
        if interest.contains(.writable) { drainBacklog() }
        guard interest.contains(.readable) || interest.contains(.failed) else { return }
        for _ in 0..<Self.batchesPerWake {
            do throws(SystemError) {
                if try socket.receive(received) == 0 { return }
            } catch {
                return failed(error)
            }
        }
    }

    // MARK: - Sending

    /// The kernel has no room: nothing should be written before the backlog is gone.
    var isBlocked: Bool { !backlog.isEmpty }

    func wait(_ link: Link) { waiting.append(link) }

    /// Sends a train now, or as soon as the kernel has room.
    func send(_ train: UnsafeRawBufferPointer, segmentSize: Int, _ path: NetworkPath, _ ecn: ECN) {
        switch socket.send(train, segmentSize: segmentSize, path, ecn) {
        case .sent: break
        case .wouldBlock(let sent):
            backlog.append(Train(bytes: Array(train[sent...]), segmentSize: segmentSize, path: path, ecn: ecn))
            watch([.readable, .writable])
        case .failed(let error): failed(error)
        }
    }

    private func drainBacklog() {
        while let train = backlog.first {
            let result = train.bytes.withUnsafeBytes {
                socket.send($0, segmentSize: train.segmentSize, train.path, train.ecn)
            }
            if case .wouldBlock(let sent) = result {
                backlog[0].bytes.removeFirst(sent)
                return
            }
            backlog.removeFirst()
        }
        watch(.readable)
        let links = waiting
        waiting = []
        for link in links { link.mark() }
    }

    private func watch(_ interest: Interest) {
        guard let registration else { return }
        // Fails only for a descriptor that is not watched, which this one is.
        try? loop.modify(registration, interest)
    }
}
