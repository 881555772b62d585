internal import CommandLine
internal import Glibc
internal import Wire

/// The bytes of one file or of stdin, in slices of shared memory. It blocks: for the reading thread only.
struct InputReader: ~Copyable {
    /// For messages.
    let name: String
    private let descriptor: Int32
    private let isOwned: Bool
    private let slabSize: Int
    private var slab: Slab
    /// Read, and not taken.
    private var rest = Bytes()
    private var isAtEnd = false

    /// Slabs with less room than this are left.
    private static let leastRead = 4096

    /// - Parameter slabSize: bytes of memory taken at once; what is taken at once is no more.
    init(_ input: PubSettings.Input, slabSize: Int = 256 << 10) throws(InputFailure) {
        self.slabSize = slabSize
        slab = Slab(capacity: slabSize)
        switch input {
        case .standardInput:
            (name, descriptor, isOwned) = ("stdin", STDIN_FILENO, false)
        case .file(let path):
            (name, descriptor, isOwned) = (path.printable(), Glibc.open(path, O_RDONLY | O_CLOEXEC), true)
            guard descriptor >= 0 else { throw .system(path.printable(), errno) }
        }
    }

    deinit {
        if isOwned, descriptor >= 0 { close(descriptor) }
    }

    /// Bytes of a regular file that are not taken; nil: who knows.
    var remaining: Int? {
        var info = stat()
        let offset = lseek(descriptor, 0, SEEK_CUR)
        guard offset >= 0, fstat(descriptor, &info) == 0, info.st_mode & S_IFMT == S_IFREG else { return nil }
        return max(0, Int(info.st_size) - Int(offset)) + rest.count
    }

    /// The next 1 to `count` bytes; empty at the end.
    mutating func take(atMost count: Int) throws(InputFailure) -> Bytes {
        if rest.isEmpty { try fill(atMost: count) }
        let taken = rest.slice(from: 0, count: min(count, rest.count))
        rest = rest.slice(from: taken.count)
        return taken
    }

    /// The next bytes up to a newline, which is left out; without `endsLine`, the line goes on or the input has ended.
    mutating func takeLine() throws(InputFailure) -> (part: Bytes, endsLine: Bool) {
        if rest.isEmpty { try fill(atMost: .max) }
        let end = rest.withUnsafeBytes { memory -> Int? in
            guard let base = memory.baseAddress else { return nil }
            return memchr(base, 0x0A, memory.count).map { UnsafeRawPointer($0) - base }
        }
        let part = rest.slice(from: 0, count: end ?? rest.count)
        rest = rest.slice(from: part.count + (end == nil ? 0 : 1))
        return (part, end != nil)
    }

    /// Reads into `rest`, which is empty.
    private mutating func fill(atMost wanted: Int) throws(InputFailure) {
        guard !isAtEnd else { return }
        if slab.room < min(wanted, Self.leastRead) { slab = Slab(capacity: slabSize) }
        rest = try slab.fill { (memory) throws(InputFailure) in try read(into: memory) }
        if rest.isEmpty { isAtEnd = true }
    }

    private func read(into memory: UnsafeMutableRawBufferPointer) throws(InputFailure) -> Int {
        while true {
            let count = Glibc.read(descriptor, memory.baseAddress, memory.count)
            if count >= 0 { return count }
            switch errno {
            case EINTR: continue
            case EAGAIN:
                var wait = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
                poll(&wait, 1, -1)
            default: throw .system(name, errno)
            }
        }
    }
}

extension InputFailure {
    static func system(_ name: String, _ number: Int32) -> Self {
        .unusable("\(name): \(String(cString: strerror(number)))")
    }
}
