internal import CommandLine
internal import Glibc
internal import Wire

/// What `moqt inspect` was given to decode.
struct InspectInput {
    /// One stream or datagram, or some messages.
    struct Unit {
        /// Number of the line of hex text that it begins in, from 1; nil for bytes.
        var line: Int?
        var bytes: Bytes
    }

    struct Failure: Error, CustomStringConvertible {
        var description: String
    }

    var units: [Unit]
    var isHex: Bool

    /// Reads the whole file.
    ///
    /// - Throws: `Failure` when it cannot be read, or holds what this build does not decode.
    init(_ settings: InspectSettings) throws(Failure) {
        let bytes = try Self.read(settings.input)
        if let what = Self.foreign(bytes), !settings.isHex {
            throw Failure(description: "\(what): not read by this build")
        }
        do {
            units = try HexText(bytes).units.map { Unit(line: $0.line, bytes: Bytes($0.bytes)) }
            isHex = true
        } catch {
            if settings.isHex { throw Failure(description: error.description) }
            units = [Unit(bytes: Bytes(bytes))]
            isHex = false
        }
    }

    private static func read(_ input: InspectSettings.Input) throws(Failure) -> [UInt8] {
        guard case .file(let path) = input else { return try read(STDIN_FILENO) }
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw Failure(description: String(cString: strerror(errno))) }
        defer { close(descriptor) }
        return try read(descriptor)
    }

    private static func read(_ descriptor: Int32) throws(Failure) -> [UInt8] {
        var result: [UInt8] = []
        var block = [UInt8](repeating: 0, count: 256 << 10)
        while true {
            let count = block.withUnsafeMutableBytes { Glibc.read(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw Failure(description: String(cString: strerror(errno))) }
            if count == 0 { return result }
            result += block[..<count]
        }
    }

    /// What kind of recording `bytes` are that holds more than one stream; nil for none that is known.
    private static func foreign(_ bytes: [UInt8]) -> String? {
        let captures: [[UInt8]] = [
            [0xD4, 0xC3, 0xB2, 0xA1], [0xA1, 0xB2, 0xC3, 0xD4], [0x4D, 0x3C, 0xB2, 0xA1], [0xA1, 0xB2, 0x3C, 0x4D],
        ]
        if captures.contains(where: { bytes.starts(with: $0) }) { return "a packet capture (pcap)" }
        if bytes.starts(with: [0x0A, 0x0D, 0x0D, 0x0A]), bytes.count >= 12,
            [[0x1A, 0x2B, 0x3C, 0x4D], [0x4D, 0x3C, 0x2B, 0x1A]].contains(Array(bytes[8..<12]))
        {
            return "a packet capture (pcapng)"
        }
        let start = bytes.drop { [0x1E, 0x20, 0x09, 0x0A, 0x0D].contains($0) }.prefix(4096)
        let text = String(decoding: start, as: UTF8.self)
        if text.hasPrefix("{"), text.contains("\"qlog_") || text.contains("params:qlog:") { return "a qlog" }
        return nil
    }
}
