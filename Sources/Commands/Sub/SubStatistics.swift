internal import MoQTCodec
internal import Wire

/// Figures of what was received, for interval lines and the progress line.
struct SubStatistics {
    /// Between two lines; nil: none.
    private let interval: Interval?
    private let began: Instant
    private var since: Instant
    private var objects: UInt64 = 0
    private var bytes: UInt64 = 0
    private var allObjects: UInt64 = 0
    private var allBytes: UInt64 = 0
    private var gaps: UInt64 = 0
    /// Of each track.
    private var last: [Int: Location] = [:]

    init(_ interval: Interval?, _ now: Instant) {
        self.interval = interval
        began = now
        since = now
    }

    /// When the next ``line(_:late:)`` is due.
    var deadline: Instant? { interval.map { since + $0 } }

    /// - Parameter track: tells the tracks apart.
    mutating func count(_ object: ReceivedObject, of track: Int) {
        let size = UInt64(object.size)
        objects += 1
        bytes += size
        allObjects += 1
        allBytes += size
        let location = object.location
        if let last = last[track], location.group == last.group, location.object > last.object {
            gaps += location.object - last.object - 1
        }
        last[track] = location
    }

    /// The line for the interval that has passed; nil while it lasts.
    mutating func line(_ now: Instant, late: UInt64) -> String? {
        guard let deadline, now >= deadline else { return nil }
        let seconds = (now - since).seconds
        defer { (since, objects, bytes, gaps) = (now, 0, 0, 0) }
        let from = (since - began).seconds.rounded(toTenths: 1)
        let to = (now - began).seconds.rounded(toTenths: 1)
        let rate = (Double(bytes) * 8 / seconds / 1e6).rounded(toTenths: 2)
        return "\(from)-\(to) s: \(objects) objects, \(bytes) bytes, \(rate) Mbit/s, \(gaps) missing, \(late) late"
    }

    /// Everything so far, in a line for people.
    func progress(_ now: Instant, groups: UInt64) -> String {
        let seconds = max((now - began).seconds, 0.001)
        return "\(Int(seconds)) s, \(groups) groups, \(allObjects) objects, \(Double(allBytes).withPrefix)B, "
            + "\((Double(allBytes) * 8 / seconds).withPrefix)b/s"
    }
}

extension Double {
    /// With so many digits after the point.
    fileprivate func rounded(toTenths digits: Int) -> Double {
        var scale = 1.0
        for _ in 0..<digits { scale *= 10 }
        return (self * scale).rounded() / scale
    }
}
