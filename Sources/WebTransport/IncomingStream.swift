internal import Wire

/// What a stream turned out to be, as far as that is known.
enum IncomingStream {
    /// Its type, or its first frame's, has not come.
    case untyped(PartialVarint)
    /// It belongs to a session, which has not been said yet.
    case unclaimed(PartialVarint)
    /// It belongs to a session that is not open yet.
    case held(HeldStream)
    case session(SessionID)
    case control(ControlStream)
    case encoder, decoder
    case request(RequestStream)
    /// Nothing of it matters any more; `isOwed`: its end lets the peer open another.
    case discarded(isOwed: Bool)

    /// HTTP/3 itself lets the peer open another stream when this one is closed; otherwise its session does.
    var isOwed: Bool {
        switch self {
        case .untyped, .unclaimed, .held, .request: true
        case .discarded(let isOwed): isOwed
        case .session, .control, .encoder, .decoder: false
        }
    }
}

/// A stream of a session to come, with what arrived on it.
struct HeldStream {
    var session: SessionID
    var bytes: [Bytes] = []
    var hasFin = false
    var resetCode: UInt64?
    var stopCode: UInt64?
    /// The transport has closed it.
    var isOver = false
}

/// The peer's control stream.
struct ControlStream {
    /// Of this stream's frames, the one that is being read.
    enum Frame { case settings, integer(type: UInt64), ignored }

    var frames = FrameReader()
    var frame = Frame.ignored
    /// What has come of a frame whose payload is wanted whole.
    var payload: [UInt8] = []
}

/// A stream that begins with HEADERS: CONNECT of a session, or a request for something else.
struct RequestStream {
    enum Phase: Hashable {
        /// Its HEADERS, or the final ones of the answer, have not come.
        case headers
        /// What follows in DATA frames is capsules.
        case capsules
        /// The session was closed in words: only the end may follow.
        case ending
        /// Answered, and of no further interest.
        case ignored
    }

    enum Frame { case headers, data, ignored }
    enum Capsule { case close, drain, flowControl(type: UInt64), ignored }

    var phase = Phase.headers
    var frames: FrameReader
    var frame = Frame.ignored
    /// What has come of a HEADERS frame.
    var section: [UInt8] = []
    var capsules = FrameReader()
    var capsule = Capsule.ignored
    /// What has come of a capsule whose value is wanted whole.
    var value: [UInt8] = []

    init(frames: FrameReader = FrameReader()) { self.frames = frames }
}
