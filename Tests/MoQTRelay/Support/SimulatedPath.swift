import MoQTCodec
import Wire

/// What QUIC carries from one end to the other (RFC 9000 §19). Limits and acknowledgements are absolute, so that old
/// ones that come late change nothing.
enum Frame {
    case data(StreamID, offset: Int, Bytes, fin: Bool)
    case reset(StreamID, StreamResetCode)
    case stopSending(StreamID, StreamResetCode)
    case streamLimit(StreamID, Int)
    case streamCount(StreamDirection, Int)
    /// So much of a stream has come without a gap; with `fin` all of it.
    case acknowledged(StreamID, Int, fin: Bool)
    case datagram(Bytes)
    case closed(SessionCode, String)
}

/// What a path does to packets.
struct PathConditions {
    /// Milliseconds a packet takes, whatever happens to it.
    var delay = 0
    /// Milliseconds that a packet may take longer, so that later ones overtake it.
    var jitter = 0
    /// Of a hundred packets; what they carried is sent again, but for datagrams.
    var lost = 0
    /// Of a hundred packets that come: their frames are sent again all the same, as after a lost acknowledgement.
    var duplicated = 0
    /// Milliseconds after which frames are sent again.
    var patience = 50
    /// Frames in a packet at most.
    var framesPerPacket = Int.max

    static let perfect = Self()

    static func random(_ random: inout Seeded) -> Self {
        var path = Self()
        path.delay = random.number(0...30)
        guard !random.once(in: 4) else { return path }
        path.jitter = random.number(0...40)
        path.lost = random.number(0...20)
        path.duplicated = random.number(0...20)
        path.patience = random.number(20...200)
        path.framesPerPacket = random.number(1...6)
        return path
    }
}

/// Packets on their way to one end, in the order in which they arrive.
struct Arrivals {
    private var packets: [(at: UInt64, frames: [Frame])] = []
    private var head = 0

    /// When the next one arrives, in nanoseconds; nil: none is on its way.
    var next: UInt64? { head < packets.count ? packets[head].at : nil }

    mutating func insert(_ frames: [Frame], at time: UInt64) {
        var index = packets.count
        while index > head, packets[index - 1].at > time { index -= 1 }
        packets.insert((time, frames), at: index)
    }

    mutating func pop(_ now: Instant) -> [Frame]? {
        guard head < packets.count, packets[head].at <= now.nanoseconds else { return nil }
        defer { drop() }
        return packets[head].frames
    }

    private mutating func drop() {
        packets[head].frames = []
        head += 1
        if head == packets.count { clear() }
    }

    mutating func clear() {
        packets.removeAll(keepingCapacity: true)
        head = 0
    }
}
