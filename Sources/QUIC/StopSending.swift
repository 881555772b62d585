internal import CNgtcp2
internal import Glibc

/// A STOP_SENDING frame (RFC 9000 §19.5).
struct StopSending {
    var stream: UInt64
    var code: UInt64
}

/// Decrypts as the crypto helper does, and notes STOP_SENDING frames.
///
/// ngtcp2 obeys such a frame but tells nobody, and a sender that has nothing to say would not learn that it need not
/// go on. The callback is not told the connection: the reading thread's current one is meant.
let scanningDecrypt: ngtcp2_decrypt = { out, aead, context, text, count, nonce, nonceCount, header, headerCount in
    let status = ngtcp2_crypto_decrypt_cb(
        out, aead, context, text, count, nonce, nonceCount, header, headerCount)
    // Long headers carry no such frame. 16: the AEAD's tag.
    guard status == 0, let out, let header, headerCount > 0, header[0] & 0x80 == 0, count >= 16 else { return status }
    if let user = pthread_getspecific(ReadingConnection.key) {
        scan(UnsafeRawBufferPointer(start: out, count: count - 16)) { Connection.of(user).stops.append($0) }
    }
    return status
}

/// The connection that this thread is reading packets for.
enum ReadingConnection {
    fileprivate static let key: pthread_key_t = {
        var key = pthread_key_t()
        let status = pthread_key_create(&key, nil)
        precondition(status == 0, "no thread-specific key left")
        return key
    }()

    static func set(_ connection: Connection?) {
        pthread_setspecific(key, connection.map { UnsafeRawPointer(Unmanaged.passUnretained($0).toOpaque()) })
    }
}

/// Finds STOP_SENDING among a packet's frames (RFC 9000 §19); stops at the first that it cannot skip.
private func scan(_ bytes: UnsafeRawBufferPointer, found: (StopSending) -> Void) {
    var frames = FrameReader(bytes)
    while let type = frames.varint() {
        switch type {
        case 0x00, 0x01, 0x1E: continue
        case 0x02, 0x03: frames.skipAcknowledgement(withECN: type == 0x03)
        case 0x05:
            guard let stream = frames.varint(), let code = frames.varint() else { return }
            found(StopSending(stream: stream, code: code))
        case 0x04: frames.skipVarints(3)
        case 0x11, 0x15: frames.skipVarints(2)
        case 0x10, 0x12, 0x13, 0x14, 0x16, 0x17, 0x19: frames.skipVarints(1)
        case 0x06:
            frames.skipVarints(1)
            frames.skipCounted()
        case 0x07, 0x31: frames.skipCounted()
        case 0x08...0x0F:
            frames.skipVarints(type & 0x04 == 0 ? 1 : 2)
            guard type & 0x02 != 0 else { return }
            frames.skipCounted()
        case 0x18: frames.skipNewConnectionID()
        case 0x1A, 0x1B: frames.skip(8)
        default: return
        }
    }
}

/// Walks over frames; past the end, everything reads as nothing.
private struct FrameReader {
    private let bytes: UnsafeRawBufferPointer
    private var offset = 0

    init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    mutating func varint() -> UInt64? {
        guard offset < bytes.count else { return nil }
        let first = bytes[offset], length = 1 << Int(first >> 6)
        guard length <= bytes.count - offset else {
            offset = bytes.count
            return nil
        }
        var value = UInt64(first & 0x3F)
        for index in 1..<max(length, 1) where index < length { value = value << 8 | UInt64(bytes[offset + index]) }
        offset += length
        return value
    }

    mutating func skip(_ count: UInt64) {
        offset = count < UInt64(bytes.count - offset) ? offset + Int(count) : bytes.count
    }

    mutating func skipVarints(_ count: Int) { for _ in 0..<count { _ = varint() } }

    mutating func skipCounted() { skip(varint() ?? 0) }

    mutating func skipAcknowledgement(withECN: Bool) {
        skipVarints(2)
        var ranges = varint() ?? 0
        skipVarints(1)
        while ranges > 0, varint() != nil, varint() != nil { ranges -= 1 }
        if withECN { skipVarints(3) }
    }

    mutating func skipNewConnectionID() {
        skipVarints(2)
        let length = offset < bytes.count ? UInt64(bytes[offset]) : 0
        skip(1 + length + 16)
    }
}
