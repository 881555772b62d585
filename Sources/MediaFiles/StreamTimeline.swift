internal import CAVFormat

/// The times of one stream in ticks of its track, with those that the container leaves out.
struct StreamTimeline {
    /// Ticks per second of the track.
    let timescale: UInt32
    /// Ticks per unit of the stream's time base.
    private let factor: Int64
    /// Duration of a sample where the container gives none, in ticks.
    private let usualDuration: Int64
    /// How far the first decode time lies before its presentation, in ticks.
    private let reorderDelay: Int64
    private var nextDTS: Int64?
    private var lastDuration: Int64

    /// A sample's times in ticks, on the container's own time line.
    struct Times {
        var dts: Int64
        var pts: Int64
        var duration: Int64
    }

    init(_ stream: AVStream) {
        let base = stream.time_base
        let parameters = stream.codecpar.pointee
        var scale = Int64(max(1, base.den))
        var factor = Int64(max(1, base.num))
        // A common shift of whole milliseconds must round to much less than one in every timescale.
        while scale % 1000 != 0, scale < 8000 {
            scale *= 2
            factor *= 2
        }
        timescale = UInt32(clamping: scale)
        self.factor = factor
        let rate = stream.avg_frame_rate
        let frame = rate.num > 0 && rate.den > 0 ? Double(scale) * Double(rate.den) / Double(rate.num) : 0
        reorderDelay = Int64((frame * Double(parameters.video_delay)).rounded())
        if parameters.codec_type == AVMEDIA_TYPE_AUDIO, parameters.frame_size > 0, parameters.sample_rate > 0 {
            usualDuration = Int64(parameters.frame_size) * scale / Int64(parameters.sample_rate)
        } else {
            usualDuration = Int64(frame.rounded())
        }
        lastDuration = 0
    }

    /// - Returns: nil where a time does not fit 62 bits.
    mutating func times(of packet: DemuxedPacket) -> Times? {
        guard let dts = ticks(packet.dts), let pts = ticks(packet.pts), let given = ticks(packet.duration) else {
            return nil
        }
        let duration = given ?? 0 > 0 ? given ?? 0 : lastDuration > 0 ? lastDuration : usualDuration
        let decode: Int64
        if let dts {
            decode = dts
        } else if let nextDTS {
            decode = min(nextDTS, pts ?? nextDTS)
        } else {
            decode = (pts ?? 0) - reorderDelay
        }
        nextDTS = decode + duration
        if given ?? 0 > 0 { lastDuration = duration }
        return Times(dts: decode, pts: pts ?? decode, duration: duration)
    }

    /// The outer nil says that the time does not fit, the inner that there is none.
    private func ticks(_ time: Int64?) -> Int64?? {
        guard let time else { return .some(nil) }
        let (product, overflow) = time.multipliedReportingOverflow(by: factor)
        return overflow || product.magnitude > 1 << 62 ? nil : .some(product)
    }
}
