internal import CLinux
internal import Glibc

/// What a file descriptor is watched for, or was found to be.
package struct Interest: OptionSet, Hashable, Sendable {
    package let rawValue: UInt8
    package init(rawValue: UInt8) { self.rawValue = rawValue }

    /// Reading will not block. Also reported at the end of the input.
    package static let readable = Self(rawValue: 1)
    /// Writing will not block.
    package static let writable = Self(rawValue: 2)
    /// An error is pending, or the other end has gone; always watched for. Reading or writing tells which.
    package static let failed = Self(rawValue: 4)

    init(events: UInt32) {
        var found: Interest = []
        if events & EPOLLIN.rawValue != 0 { found.insert(.readable) }
        if events & EPOLLOUT.rawValue != 0 { found.insert(.writable) }
        if events & (EPOLLERR.rawValue | EPOLLHUP.rawValue) != 0 { found.insert(.failed) }
        self = found
    }

    var events: UInt32 {
        (contains(.readable) ? EPOLLIN.rawValue : 0) | (contains(.writable) ? EPOLLOUT.rawValue : 0)
    }
}

/// A file descriptor's place in its loop. Of no use in another loop.
package struct Registration: Hashable, Sendable {
    fileprivate let slot: UInt32
    fileprivate let generation: UInt32

    /// The pair as epoll carries it.
    fileprivate var tag: UInt64 { UInt64(generation) << 32 | UInt64(slot) }
}

extension EventLoop {
    /// Watches `fd`, level-triggered, and calls `handler` with what it was found to be, at most once per wake.
    ///
    /// The descriptor stays the caller's: cancel first, then close. Throws `EPERM` for regular files, which are
    /// always ready, and `EEXIST` for a descriptor that is watched already.
    package func register(
        _ fd: CInt, _ interest: Interest, _ handler: @escaping (Interest) -> Void
    ) throws(SystemError) -> Registration {
        let registration = watches.insert(fd, handler)
        do {
            try control(EPOLL_CTL_ADD, registration, interest)
        } catch {
            watches.remove(registration)
            throw error
        }
        return registration
    }

    /// Changes what a file descriptor is watched for. Does nothing once the registration is cancelled.
    package func modify(_ registration: Registration, _ interest: Interest) throws(SystemError) {
        try control(EPOLL_CTL_MOD, registration, interest)
    }

    /// Forgets the handler; it is not called again, not even for an event of the current wake.
    package func cancel(_ registration: Registration) {
        guard let fd = watches.fileDescriptor(of: registration) else { return }
        var unused = epoll_event()
        epoll_ctl(epoll, EPOLL_CTL_DEL, fd, &unused)
        watches.remove(registration)
    }

    private func control(_ operation: CInt, _ registration: Registration, _ interest: Interest) throws(SystemError) {
        guard let fd = watches.fileDescriptor(of: registration) else { return }
        var event = epoll_event()
        event.events = interest.events
        event.data.u64 = registration.tag
        if epoll_ctl(epoll, operation, fd, &event) != 0 { throw SystemError("epoll_ctl") }
    }
}

/// The handlers of a loop, found by what epoll carries. A slot's generation tells its users apart, so that an event
/// of the current wake does not reach the next user of the slot.
struct WatchTable {
    private struct Slot {
        var fd: CInt
        var generation: UInt32
        var handler: ((Interest) -> Void)?
    }

    private var slots: [Slot] = []
    private var free: [UInt32] = []

    mutating func insert(_ fd: CInt, _ handler: @escaping (Interest) -> Void) -> Registration {
        guard let slot = free.popLast() else {
            slots.append(Slot(fd: fd, generation: 0, handler: handler))
            return Registration(slot: UInt32(slots.count - 1), generation: 0)
        }
        slots[Int(slot)].fd = fd
        slots[Int(slot)].handler = handler
        return Registration(slot: slot, generation: slots[Int(slot)].generation)
    }

    mutating func remove(_ registration: Registration) {
        guard fileDescriptor(of: registration) != nil else { return }
        slots[Int(registration.slot)].handler = nil
        slots[Int(registration.slot)].generation &+= 1
        free.append(registration.slot)
    }

    func fileDescriptor(of registration: Registration) -> CInt? {
        let slot = slots[Int(registration.slot)]
        return slot.generation == registration.generation && slot.handler != nil ? slot.fd : nil
    }

    func handler(of tag: UInt64) -> ((Interest) -> Void)? {
        let slot = slots[Int(UInt32(truncatingIfNeeded: tag))]
        return slot.generation == UInt32(tag >> 32) ? slot.handler : nil
    }
}
