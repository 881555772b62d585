import MoQTCodec
import Testing
import Wire

/// The drafts whose data plane is tested.
let drafts = Array(14...22)

/// The profile of a draft.
func data(_ draft: Int) -> Profile { Profile.all[22 - draft] }

/// An event of either kind of stream.
enum DataEvent: Hashable, Sendable {
    case subgroup(SubgroupHeader)
    case fetch(RequestID)
    case subgroupObject(SubgroupObject)
    case fetchObject(FetchObject)
    case gap(FetchGap)
    case payload([UInt8])
    case objectEnd
}

/// A data stream being read.
struct DataReader {
    private enum Decoder {
        case subgroup(SubgroupStreamDecoder)
        case fetch(FetchStreamDecoder)
    }

    private var decoder: Decoder
    /// Payloads that follow each other are joined.
    private(set) var events: [DataEvent] = []

    init(_ profile: Profile, isFetch: Bool, order: GroupOrder = .ascending) {
        if isFetch {
            var fetch = FetchStreamDecoder(profile: profile)
            fetch.order = order
            decoder = .fetch(fetch)
        } else {
            decoder = .subgroup(SubgroupStreamDecoder(profile: profile))
        }
    }

    mutating func take(_ chunk: [UInt8]) throws(CodecError) {
        var input = Bytes(chunk)
        while let event = try next(&input) {
            if case .payload(let more) = event, case .payload(let last)? = events.last {
                events[events.count - 1] = .payload(last + more)
            } else {
                events.append(event)
            }
        }
        #expect(input.isEmpty)
    }

    func finish() throws(CodecError) {
        switch decoder {
        case .subgroup(let subgroup): try subgroup.finish()
        case .fetch(let fetch): try fetch.finish()
        }
    }

    private mutating func next(_ input: inout Bytes) throws(CodecError) -> DataEvent? {
        switch decoder {
        case .subgroup(var subgroup):
            defer { decoder = .subgroup(subgroup) }
            return try subgroup.next(&input).map { event in
                switch event {
                case .header(let header): .subgroup(header)
                case .object(let object): .subgroupObject(object)
                case .payload(let bytes): .payload(bytes.array)
                case .objectEnd: .objectEnd
                }
            }
        case .fetch(var fetch):
            defer { decoder = .fetch(fetch) }
            return try fetch.next(&input).map { event in
                switch event {
                case .header(let request): .fetch(request)
                case .object(let object): .fetchObject(object)
                case .gap(let gap): .gap(gap)
                case .payload(let bytes): .payload(bytes.array)
                case .objectEnd: .objectEnd
                }
            }
        }
    }
}

/// The events of a whole stream, up to its FIN; what it is, its type tells.
func events(
    _ chunks: [[UInt8]], _ draft: Int, order: GroupOrder = .ascending
) throws(CodecError) -> [DataEvent] {
    let isFetch = chunks.first { !$0.isEmpty }?.first == 0x05
    var reader = DataReader(data(draft), isFetch: isFetch, order: order)
    for chunk in chunks { try reader.take(chunk) }
    // The end of an empty payload may still be due.
    try reader.take([])
    try reader.finish()
    return reader.events
}

func events(_ text: String, _ draft: Int, order: GroupOrder = .ascending) throws(CodecError) -> [DataEvent] {
    try events([hex(text)], draft, order: order)
}

/// What reading the stream breaks; nil when it breaks nothing.
func streamFault(_ text: String, _ draft: Int, order: GroupOrder = .ascending) -> CodecError? {
    do {
        _ = try events(text, draft, order: order)
        return nil
    } catch { return error }
}

/// What reading the datagram breaks; nil when it breaks nothing.
func datagramFault(_ text: String, _ draft: Int) -> CodecError? {
    do {
        _ = try Datagram(decoding: Bytes(hex(text)), profile: data(draft))
        return nil
    } catch { return error }
}

/// The session is closed with PROTOCOL_VIOLATION.
let protocolViolation = CodecError.Scope.session(.protocolViolation)

/// An object on a subgroup stream with its payload, as events.
func object(
    _ id: UInt64, status: ObjectStatus = .normal, _ properties: Properties = Properties(), _ payload: String = ""
) -> [DataEvent] {
    let bytes = Array(payload.utf8)
    let object = SubgroupObject(
        id: id, status: status, properties: properties, payloadLength: UInt64(bytes.count))
    return [.subgroupObject(object)] + (bytes.isEmpty ? [] : [.payload(bytes)]) + [.objectEnd]
}

/// An object on a fetch stream with its payload, as events.
func object(
    _ group: UInt64, _ id: UInt64, subgroup: UInt64?, priority: UInt8 = 128, status: ObjectStatus = .normal,
    _ properties: Properties = Properties(), _ payload: String = ""
) -> [DataEvent] {
    let bytes = Array(payload.utf8)
    let object = FetchObject(
        location: Location(group: group, object: id), subgroup: subgroup, priority: priority, status: status,
        properties: properties, payloadLength: UInt64(bytes.count))
    return [.fetchObject(object)] + (bytes.isEmpty ? [] : [.payload(bytes)]) + [.objectEnd]
}

func gap(_ reason: FetchGap.Reason, _ group: UInt64, _ object: UInt64) -> DataEvent {
    .gap(FetchGap(reason: reason, end: Location(group: group, object: object)))
}

/// Writes the events as a stream.
func encode(
    _ events: [DataEvent], _ draft: Int, order: GroupOrder = .ascending
) throws(CodecError) -> (bytes: [UInt8], ends: Set<Int>) {
    let profile = data(draft)
    var out: [UInt8] = []
    // Where the stream may end: behind the header, an object or a gap.
    var ends: Set<Int> = []
    var subgroup = SubgroupObjectEncoder(
        profile: profile, header: SubgroupHeader(trackAlias: TrackAlias(rawValue: 0), group: 0, subgroup: .zero))
    var fetch = FetchObjectEncoder(profile: profile, order: order)
    for event in events {
        switch event {
        case .subgroup(let header):
            try header.append(to: &out, profile: profile)
            subgroup = SubgroupObjectEncoder(profile: profile, header: header)
            ends.insert(out.count)
        case .fetch(let request):
            try fetch.appendHeader(request, to: &out)
            ends.insert(out.count)
        case .subgroupObject(let object): try subgroup.append(object, to: &out)
        case .fetchObject(let object): try fetch.append(object, to: &out)
        case .gap(let gap):
            try fetch.append(gap, to: &out)
            ends.insert(out.count)
        case .payload(let bytes): out += bytes
        case .objectEnd: ends.insert(out.count)
        }
    }
    return (out, ends)
}
