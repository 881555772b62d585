internal import Glibc

/// Reads whole files of a bounded length.
package enum FileBytes {
    /// - Parameter limit: the longest file that is read, in bytes.
    package static func read(_ file: String, limit: Int) throws(CredentialsError) -> [UInt8] {
        let fd = open(file, O_RDONLY | O_CLOEXEC)
        if fd < 0 { throw .unreadable(file: file, reason: String(cString: strerror(errno))) }
        defer { close(fd) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 16384)
        while true {
            let count = Glibc.read(fd, &chunk, chunk.count)
            if count < 0 { throw .unreadable(file: file, reason: String(cString: strerror(errno))) }
            if count == 0 { return bytes }
            bytes += chunk[..<count]
            if bytes.count > limit { throw .unreadable(file: file, reason: "longer than \(limit >> 10) KiB") }
        }
    }
}
