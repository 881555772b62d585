internal import Glibc

/// A system call that failed.
package struct SystemError: Error, Hashable, Sendable {
    /// The number the kernel gave, such as `EADDRINUSE`.
    package let errno: CInt
    /// The call that failed, such as "bind".
    package let call: String
    /// What it was called on, such as "[::]:4443"; empty when that says nothing.
    package let subject: String

    package init(errno: CInt, call: String, subject: String = "") {
        self.errno = errno
        self.call = call
        self.subject = subject
    }

    /// The failure of `call` that the thread's `errno` tells of.
    init(_ call: String, _ subject: @autoclosure () -> String = "") {
        // Read before `subject` is built, which may change it.
        let number = Glibc.errno
        self.init(errno: number, call: call, subject: subject())
    }

    /// Nothing listens at the other end (`ECONNREFUSED`).
    package var isConnectionRefused: Bool { errno == ECONNREFUSED }
    /// Another socket has the port (`EADDRINUSE`).
    package var isAddressInUse: Bool { errno == EADDRINUSE }
}

extension SystemError: CustomStringConvertible {
    /// In words: `bind [::]:4443: Address already in use`.
    package var description: String {
        (subject.isEmpty ? call : "\(call) \(subject)") + ": " + words
    }

    /// The kernel's words for the number alone.
    package var words: String {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { text in
            guard let start = text.baseAddress, strerror_r(errno, start, text.count) == 0 else {
                return "error \(errno)"
            }
            return String(cString: start)
        }
    }
}
