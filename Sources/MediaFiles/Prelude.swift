internal import CAVFormat
internal import MoQTMedia
internal import Wire

/// The beginning of a container, read far enough to describe every stream.
struct Prelude {
    private(set) var tracks: [MediaTrack] = []
    private(set) var streams: [ContainerSource.Stream?] = []
    private(set) var notes: [String] = []
    private(set) var packets: [DemuxedPacket] = []
    /// What ended the reading, if that was an error.
    private(set) var failure: MediaFileError?

    /// A stream without a packet within so much of the others is left out.
    private static let packetLimit = 4096
    private static let byteLimit = 16 << 20
    private static let timeLimit = 3.0

    init(_ demuxer: Demuxer) throws(MediaFileError) {
        let all = demuxer.streams
        var waiting: Set<Int> = []
        for (index, stream) in all.enumerated() {
            if isWanted(stream.pointee, number: index) {
                waiting.insert(index)
            } else {
                stream.pointee.discard = AVDISCARD_ALL
            }
        }
        if waiting.isEmpty { return }
        let firsts = readFirst(of: waiting, demuxer, bases: all.map { $0.pointee.time_base })
        if packets.isEmpty, let failure { throw failure }
        for (index, stream) in all.enumerated() {
            streams.append(nil)
            guard waiting.contains(index) else { continue }
            if let first = firsts[index] {
                describe(stream.pointee, number: index, first: first)
            } else {
                notes.append("stream \(index) (\(stream.pointee.codecpar.pointee.codecName)) has no packets: left out")
            }
            if streams[index] == nil { stream.pointee.discard = AVDISCARD_ALL }
        }
    }

    private mutating func isWanted(_ stream: AVStream, number: Int) -> Bool {
        let parameters = stream.codecpar.pointee
        let isPicture = stream.disposition & AV_DISPOSITION_ATTACHED_PIC != 0
        switch parameters.codec_type {
        case AVMEDIA_TYPE_VIDEO where !isPicture, AVMEDIA_TYPE_AUDIO: return true
        default:
            let kind = CAVFormat_media_type(parameters.codec_type).map { String(cString: $0) } ?? "data"
            notes.append(
                "stream \(number) (\(isPicture ? "cover picture" : kind)) is neither audio nor video: left out")
            return false
        }
    }

    /// Reads until every stream had a packet, or the limits are reached.
    private mutating func readFirst(of wanted: Set<Int>, _ demuxer: Demuxer, bases: [AVRational]) -> [Int: Bytes] {
        var firsts: [Int: Bytes] = [:]
        var bytes = 0
        var start: Double?
        do {
            while firsts.count < wanted.count, packets.count < Self.packetLimit, bytes < Self.byteLimit,
                let packet = try demuxer.next()
            {
                guard wanted.contains(packet.stream) else { continue }
                if firsts[packet.stream] == nil { firsts[packet.stream] = packet.payload }
                packets.append(packet)
                bytes += packet.payload.count
                guard let time = packet.dts ?? packet.pts else { continue }
                let seconds = Double(time) * av_q2d(bases[packet.stream])
                start = min(start ?? seconds, seconds)
                if let start, seconds - start > Self.timeLimit { break }
            }
        } catch {
            failure = error
        }
        return firsts
    }

    private func name(_ type: AVMediaType) -> String {
        let kind: MediaTrack.Kind = type == AVMEDIA_TYPE_VIDEO ? .video : .audio
        return "\(kind)\(tracks.count { $0.kind == kind })"
    }

    private mutating func describe(_ stream: AVStream, number: Int, first: Bytes) {
        let parameters = stream.codecpar.pointee
        do {
            guard let (codec, framing) = try parameters.codec(first: first) else {
                notes.append("stream \(number) (\(parameters.codecName)) has no form in CMAF: left out")
                return
            }
            let timeline = StreamTimeline(stream)
            streams[number] = ContainerSource.Stream(
                track: tracks.count, timeline: timeline, framing: framing, configuration: parameters.configuration)
            tracks.append(
                Self.track(stream, name: name(parameters.codec_type), codec: codec, timescale: timeline.timescale))
        } catch {
            notes.append("stream \(number) (\(parameters.codecName)) cannot be described: \(error): left out")
        }
    }

    private static func track(_ stream: AVStream, name: String, codec: Codec, timescale: UInt32) -> MediaTrack {
        let parameters = stream.codecpar.pointee
        let isVideo = parameters.codec_type == AVMEDIA_TYPE_VIDEO
        var track = MediaTrack(kind: isVideo ? .video : .audio, name: name, codec: codec, timescale: timescale)
        track.bitrate = parameters.bit_rate > 0 ? UInt64(parameters.bit_rate) : nil
        if let entry = CAVFormat_dict_get(stream.metadata, "language"), let value = entry.pointee.value {
            let language = String(cString: value)
            track.language = language == "und" ? nil : language
        }
        if isVideo {
            describePicture(stream, &track)
        } else {
            track.sampleRate = Int(parameters.sample_rate)
            track.channels = Int(parameters.ch_layout.nb_channels)
        }
        return track
    }

    private static func describePicture(_ stream: AVStream, _ track: inout MediaTrack) {
        let parameters = stream.codecpar.pointee
        track.width = Int(parameters.width)
        track.height = Int(parameters.height)
        let rate = stream.avg_frame_rate
        if rate.num > 0, rate.den > 0 { track.framerate = (av_q2d(rate) * 1000).rounded() / 1000 }
        let given = stream.sample_aspect_ratio
        let aspect = given.num > 0 ? given : parameters.sample_aspect_ratio
        track.codec.addPixelAspect(width: Int(aspect.num), height: Int(aspect.den))
        track.matrix = withUnsafePointer(to: stream) { CAVFormat_display_matrix($0) }.map { values in
            (0..<9).map { UInt32(bitPattern: values[$0]) }
        }
    }
}
