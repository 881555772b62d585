internal import CAVFormat
internal import MoQTMedia
internal import Wire

/// How the packets of a stream become samples of an ISO BMFF track.
enum StreamFraming {
    case asIs
    /// NAL units in byte stream format; the sets are in the configuration and leave the stream.
    case byteStream(Set<Bytes>)
    case adts

    func sample(_ packet: Bytes) throws(WireError) -> Bytes {
        switch self {
        case .asIs: packet
        case .byteStream(let sets): AnnexB.lengthPrefixed(packet, without: sets)
        case .adts: try ADTS.payload(of: packet)
        }
    }
}

extension AVCodecParameters {
    /// The codec and framing of a stream.
    ///
    /// - Parameter first: its first packet, where the configuration is only there.
    /// - Returns: nil for a codec that has no place in CMAF.
    func codec(first: Bytes) throws(WireError) -> (Codec, StreamFraming)? {
        let extra = configuration
        switch codec_id {
        case AV_CODEC_ID_H264:
            if extra.first == 1 { return (try .avc(configuration: extra), .asIs) }
            let (codec, sets) = try Codec.avc(byteStream: extra.isEmpty ? first : Bytes(extra))
            return (codec, .byteStream(sets))
        case AV_CODEC_ID_HEVC:
            if extra.first == 1 { return (try .hevc(configuration: extra), .asIs) }
            let (codec, sets) = try Codec.hevc(byteStream: extra.isEmpty ? first : Bytes(extra))
            return (codec, .byteStream(sets))
        case AV_CODEC_ID_AAC:
            if !extra.isEmpty { return (try .aac(configuration: extra), .asIs) }
            return (try .aac(configuration: try ADTS.configuration(of: first)), .adts)
        default:
            return try plainCodec(first: first, extra: extra).map { ($0, .asIs) }
        }
    }

    private func plainCodec(first: Bytes, extra: [UInt8]) throws(WireError) -> Codec? {
        switch codec_id {
        case AV_CODEC_ID_AV1: try .av1(configuration: extra)
        case AV_CODEC_ID_VP9: try .vp9(keyFrame: first, width: Int(width), height: Int(height))
        case AV_CODEC_ID_OPUS: try .opus(header: extra)
        case AV_CODEC_ID_FLAC: try .flac(streamInfo: extra)
        case AV_CODEC_ID_AC3: try .ac3(frame: first)
        case AV_CODEC_ID_EAC3: try .eac3(frame: first, bitrate: UInt64(max(0, bit_rate)))
        case AV_CODEC_ID_MP3, AV_CODEC_ID_MP2: .mpegAudio(sampleRate: Int(sample_rate))
        case AV_CODEC_ID_MPEG4: .mpegVideo(objectType: 0x20, configuration: extra)
        case AV_CODEC_ID_MPEG2VIDEO: .mpegVideo(objectType: 0x61, configuration: extra)
        default: nil
        }
    }

    /// The container's codec configuration; empty when it has none.
    var configuration: [UInt8] {
        Array(UnsafeBufferPointer(start: extradata, count: max(0, Int(extradata_size))))
    }

    /// The codec's name, such as "vorbis".
    var codecName: String { String(cString: CAVFormat_codec_name(codec_id)) }
}
