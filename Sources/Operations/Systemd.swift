internal import EventLoop
internal import Glibc
package import Wire

/// systemd, which has started this process and wants to hear how it is (sd_notify(3)).
///
/// Nothing is told, and nothing fails, where there is none.
package final class Systemd: Sendable {
    /// How often at least it wants to hear that the service is alive; nil: it does not.
    package let watchdogInterval: Interval?
    private let socket: CInt
    /// As the kernel takes it.
    private let address: [UInt8]

    /// Nil when `NOTIFY_SOCKET` names no socket: nobody listens.
    package init?(environment: (String) -> String?) {
        guard let name = environment("NOTIFY_SOCKET"), let address = Self.address(name) else { return nil }
        socket = Glibc.socket(AF_UNIX, CInt(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard socket >= 0 else { return nil }
        self.address = address
        watchdogInterval = Self.interval(environment)
    }

    deinit { close(socket) }

    /// The service does what it is for.
    package func ready() { say("READY=1") }
    /// It reads its files again; ``ready()`` ends that.
    package func reloading(_ now: Instant) { say("RELOADING=1\nMONOTONIC_USEC=\(now.nanoseconds / 1000)") }
    /// It is about to end.
    package func stopping() { say("STOPPING=1") }
    /// It is alive.
    package func alive() { say("WATCHDOG=1") }

    private func say(_ state: String) {
        let bytes = Array(state.utf8)
        address.withUnsafeBytes { raw in
            guard let start = raw.baseAddress?.assumingMemoryBound(to: sockaddr.self) else { return }
            _ = sendto(
                socket, bytes, bytes.count, CInt(MSG_NOSIGNAL) | CInt(MSG_DONTWAIT), start,
                socklen_t(raw.count))
        }
    }

    /// A path, or a name in the abstract namespace after `@`; nil for anything else, or what is too long.
    private static func address(_ name: String) -> [UInt8]? {
        var path = Array(name.utf8)
        guard let first = path.first, first == UInt8(ascii: "/") || first == UInt8(ascii: "@"), path.count < 108 else {
            return nil
        }
        if first == UInt8(ascii: "@") { path[0] = 0 } else { path.append(0) }
        return withUnsafeBytes(of: sa_family_t(AF_UNIX)) { Array($0) } + path
    }

    private static func interval(_ environment: (String) -> String?) -> Interval? {
        // It may be meant for another process, such as a shell that has started this one.
        if let process = environment("WATCHDOG_PID"), process != String(getpid()) { return nil }
        guard let text = environment("WATCHDOG_USEC"), let microseconds = UInt64(text), microseconds > 0 else {
            return nil
        }
        return .microseconds(microseconds)
    }
}
