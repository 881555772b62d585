internal import CNghttp3
internal import Wire

/// One header or pseudo-header field; names are in lower case.
struct Field: Hashable {
    var name: String
    var value: String

    init(_ name: String, _ value: String) {
        self.name = name
        self.value = value
    }
}

/// QPACK (RFC 9204) by nghttp3, without a dynamic table: none is offered, and a peer's is not used.
@safe
struct FieldCoder: ~Copyable {
    private let encoder: OpaquePointer
    private let decoder: OpaquePointer

    /// Bytes of a field section by the count of RFC 9114 §4.2.2: each field costs its length and 32 more.
    static let sectionLimit = 16_384

    enum Failure: Error {
        /// QPACK_DECOMPRESSION_FAILED.
        case malformed
        /// More than ``sectionLimit``.
        case tooLarge
    }

    init() {
        var encoder: OpaquePointer?
        var decoder: OpaquePointer?
        let status = nghttp3_qpack_encoder_new(&encoder, 0, nghttp3_mem_default())
        let other = nghttp3_qpack_decoder_new(&decoder, 0, 0, nghttp3_mem_default())
        // They fail for want of memory alone, which a Swift program does not survive either.
        guard status == 0, other == 0, let encoder, let decoder else { preconditionFailure("no memory for QPACK") }
        self.encoder = encoder
        self.decoder = decoder
    }

    deinit {
        nghttp3_qpack_encoder_del(encoder)
        nghttp3_qpack_decoder_del(decoder)
    }

    /// The field section of a HEADERS frame on `stream`.
    func encode(_ fields: [Field], on stream: StreamID) -> [UInt8] {
        var prefix = nghttp3_buf(), lines = nghttp3_buf(), instructions = nghttp3_buf()
        defer {
            for buffer in [prefix, lines, instructions] {
                var buffer = buffer
                nghttp3_buf_free(&buffer, nghttp3_mem_default())
            }
        }
        let text = fields.map { (Array($0.name.utf8), Array($0.value.utf8)) }
        let all = text.flatMap { $0.0 + $0.1 }
        let status = all.withUnsafeBufferPointer { all in
            var start = 0
            func lend(_ count: Int) -> UnsafePointer<UInt8>? {
                defer { start += count }
                return all.baseAddress.map { $0 + start }
            }
            let list = text.map { name, value in
                CNghttp3_nv(lend(name.count), name.count, lend(value.count), value.count)
            }
            return nghttp3_qpack_encoder_encode(
                encoder, &prefix, &lines, &instructions, Int64(bitPattern: stream.rawValue), list, list.count)
        }
        precondition(status == 0, "no memory for QPACK")
        return [prefix, lines].flatMap { buffer in
            var buffer = buffer
            return Array(UnsafeBufferPointer(start: buffer.pos, count: CNghttp3_buf_count(&buffer)))
        }
    }

    /// Reads the whole field section of a HEADERS frame on `stream`.
    func decode(_ section: [UInt8], on stream: StreamID) throws(Failure) -> [Field] {
        var context: OpaquePointer?
        let status = nghttp3_qpack_stream_context_new(
            &context, Int64(bitPattern: stream.rawValue), nghttp3_mem_default())
        guard status == 0, let context else { preconditionFailure("no memory for QPACK") }
        defer { nghttp3_qpack_stream_context_del(context) }
        var fields: [Field] = []
        var offset = 0
        var size = 0
        while true {
            var line = nghttp3_qpack_nv()
            var flags: UInt8 = 0
            let count = section.withUnsafeBufferPointer {
                nghttp3_qpack_decoder_read_request(
                    decoder, context, &line, &flags, $0.baseAddress.map { $0 + offset }, $0.count - offset, 1)
            }
            guard count >= 0, flags & UInt8(NGHTTP3_QPACK_DECODE_FLAG_BLOCKED) == 0 else { throw .malformed }
            offset += count
            if flags & UInt8(NGHTTP3_QPACK_DECODE_FLAG_FINAL) != 0 { return fields }
            guard flags & UInt8(NGHTTP3_QPACK_DECODE_FLAG_EMIT) != 0 else { throw .malformed }
            let field = Self.take(line)
            size += field.name.utf8.count + field.value.utf8.count + 32
            guard size <= Self.sectionLimit else { throw .tooLarge }
            fields.append(field)
        }
    }

    private static func take(_ line: nghttp3_qpack_nv) -> Field {
        defer {
            nghttp3_rcbuf_decref(line.name)
            nghttp3_rcbuf_decref(line.value)
        }
        return Field(text(line.name), text(line.value))
    }

    private static func text(_ buffer: OpaquePointer?) -> String {
        let vector = nghttp3_rcbuf_get_buf(buffer)
        return String(decoding: UnsafeBufferPointer(start: vector.base, count: vector.len), as: UTF8.self)
    }

    /// Instructions of the peer's encoder. Without a table there is nothing it may say but "capacity 0".
    func receivedInstructions(_ bytes: Bytes) throws(HTTP3Error) {
        let count = bytes.withUnsafeBytes { memory in
            nghttp3_qpack_decoder_read_encoder(
                decoder, memory.baseAddress?.assumingMemoryBound(to: UInt8.self), memory.count)
        }
        guard count == bytes.count else {
            throw HTTP3Error(.qpackEncoderStreamError, "an instruction for a table that is not there")
        }
    }

    /// Acknowledgements of the peer's decoder. What needs none must not be acknowledged.
    func receivedAcknowledgements(_ bytes: Bytes) throws(HTTP3Error) {
        let count = bytes.withUnsafeBytes { memory in
            nghttp3_qpack_encoder_read_decoder(
                encoder, memory.baseAddress?.assumingMemoryBound(to: UInt8.self), memory.count)
        }
        guard count == bytes.count else {
            throw HTTP3Error(.qpackDecoderStreamError, "an acknowledgement of nothing")
        }
    }
}
