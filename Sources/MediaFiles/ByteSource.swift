internal import CAVFormat
internal import Glibc

/// A file or pipe that libavformat reads through, with what was looked at ahead of it.
final class ByteSource {
    private var descriptor: Int32
    /// Whether the descriptor is ours to close.
    private var closes: Bool
    /// Bytes read from a pipe before the demuxer asked; served first.
    private var ahead: [UInt8] = []
    private var served = 0
    private(set) var isSeekable: Bool
    /// Bytes read from the descriptor in all, for a pipe.
    private var total: Int64 = 0
    /// Bytes that a Matroska file says it has; nil for other formats, and where the size is open.
    private lazy var declaredSize = matroskaSize(beginning)
    /// The `errno` of a read that failed; 0 when none did.
    private(set) var failure: Int32 = 0

    /// - Parameter path: nil for `descriptor`, which is not closed.
    init(path: String?, descriptor given: Int32) throws(MediaFileError) {
        closes = path != nil
        descriptor = path.map { open($0, O_RDONLY | O_CLOEXEC) } ?? given
        isSeekable = false
        guard descriptor >= 0 else { throw Self.error(errno) }
        var status = stat()
        if fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFDIR { throw Self.error(EISDIR) }
        isSeekable = status.st_mode & S_IFMT == S_IFREG && lseek(descriptor, 0, SEEK_CUR) >= 0
    }

    deinit { if closes, descriptor >= 0 { close(descriptor) } }

    static func error(_ number: Int32) -> MediaFileError {
        MediaFileError(.unreadable, String(cString: strerror(number)).lowercased())
    }

    /// Reads what there is, at least one byte; 0 at the end, -1 when it failed.
    func read(into buffer: UnsafeMutableRawBufferPointer) -> Int {
        if served < ahead.count {
            let count = min(buffer.count, ahead.count - served)
            ahead.withUnsafeBytes {
                buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[served..<served + count]))
            }
            served += count
            if served == ahead.count { (ahead, served) = ([], 0) }
            return count
        }
        return readDescriptor(into: buffer)
    }

    private func readDescriptor(into buffer: UnsafeMutableRawBufferPointer) -> Int {
        while true {
            let count = Glibc.read(descriptor, buffer.baseAddress, buffer.count)
            if count < 0, errno == EINTR { continue }
            if count < 0 { failure = errno }
            total += Int64(max(0, count))
            return count
        }
    }

    func seek(to offset: Int64, whence: Int32) -> Int64 {
        if whence & CAVFormat_AVSEEK_SIZE != 0 {
            var status = stat()
            return fstat(descriptor, &status) == 0 ? Int64(status.st_size) : -1
        }
        return Int64(lseek(descriptor, off_t(offset), whence & 3))
    }

    /// The first `count` bytes of a pipe, or fewer at its end; they will be served again.
    func peek(_ count: Int) -> ArraySlice<UInt8> {
        while ahead.count < count {
            var chunk = [UInt8](repeating: 0, count: count - ahead.count)
            let read = chunk.withUnsafeMutableBytes { readDescriptor(into: $0) }
            guard read > 0 else { break }
            ahead += chunk[..<read]
        }
        return ahead.prefix(count)
    }

    /// Forgets the first `count` bytes that were looked at.
    func discard(_ count: Int) { served += count }

    private var beginning: [UInt8] {
        guard isSeekable else { return Array(peek(256)) }
        var bytes = [UInt8](repeating: 0, count: 256)
        let count = bytes.withUnsafeMutableBytes { pread(descriptor, $0.baseAddress, $0.count, 0) }
        return Array(bytes[..<max(0, count)])
    }

    /// Looks at what the container declares about itself; before anything is read.
    func examine() { _ = declaredSize }

    /// Whether as much was there, at the end, as the container declares.
    var isWhole: Bool {
        guard let declaredSize else { return true }
        return (isSeekable ? seek(to: 0, whence: CAVFormat_AVSEEK_SIZE) : total) >= declaredSize
    }

    /// Reads the rest of a pipe into an unlinked temporary file and goes on with that.
    func spool() throws(MediaFileError) {
        let folder = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
        var name = Array((folder + "/moqt-XXXXXX").utf8CString)
        let file = mkstemp(&name)
        guard file >= 0 else {
            throw MediaFileError(.unreadable, "no temporary file in \(folder): \(Self.error(errno).message)")
        }
        unlink(name)
        _ = fcntl(file, F_SETFD, FD_CLOEXEC)
        do throws(MediaFileError) {
            try copy(to: file)
        } catch {
            close(file)
            throw error
        }
        lseek(file, 0, SEEK_SET)
        if closes { close(descriptor) }
        (descriptor, closes) = (file, true)
        isSeekable = true
    }

    private func copy(to file: Int32) throws(MediaFileError) {
        var chunk = [UInt8](repeating: 0, count: 1 << 18)
        while true {
            let count = chunk.withUnsafeMutableBytes { read(into: $0) }
            if count == 0 { return }
            guard count > 0 else { throw Self.error(failure) }
            var written = 0
            while written < count {
                let more = chunk[written..<count].withUnsafeBytes { write(file, $0.baseAddress, $0.count) }
                if more < 0, errno == EINTR { continue }
                guard more > 0 else {
                    throw MediaFileError(.unreadable, "the temporary copy failed: \(Self.error(errno).message)")
                }
                written += more
            }
        }
    }
}

extension ByteSource {
    /// Most bytes of boxes before `moov` and `mdat` that are looked through.
    private static let scanLimit = 1 << 20

    /// The first of `moov`, `moof` and `mdat` in a pipe that carries an MP4.
    private func firstMajorBox() -> (type: String, start: Int, size: Int)? {
        let first: Set<String> = ["ftyp", "styp", "moov", "mdat", "free", "skip", "wide", "pnot"]
        var offset = 0
        while offset <= Self.scanLimit {
            let header = peek(offset + 8).dropFirst(offset)
            guard header.count == 8 else { return nil }
            let type = String(decoding: header.dropFirst(4), as: UTF8.self)
            if offset == 0, !first.contains(type) { return nil }
            let size = header.prefix(4).reduce(0) { $0 << 8 | Int($1) }
            if ["moov", "moof", "mdat"].contains(type) { return (type, offset, size) }
            guard size >= 8 else { return nil }
            offset += size
        }
        return nil
    }

    /// Whether a pipe carries an MP4 whose samples come before their index, so that it must be read twice.
    func hasIndexBehindSamples() -> Bool { firstMajorBox()?.type == "mdat" }

    /// Where the `moov` at the beginning of a pipe lies; nil when there is none, or one longer than `limit`.
    func movieHeader(limit: Int) -> Range<Int>? {
        guard let box = firstMajorBox(), box.type == "moov", (8...limit).contains(box.size) else { return nil }
        let range = box.start..<box.start + box.size
        return peek(range.upperBound).count == range.upperBound ? range : nil
    }
}

/// The size of a Matroska file (RFC 9559 §4.5) by the sizes of its header and segment.
private func matroskaSize(_ bytes: [UInt8]) -> Int64? {
    guard bytes.starts(with: [0x1A, 0x45, 0xDF, 0xA3]), let header = elementSize(bytes, at: 4) else { return nil }
    let segment = header.end + Int(clamping: header.size)
    guard segment < bytes.count - 4, bytes[segment...].starts(with: [0x18, 0x53, 0x80, 0x67]),
        let body = elementSize(bytes, at: segment + 4)
    else { return nil }
    return Int64(body.end).addingReportingOverflow(body.size).partialValue
}

/// An EBML size (RFC 8794 §6) and where it ends; nil when it is open or does not fit.
private func elementSize(_ bytes: [UInt8], at offset: Int) -> (size: Int64, end: Int)? {
    guard offset < bytes.count, bytes[offset] != 0 else { return nil }
    let length = bytes[offset].leadingZeroBitCount + 1
    guard offset + length <= bytes.count else { return nil }
    let first = Int64(bytes[offset]) & (1 << (8 - Int64(length)) - 1)
    let size = bytes[offset + 1..<offset + length].reduce(first) { $0 << 8 | Int64($1) }
    let isOpen = size == 1 << (7 * Int64(length)) - 1
    return isOpen ? nil : (size, offset + length)
}
