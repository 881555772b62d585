internal import CNgtcp2

/// A QUIC connection id: 0 through 20 bytes (RFC 9000 §5.1), held inline.
package struct ConnectionID: Hashable, Sendable {
    private var low: UInt64 = 0
    private var middle: UInt64 = 0
    private var high: UInt32 = 0
    /// Length in bytes.
    package private(set) var count: UInt8 = 0

    /// Length of the ids this end issues.
    package static let issuedCount = 18

    /// Nil when `bytes` are more than 20.
    package init?(_ bytes: UnsafeRawBufferPointer) {
        guard bytes.count <= 20 else { return nil }
        count = UInt8(bytes.count)
        withUnsafeMutableBytes(of: &self) { $0.copyMemory(from: bytes) }
    }

    init(_ cid: ngtcp2_cid) {
        count = UInt8(min(cid.datalen, 20))
        withUnsafeBytes(of: cid.data) { data in
            let data = UnsafeRawBufferPointer(rebasing: data.prefix(Int(count)))
            withUnsafeMutableBytes(of: &self) { $0.copyMemory(from: data) }
        }
    }

    /// Random, but for the first byte: the event loop that owns the connection.
    static func random(loop: UInt8, count: Int = issuedCount) -> Self {
        withUnsafeTemporaryAllocation(byteCount: 20, alignment: 1) { bytes in
            fillRandom(bytes)
            bytes[0] = loop
            return Self(UnsafeRawBufferPointer(rebasing: bytes[..<min(count, 20)])) ?? Self()
        }
    }

    private init() {}

    /// The first byte, which names the loop in ids that this end issued; nil when empty.
    package var loop: UInt8? { count == 0 ? nil : UInt8(truncatingIfNeeded: low) }

    /// The bytes, in order.
    package var bytes: [UInt8] { withUnsafeBytes(of: self) { Array($0.prefix(Int(count))) } }

    var raw: ngtcp2_cid {
        var cid = ngtcp2_cid()
        cid.datalen = Int(count)
        withUnsafeBytes(of: self) { bytes in
            withUnsafeMutableBytes(of: &cid.data) { $0.copyMemory(from: .init(rebasing: bytes.prefix(Int(count)))) }
        }
        return cid
    }
}

extension ConnectionID: CustomStringConvertible {
    /// The bytes in lower-case hexadecimal.
    package var description: String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}
