internal import CAVFormat
internal import Wire

/// A packet as libavformat gives it, with times in the stream's time base.
struct DemuxedPacket {
    var stream: Int
    var dts: Int64?
    var pts: Int64?
    /// 0 when unknown.
    var duration: Int64
    var isKey: Bool
    /// The container broke off or was damaged inside this packet.
    var isCorrupt: Bool
    /// A codec configuration that replaces the one before.
    var newConfiguration: [UInt8]?
    var payload: Bytes
}

/// Owns one libavformat demuxer and what it reads from.
final class Demuxer {
    private let source: ByteSource
    private var io: UnsafeMutablePointer<AVIOContext>?
    private var context: UnsafeMutablePointer<AVFormatContext>?
    private var packet: UnsafeMutablePointer<AVPacket>?

    private static let ioBufferSize: Int32 = 32 << 10
    /// Media time that a pipe is examined for before its first sample is given out, in microseconds.
    private static let pipeAnalysis: Int64 = 2_000_000
    /// Loads libavformat, once for the process, and keeps it from printing to stderr. Why that failed; nil: it is there.
    private static let loadFailure: String? = {
        if let words = CAVFormat_load() { return String(cString: words) }
        CAVFormat_log_set_level(AV_LOG_QUIET)
        return nil
    }()

    init(_ source: ByteSource, name: String) throws(MediaFileError) {
        if let words = Self.loadFailure { throw MediaFileError(.unreadable, "libavformat is missing: \(words)") }
        self.source = source
        packet = CAVFormat_packet_alloc()
        context = CAVFormat_alloc_context()
        makeIO()
        guard let context, io != nil, packet != nil else { throw MediaFileError(.unreadable, "out of memory") }
        context.pointee.pb = io
        if !source.isSeekable { context.pointee.max_analyze_duration = Self.pipeAnalysis }
        // Some containers, such as AVI, give decode times only.
        context.pointee.flags |= AVFMT_FLAG_GENPTS
        CAVFormat_refuse_other_files(context)
        try open(name)
    }

    deinit {
        CAVFormat_close_input(&context)
        CAVFormat_packet_free(&packet)
        if let io { CAVFormat_freep(&io.pointee.buffer) }
        CAVFormat_io_free(&io)
    }

    private func makeIO() {
        let buffer = CAVFormat_malloc(Int(Self.ioBufferSize))?.assumingMemoryBound(to: UInt8.self)
        io = CAVFormat_io_alloc(
            buffer, Self.ioBufferSize, Unmanaged.passUnretained(source).toOpaque(),
            { opaque, buffer, size in
                guard let opaque, let buffer else { return CAVFormat_AVERROR_EOF }
                let source = Unmanaged<ByteSource>.fromOpaque(opaque).takeUnretainedValue()
                let count = source.read(into: UnsafeMutableRawBufferPointer(start: buffer, count: Int(size)))
                return count > 0 ? Int32(count) : count == 0 ? CAVFormat_AVERROR_EOF : -source.failure
            },
            source.isSeekable
                ? { opaque, offset, whence in
                    guard let opaque else { return -1 }
                    return Unmanaged<ByteSource>.fromOpaque(opaque).takeUnretainedValue().seek(
                        to: offset, whence: whence)
                } : nil)
        if !source.isSeekable { io?.pointee.seekable = 0 }
    }

    private func open(_ name: String) throws(MediaFileError) {
        // Playlists would open what they name through protocols of their own.
        var options: OpaquePointer?
        CAVFormat_dict_set(&options, "protocol_whitelist", "none")
        defer { CAVFormat_dict_free(&options) }
        // On failure this frees the context and sets the pointer to nil.
        let opened = CAVFormat_open_input(&context, name, &options)
        if source.failure != 0 { throw ByteSource.error(source.failure) }
        guard opened >= 0 else { throw MediaFileError(.notMedia, "not a media file: \(Self.words(opened))") }
        let found = CAVFormat_find_stream_info(context)
        if source.failure != 0 { throw ByteSource.error(source.failure) }
        guard found >= 0 else { throw MediaFileError(.damaged, "no stream can be read: \(Self.words(found))") }
    }

    /// libavformat's words for a return code.
    static func words(_ code: Int32) -> String {
        var text = [CChar](repeating: 0, count: 128)
        guard CAVFormat_strerror(code, &text, text.count) == 0 else { return "error \(code)" }
        return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self).lowercased()
    }

    /// The container's streams; valid as long as the demuxer.
    var streams: [UnsafeMutablePointer<AVStream>] {
        guard let context else { return [] }
        return (0..<Int(context.pointee.nb_streams)).compactMap { context.pointee.streams[$0] }
    }

    /// Whether the demuxer finds packets by an index, so that a short one means a truncated file.
    private var isIndexed: Bool {
        guard let name = context?.pointee.iformat.pointee.name else { return false }
        return String(cString: name).hasPrefix("mov")
    }

    /// Whether times may jump in this format, as in transport streams that were joined.
    var isDiscontinuous: Bool { (context?.pointee.iformat.pointee.flags ?? 0) & AVFMT_TS_DISCONT != 0 }

    /// The next packet of a stream that is not discarded; nil at the end.
    ///
    /// - Throws: what broke off or cannot be read.
    func next() throws(MediaFileError) -> DemuxedPacket? {
        guard let packet else { return nil }
        CAVFormat_packet_unref(packet)
        let code = CAVFormat_read_frame(context, packet)
        if source.failure != 0 { throw ByteSource.error(source.failure) }
        if code == CAVFormat_AVERROR_EOF {
            guard source.isWhole else { throw MediaFileError(.damaged, "truncated: it ends before its declared size") }
            return nil
        }
        guard code >= 0 else { throw MediaFileError(.damaged, "truncated or damaged: \(Self.words(code))") }
        let result = Self.copy(packet.pointee, configuration: newConfiguration(packet))
        if result.isCorrupt, isIndexed { throw MediaFileError(.damaged, "truncated: it ends inside a sample") }
        return result
    }

    private func newConfiguration(_ packet: UnsafeMutablePointer<AVPacket>) -> [UInt8]? {
        var size = 0
        guard let data = CAVFormat_packet_side_data(packet, AV_PKT_DATA_NEW_EXTRADATA, &size) else { return nil }
        return Array(UnsafeBufferPointer(start: data, count: size))
    }

    private static func copy(_ packet: AVPacket, configuration: [UInt8]?) -> DemuxedPacket {
        let none = CAVFormat_AV_NOPTS_VALUE
        return DemuxedPacket(
            stream: Int(packet.stream_index), dts: packet.dts == none ? nil : packet.dts,
            pts: packet.pts == none ? nil : packet.pts, duration: max(0, packet.duration),
            isKey: packet.flags & AV_PKT_FLAG_KEY != 0, isCorrupt: packet.flags & AV_PKT_FLAG_CORRUPT != 0,
            newConfiguration: configuration,
            payload: Bytes(copying: UnsafeRawBufferPointer(start: packet.data, count: Int(packet.size))))
    }
}
