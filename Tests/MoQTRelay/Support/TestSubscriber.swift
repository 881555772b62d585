@testable import MoQTRelay
import MoQTCodec
import MoQTSession
import Testing
import Wire

/// A subscriber connected to the relay, which checks every payload.
final class TestSubscriber {
    struct Stream {
        var header: SubgroupHeader
        var objects: [UInt64] = []
        var end: StreamEnd?
    }

    let world: World
    let link: SimulatedLink
    var peer: Peer { link.near.peer }
    /// On which tracks are accepted that are published to it.
    var terms = Parameters()
    /// It reads, and gives credit.
    var reads = true
    /// Holds every event to what a session promises of them.
    var ledger: Ledger
    private var owed: [(StreamID, Int)] = []
    private var owedStreams = 0
    var events: [SessionEvent] = []
    /// Whole objects, in the order in which they were complete.
    var objects: [Location] = []
    var streams: [StreamID: Stream] = [:]
    var order: [StreamID] = []
    var bytes = 0
    /// Data streams that have not ended, oldest first.
    var openStreams: [StreamID] { ledger.openStreams }
    private var current: [StreamID: (Location, length: UInt64, payload: [UInt8])] = [:]
    var fetched: [Location] = []
    /// Of payload on fetch streams.
    private(set) var fetchedBytes = 0
    var gaps: [FetchGap] = []
    var fetchEnd: StreamEnd?
    private var fetchStreams: [StreamID: RequestID] = [:]
    /// Requests whose fetch stream ended with FIN.
    private(set) var fetchedWhole: Set<RequestID> = []

    init(_ world: World, _ link: SimulatedLink) {
        self.world = world
        self.link = link
        ledger = Ledger(of: link.near.peer)
        link.near.handle = { [unowned self] in handle($0) }
    }

    @discardableResult
    func subscribe(_ name: FullTrackName, _ adjust: (inout Parameters) -> Void = { _ in }) -> RequestID? {
        var parameters = Parameters()
        adjust(&parameters)
        do { return try peer.session.subscribe(name, parameters) } catch {
            Issue.record("\(error)")
            return nil
        }
    }

    func resumeReading() {
        reads = true
        for (stream, count) in owed { peer.credit(stream, count) }
        for _ in 0..<owedStreams { peer.finishedStream() }
        (owed, owedStreams) = ([], 0)
    }

    private func credit(_ stream: StreamID, _ count: Int) {
        if reads { peer.credit(stream, count) } else { owed.append((stream, count)) }
    }

    private func ended() {
        if reads { peer.finishedStream() } else { owedStreams += 1 }
    }

    private func handle(_ event: SessionEvent) {
        ledger.note(event)
        switch event {
        case .subgroupOpened(let stream, _, let header, let count):
            streams[stream] = Stream(header: header)
            order.append(stream)
            credit(stream, count)
        case .object(let stream, let object, let count):
            let group = streams[stream]?.header.group ?? 0
            current[stream] = (Location(group: group, object: object.id), object.payloadLength, [])
            credit(stream, count)
            finishIfWhole(stream)
        case .payload(let stream, let payload):
            current[stream]?.payload += payload.array
            bytes += payload.count
            if fetchStreams[stream] != nil { fetchedBytes += payload.count }
            credit(stream, payload.count)
            finishIfWhole(stream)
        case .subgroupEnded(let stream, let end, _):
            streams[stream]?.end = end
            current[stream] = nil
            ended()
        case .fetchObject(let stream, let object, let count):
            current[stream] = (object.location, object.payloadLength, [])
            credit(stream, count)
            finishIfWhole(stream)
        case .fetchGap(let stream, let gap, let count):
            gaps.append(gap)
            credit(stream, count)
        case .fetchOpened(let stream, let id, let count):
            fetchStreams[stream] = id
            credit(stream, count)
        case .datagramObject(_, let object):
            guard case .payload(let bytes) = object.content else { break }
            if !isSame(payload(object.location.group, object.location.object, bytes.count), bytes.array) {
                ledger.complain("the payload of \(object.location) is not what was published")
            }
        case .fetchEnded(let stream, let end, _):
            fetchEnd = end
            if end == .fin, let id = fetchStreams[stream] { fetchedWhole.insert(id) }
            ended()
        case .publish(let offer):
            try? peer.session.acceptPublish(offer.requestID, parameters: terms)
            events.append(event)
        case .closed:
            peer.close()
            events.append(event)
        default: events.append(event)
        }
    }

    private func finishIfWhole(_ stream: StreamID) {
        guard let object = current[stream], UInt64(object.payload.count) == object.length else { return }
        if !isSame(payload(object.0.group, object.0.object, object.payload.count), object.payload) {
            ledger.complain("the payload of \(object.0) is not what was published")
        }
        current[stream] = nil
        if streams[stream] != nil {
            streams[stream]?.objects.append(object.0.object)
            objects.append(object.0)
        } else {
            fetched.append(object.0)
        }
    }

    var accepted: SubscribeOK? {
        for case .subscribeAccepted(_, let answer) in events { return answer }
        return nil
    }

    var rejection: RequestErrorCode? {
        for case .rejected(_, let error) in events { return error.code }
        return nil
    }

    var done: PublishDone? {
        for case .publishDone(_, let done) in events.reversed() { return done }
        return nil
    }
}
