internal import Glibc
package import Wire

/// What this process takes of the machine.
package struct ProcessUsage: Sendable {
    /// User and system time so far.
    package let processor: Interval
    /// Bytes of its memory that are in RAM.
    package let residentBytes: UInt64
    /// File descriptors that are open.
    package let descriptors: Int
    /// When it began, in seconds of Unix time.
    package let started: Double

    /// Reads `/proc`; nil where there is none.
    package init?() {
        guard let memory = Self.words("/proc/self/statm"), memory.count > 1, let pages = UInt64(memory[1]),
            let started = Self.startTime(), let descriptors = Self.descriptorCount()
        else { return nil }
        residentBytes = pages * UInt64(sysconf(CInt(_SC_PAGESIZE)))
        self.started = started
        self.descriptors = descriptors
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        processor = Interval(nanoseconds: UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec))
    }

    private static func startTime() -> Double? {
        // The name of the program, in parentheses, may hold spaces.
        guard let fields = words("/proc/self/stat", after: UInt8(ascii: ")")), fields.count > 19,
            let ticks = Double(fields[19])
        else { return nil }
        let sinceBoot = ticks / Double(sysconf(CInt(_SC_CLK_TCK)))
        return seconds(CLOCK_REALTIME) - seconds(CLOCK_BOOTTIME) + sinceBoot
    }

    private static func seconds(_ clock: clockid_t) -> Double {
        var time = timespec()
        clock_gettime(clock, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    private static func descriptorCount() -> Int? {
        guard let folder = opendir("/proc/self/fd") else { return nil }
        defer { closedir(folder) }
        var count = 0
        while readdir(folder) != nil { count += 1 }
        // Neither `.`, nor `..`, nor the folder itself.
        return count - 3
    }

    /// Words of a short file, those after the last `mark` if there is one.
    private static func words(_ path: String, after mark: UInt8? = nil) -> [Substring]? {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { close(file) }
        var bytes = [UInt8](repeating: 0, count: 4096)
        let count = read(file, &bytes, bytes.count)
        guard count > 0 else { return nil }
        var text = bytes[..<count]
        if let mark, let place = text.lastIndex(of: mark) { text = text[(place + 1)...] }
        return String(decoding: text, as: UTF8.self).split { $0 == " " || $0 == "\n" }
    }
}
