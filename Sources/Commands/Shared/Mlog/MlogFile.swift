internal import EventLoop
internal import Glibc
internal import MoQTCodec
internal import Wire

/// What the first record of a file says of the session.
struct MlogHeader {
    /// The connection's, by which both ends and their qlogs name it.
    var connectionID: String
    var role: EndpointRole
    /// ``Peer/number``, by which the log names it.
    var session: UInt64
    var draft: Int
    var overWebTransport: Bool
}

/// Writes events; one that follows ``begin(_:isSent:)`` has its time and direction.
struct MlogFile {
    private let file: RecordFile
    private var line = JSONLine()
    /// Milliseconds since 1970 of the instant 0.
    private let epoch: Double
    private var time = 0.0
    private var isSent = false

    init(_ file: RecordFile, _ header: MlogHeader) {
        self.file = file
        epoch = Self.epoch()
        write(header)
        file.flush()
    }

    private static func epoch() -> Double {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        let system = Double(now.tv_sec) * 1e3 + Double(now.tv_nsec) / 1e6
        return system - Double(EventLoop.clock().nanoseconds) / 1e6
    }

    var isOpen: Bool { file.isOpen }

    func flush() { file.flush() }

    mutating func begin(_ now: Instant, isSent: Bool) {
        // Microseconds are what the number has room for.
        time = ((epoch + Double(now.nanoseconds) / 1e6) * 1e3).rounded() / 1e3
        self.isSent = isSent
    }

    private mutating func write(_ header: MlogHeader) {
        line.add("file_schema", "urn:ietf:params:qlog:file:sequential")
        line.add("serialization_format", "application/qlog+json-seq")
        line.add("title", Version.implementation)
        line.add(
            "trace",
            object: { json in
                json.add("vantage_point", object: { $0.add("type", "\(header.role)") })
                json.add("common_fields", object: { Self.add(header, to: &$0) })
                json.add(
                    "event_schemas",
                    ["urn:ietf:params:qlog:events:moqt-07", "urn:ietf:params:qlog:events:loglevel"])
            })
        end()
    }

    private static func add(_ header: MlogHeader, to json: inout JSONLine) {
        json.add("time_format", "relative_to_epoch")
        json.add(
            "reference_time",
            object: { json in
                json.add("clock_type", "system")
                json.add("epoch", "1970-01-01T00:00:00.000Z")
            })
        json.add("group_id", header.connectionID)
        json.add("protocol_types", ["MOQT"])
        json.add("draft", header.draft)
        json.add("transport", header.overWebTransport ? "webtransport" : "quic")
        json.add("session", header.session)
    }

    private mutating func end() {
        file.append { out in
            // RFC 7464: a record begins with the separator and ends with a newline.
            out.append(0x1E)
            line.append(to: &out)
        }
    }

    private mutating func event(_ name: String, _ data: (inout JSONLine) -> Void) {
        line.add("time", time)
        line.add("name", name)
        line.add("data", object: data)
        end()
    }

    private var suffix: String { isSent ? "created" : "parsed" }

    // MARK: - Events

    mutating func type(_ type: String, of stream: StreamID, isOurs: Bool) {
        event("moqt:stream_type_set") { json in
            json.add("owner", isOurs ? "local" : "remote")
            json.add("stream_id", stream.rawValue)
            json.add("stream_type", type)
        }
        flush()
    }

    /// - Parameter request: the one that the message is about, or makes; nil: none.
    mutating func write(_ item: InspectedItem, on stream: StreamID, about request: RequestID?) {
        event("moqt:control_message_\(suffix)") { json in
            json.add("stream_id", stream.rawValue)
            if let request { json.add("request_id", request.rawValue) }
            json.add("length", item.length)
            json.add(
                "message",
                object: { json in
                    json.add("type", item.name.snakeCased)
                    FieldJSON(style: .qlog).add(item.fields, to: &json)
                })
        }
        flush()
    }

    mutating func write(_ event: SubgroupStreamDecoder.Event, _ subgroup: inout MlogSubgroup, on stream: StreamID) {
        switch event {
        case .header(let header): write(header, on: stream)
        case .object(let object):
            write(object, subgroup, on: stream)
            subgroup.previous = object.id
        case .payload, .objectEnd: break
        }
    }

    private mutating func write(_ header: SubgroupHeader, on stream: StreamID) {
        event("moqt:subgroup_header_\(suffix)") { json in
            json.add("stream_id", stream.rawValue)
            json.add("track_alias", header.trackAlias.rawValue)
            json.add("group_id", header.group)
            json.add("subgroup_id_mode", header.subgroup.mode)
            if case .explicit(let id) = header.subgroup { json.add("subgroup_id", id) }
            if let priority = header.priority { json.add("publisher_priority", priority) }
            json.add("contains_end_of_group", header.endOfGroup)
            json.add("properties_present", header.hasProperties)
        }
        flush()
    }

    private mutating func write(_ object: SubgroupObject, _ subgroup: MlogSubgroup, on stream: StreamID) {
        event("moqt:subgroup_object_\(suffix)") { json in
            json.add("stream_id", stream.rawValue)
            json.add("object_id_delta", subgroup.previous.map { object.id - $0 - 1 } ?? object.id)
            json.add("object_id", object.id)
            json.add(object.properties, subgroup.profile)
            json.add("object_payload_length", object.payloadLength)
            if object.payloadLength == 0 { json.add("object_status", object.status.rawValue) }
        }
    }

    mutating func write(_ event: FetchStreamDecoder.Event, on stream: StreamID, _ profile: Profile) {
        switch event {
        case .header(let request):
            self.event("moqt:fetch_header_\(suffix)") { json in
                json.add("stream_id", stream.rawValue)
                json.add("request_id", request.rawValue)
            }
            flush()
        case .object(let object): write(object, on: stream, profile)
        case .gap(let gap): write(gap, on: stream)
        case .payload, .objectEnd: break
        }
    }

    private mutating func write(_ object: FetchObject, on stream: StreamID, _ profile: Profile) {
        event("moqt:fetch_object_\(suffix)") { json in
            json.add("stream_id", stream.rawValue)
            json.add("datagram", object.subgroup == nil)
            json.addEnds(nil)
            json.add("group_id", object.location.group)
            if let subgroup = object.subgroup { json.add("subgroup_id", subgroup) }
            json.add("object_id", object.location.object)
            json.add("publisher_priority", object.priority)
            json.add(object.properties, profile)
            json.add("object_payload_length", object.payloadLength)
            if object.status != .normal { json.add("object_status", object.status.rawValue) }
        }
    }

    private mutating func write(_ gap: FetchGap, on stream: StreamID) {
        event("moqt:fetch_object_\(suffix)") { json in
            json.add("stream_id", stream.rawValue)
            json.add("datagram", false)
            json.addEnds(gap.reason)
            json.add("group_id", gap.end.group)
            json.add("object_id", gap.end.object)
            json.add("object_payload_length", 0)
        }
    }

    mutating func write(_ object: ObjectDatagram, _ profile: Profile) {
        event("moqt:object_datagram_\(suffix)") { json in
            json.add("track_alias", object.trackAlias.rawValue)
            json.add("group_id", object.location.group)
            json.add("object_id", object.location.object)
            if let priority = object.priority { json.add("publisher_priority", priority) }
            json.add(object.properties, profile)
            switch object.content {
            case .payload(let payload): json.add("object_payload", object: { $0.add("length", payload.count) })
            case .status(let status): json.add("object_status", status.rawValue)
            }
            json.add("end_of_group", object.endOfGroup)
        }
    }

    /// What was on a stream, or in a datagram, could not be read; nothing more of the stream is.
    mutating func failed(_ error: CodecError, on stream: StreamID?) {
        event("loglevel:error") { json in
            if let stream { json.add("stream_id", stream.rawValue) }
            json.add("message", "\(error)")
        }
        flush()
    }
}

extension JSONLine {
    fileprivate mutating func add(_ properties: Properties, _ profile: Profile) {
        guard !properties.isEmpty else { return }
        add("properties_length", properties.raw.count)
        addArray("properties") { json in
            FieldJSON(style: .qlog).addElements(Field.pairs(of: properties, at: 0, profile), to: &json)
        }
    }

    /// What a gap in a fetched range is, if this is one.
    fileprivate mutating func addEnds(_ reason: FetchGap.Reason?) {
        add("end_of_nonexistent_range", reason == .doesNotExist)
        add("end_of_unknown_range", reason == .unknown)
        if reason == .timedOut { add("end_of_timed_out_range", true) }
    }
}

extension SubgroupHeader.SubgroupID {
    /// The SUBGROUP_ID_MODE of the stream's type (draft-18 "Subgroup Header").
    fileprivate var mode: Int {
        switch self {
        case .zero: 0
        case .firstObject: 1
        case .explicit: 2
        }
    }
}

extension RequestID {
    /// The number that a message gives its request; nil when it gives none.
    init?(_ item: InspectedItem) {
        guard case .number(let number)? = item.fields.first(where: { $0.name == "Request ID" })?.value else {
            return nil
        }
        self.init(rawValue: number)
    }
}
