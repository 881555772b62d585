import MoQTCodec
import Wire

/// What happened in a world: a hash of all of it, and the last of it in words.
final class Trace {
    private struct Entry {
        var time: UInt64
        var link: UInt64
        var receiver: EndpointRole
        var frame: Frame
    }

    private static let tail = 40
    private(set) var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    private var entries: [Entry] = []
    private var next = 0

    func note(_ frame: Frame, _ now: Instant, link: UInt64, to receiver: EndpointRole) {
        let entry = Entry(time: now.nanoseconds, link: link, receiver: receiver, frame: frame)
        if entries.count < Self.tail { entries.append(entry) } else { entries[next % Self.tail] = entry }
        next += 1
        mix(entry.time)
        mix(link << 1 | (receiver == .client ? 0 : 1))
        mix(frame)
    }

    func mix(_ value: UInt64) { hash = (hash ^ value) &* 0x0000_0100_0000_01B3 }

    private func mix(_ frame: Frame) {
        switch frame {
        case .data(let stream, let offset, let bytes, let fin):
            mix(stream.rawValue << 1 | (fin ? 1 : 0))
            mix(UInt64(offset))
            // A payload's bytes follow from its place; those of messages count.
            if bytes.count < 64 { bytes.withUnsafeBytes { for byte in $0 { mix(UInt64(byte)) } } }
            mix(UInt64(bytes.count))
        case .reset(let stream, let code): mix(stream.rawValue &* 31 &+ code.rawValue &+ 1 << 40)
        case .stopSending(let stream, _): mix(stream.rawValue &+ 1 << 41)
        case .streamLimit(let stream, let limit): mix(stream.rawValue &* 31 &+ UInt64(limit) &+ 1 << 42)
        case .streamCount(_, let count): mix(UInt64(count) &+ 1 << 43)
        case .acknowledged(let stream, let count, let fin):
            mix(stream.rawValue &* 31 &+ UInt64(count) &+ (fin ? 1 << 44 : 1 << 45))
        case .datagram(let bytes): mix(UInt64(bytes.count) &+ 1 << 46)
        case .closed: mix(1 << 47)
        }
    }

    /// The last frames that arrived, one a line.
    var text: String {
        let start = max(next - entries.count, 0)
        return (start..<next).map { describe(entries[$0 % Self.tail]) }.joined(separator: "\n")
    }

    private func describe(_ entry: Entry) -> String {
        let what =
            switch entry.frame {
            case .data(let stream, let offset, let bytes, let fin):
                "STREAM \(stream.rawValue) at \(offset), \(bytes.count) bytes\(fin ? ", FIN" : "") "
                    + bytes.slice(from: 0, count: min(24, bytes.count)).array.map { Self.hex($0) }.joined()
            case .reset(let stream, let code): "RESET_STREAM \(stream.rawValue) \(code)"
            case .stopSending(let stream, let code): "STOP_SENDING \(stream.rawValue) \(code)"
            case .streamLimit(let stream, let limit): "MAX_STREAM_DATA \(stream.rawValue) \(limit)"
            case .streamCount(let direction, let count): "MAX_STREAMS \(direction) \(count)"
            case .acknowledged(let stream, let count, let fin): "ACK \(stream.rawValue) \(count)\(fin ? ", FIN" : "")"
            case .datagram(let bytes): "DATAGRAM, \(bytes.count) bytes"
            case .closed(let code, let reason): "CONNECTION_CLOSE \(code) \(reason)"
            }
        return "\(entry.time / 1_000_000) ms, link \(entry.link) to \(entry.receiver): \(what)"
    }

    private static func hex(_ byte: UInt8) -> String {
        String(byte >> 4, radix: 16) + String(byte & 15, radix: 16)
    }
}
