@testable import MoQTRelay
@testable import MoQTSession
import MoQTCodec
import Testing
import Wire

/// What a session has told its application, held to what ``SessionEvent`` promises: an object comes once, in order
/// within its subgroup, and before its request has ended; a request ends once.
struct Ledger {
    /// A stream that is being read.
    private struct Reader {
        let request: RequestID
        /// Of a subgroup; nil for a fetch.
        var group: UInt64?
        var descends = false
        /// The object begun last, and what is missing of it.
        var last: Location?
        var missing: UInt64 = 0
    }

    private let peer: Peer
    private var readers: [StreamID: Reader] = [:]
    /// Requests that end with their data stream.
    private var fetches: Set<RequestID> = []
    /// Fetches whose groups come last first; of those that are over at once the session cannot tell any more.
    var descending: Set<RequestID> = []
    /// Whole objects that came for each request.
    private(set) var objects: [RequestID: Set<Location>] = [:]
    /// What a fetch or fill said that it does not have.
    private(set) var gaps: [RequestID: [ClosedRange<Location>]] = [:]
    private(set) var ended: Set<RequestID> = []
    private(set) var isClosed = false
    /// Where complaints go instead of becoming issues at once.
    var complain: (String) -> Void = { Issue.record("\($0)") }

    init(of peer: Peer) { self.peer = peer }

    mutating func note(_ event: SessionEvent) {
        if isClosed { complain("\(event) after the end of the session") }
        switch event {
        case .closed: isClosed = true
        case .rejected(let id, _), .requestCancelled(let id, _), .publishDone(let id, _), .malformedTrack(let id, _):
            end(id)
        case .subgroupOpened(let stream, let id, let header, _):
            open(stream, Reader(request: id, group: header.group))
        case .fetchOpened(let stream, let id, _):
            let request = peer.session.requests[id].flatMap { $0.kind == .fetch ? $0 : nil }
            if request != nil { fetches.insert(id) }
            let descends = descending.contains(id) || request?.parameters.groupOrder == .descending
            open(stream, Reader(request: id, descends: descends))
        case .object(let stream, let object, _):
            began(Location(group: readers[stream]?.group ?? 0, object: object.id), object.payloadLength, on: stream)
        case .fetchObject(let stream, let object, _): began(object.location, object.payloadLength, on: stream)
        case .payload(let stream, let payload): took(UInt64(payload.count), on: stream)
        case .fetchGap(let stream, let gap, _): skipped(gap, on: stream)
        case .datagramObject(let id, let object):
            checkLive(id)
            insert(object.location, of: id)
        case .subgroupEnded(let stream, _, _): close(stream)
        case .fetchAccepted(let id, _): fetches.insert(id)
        case .fetchEnded(let stream, _, _):
            if let id = readers[stream]?.request, fetches.contains(id) { end(id) }
            close(stream)
        default: break
        }
    }

    private mutating func end(_ id: RequestID) {
        if !ended.insert(id).inserted { complain("\(id) ends twice") }
    }

    private mutating func open(_ stream: StreamID, _ reader: Reader) {
        checkLive(reader.request)
        if readers.updateValue(reader, forKey: stream) != nil { complain("stream \(stream.rawValue) is opened twice") }
    }

    private mutating func close(_ stream: StreamID) {
        if readers.removeValue(forKey: stream) == nil { complain("stream \(stream.rawValue) ends twice") }
    }

    private func checkLive(_ id: RequestID) {
        if ended.contains(id) { complain("data of \(id), which has ended") }
    }

    private mutating func began(_ place: Location, _ length: UInt64, on stream: StreamID) {
        guard let reader = readers[stream] else { return complain("an object on a stream that is not open") }
        if let last = reader.last {
            let goesBack = reader.descends && place.group != last.group
            if goesBack ? place > last : place <= last { complain("\(place) follows \(last)") }
        }
        if reader.missing > 0 { complain("\(place) follows a part of an object") }
        readers[stream]?.last = place
        readers[stream]?.missing = length
        took(0, on: stream)
        if length == 0 { insert(place, of: reader.request) }
    }

    private mutating func took(_ count: UInt64, on stream: StreamID) {
        guard let reader = readers[stream] else { return complain("data on a stream that is not open") }
        checkLive(reader.request)
        guard count > 0 else { return }
        guard let last = reader.last, count <= reader.missing else { return complain("more payload than was said") }
        readers[stream]?.missing -= count
        if count == reader.missing { insert(last, of: reader.request) }
    }

    private mutating func skipped(_ gap: FetchGap, on stream: StreamID) {
        took(0, on: stream)
        guard let reader = readers[stream] else { return }
        if let last = reader.last, gap.end <= last { return complain("a gap to \(gap.end) follows \(last)") }
        gaps[reader.request, default: []].append((reader.last.map(\.next) ?? .zero)...gap.end)
        readers[stream]?.last = gap.end
    }

    private mutating func insert(_ place: Location, of id: RequestID) {
        if !objects[id, default: []].insert(place).inserted { complain("\(place) comes twice for \(id)") }
    }

    var openStreams: [StreamID] { readers.keys.sorted() }

    /// Whether `place` came for a request, or was said not to be had.
    func accounts(for place: Location, of id: RequestID) -> Bool {
        objects[id]?.contains(place) == true || gaps[id]?.contains { $0.contains(place) } == true
    }
}
