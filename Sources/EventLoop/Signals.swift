internal import CLinux
internal import Glibc

/// A signal the process answers to.
package enum Signal: CInt, CaseIterable, Sendable {
    /// `SIGHUP`: read the configuration again.
    case hangup = 1
    /// `SIGINT`: Ctrl-C.
    case interrupt = 2
    /// `SIGTERM`: end in order.
    case terminate = 15
}

/// Signals as events of a loop, through a signalfd.
package final class Signals {
    private let loop: EventLoop
    private let fd: CInt
    private var registration: Registration?

    /// Blocks every ``Signal`` and ignores `SIGPIPE`, for the calling thread and all threads it starts later. Call it
    /// first thing in `main`: a thread that exists already would take the signals the default way.
    package static func block() {
        var set = mask
        pthread_sigmask(SIG_BLOCK, &set, nil)
        signal(SIGPIPE, SIG_IGN)
    }

    /// Calls `handler` in `loop` for each signal until ``cancel()``; calls ``block()`` too.
    package init(_ loop: EventLoop, _ handler: @escaping (Signal) -> Void) throws(SystemError) {
        Self.block()
        self.loop = loop
        var set = Self.mask
        fd = signalfd(-1, &set, CInt(SFD_CLOEXEC | SFD_NONBLOCK))
        if fd < 0 { throw SystemError("signalfd") }
        registration = try loop.register(fd, .readable) { [fd] _ in
            while let signal = Self.next(fd) { handler(signal) }
        }
    }

    deinit {
        cancel()
        close(fd)
    }

    /// Stops watching. The signals stay blocked.
    package func cancel() {
        if let registration { loop.cancel(registration) }
        registration = nil
    }

    private static var mask: sigset_t {
        var set = sigset_t()
        sigemptyset(&set)
        for signal in Signal.allCases { sigaddset(&set, signal.rawValue) }
        return set
    }

    private static func next(_ fd: CInt) -> Signal? {
        var info = signalfd_siginfo()
        let size = MemoryLayout<signalfd_siginfo>.size
        guard read(fd, &info, size) == size else { return nil }
        return Signal(rawValue: CInt(info.ssi_signo))
    }
}
