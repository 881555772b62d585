internal import MoQTCodec
internal import MoQTRelay
internal import MoQTSession
internal import Wire

/// The objects that have come over one session, whole, by the request that they came for.
struct InteropReception {
    private(set) var objects: [RequestID: [Location: [UInt8]]] = [:]
    /// The first object of each request that came in a datagram.
    private(set) var datagrams: [RequestID: (Location, [UInt8])] = [:]
    private var streams: [StreamID: Stream] = [:]

    private struct Stream {
        var request: RequestID
        var group: UInt64 = 0
        var current: (location: Location, length: UInt64)?
        var payload: [UInt8] = []
    }

    /// - Returns: whether the event is one of data, for which the publisher now has credit.
    mutating func take(_ event: SessionEvent, _ peer: Peer) -> Bool {
        switch event {
        case .subgroupOpened(let id, let request, let header, let byteCount):
            streams[id] = Stream(request: request, group: header.group)
            peer.credit(id, byteCount)
        case .fetchOpened(let id, let request, let byteCount):
            streams[id] = Stream(request: request)
            peer.credit(id, byteCount)
        case .object(let id, let object, let byteCount):
            begin(id, Location(group: streams[id]?.group ?? 0, object: object.id), object.payloadLength)
            peer.credit(id, byteCount)
        case .fetchObject(let id, let object, let byteCount):
            begin(id, object.location, object.payloadLength)
            peer.credit(id, byteCount)
        case .payload(let id, let bytes):
            streams[id]?.payload += bytes.array
            finishIfWhole(id)
            peer.credit(id, bytes.count)
        case .fetchGap(let id, _, let byteCount): peer.credit(id, byteCount)
        case .subgroupEnded(let id, _, _), .fetchEnded(let id, _, _):
            streams[id] = nil
            peer.finishedStream()
        case .datagramObject(let request, let datagram):
            guard case .payload(let bytes) = datagram.content, datagrams[request] == nil else { return true }
            datagrams[request] = (datagram.location, bytes.array)
        default: return false
        }
        return true
    }

    private mutating func begin(_ id: StreamID, _ location: Location, _ length: UInt64) {
        streams[id]?.current = (location, length)
        streams[id]?.payload = []
        finishIfWhole(id)
    }

    private mutating func finishIfWhole(_ id: StreamID) {
        guard let stream = streams[id], let (location, length) = stream.current, UInt64(stream.payload.count) == length
        else { return }
        objects[stream.request, default: [:]][location] = stream.payload
        streams[id]?.current = nil
    }
}
