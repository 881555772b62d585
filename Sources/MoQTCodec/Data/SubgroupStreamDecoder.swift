package import Wire

/// Reads a subgroup stream, from its type on, however its bytes are split.
///
/// ```
/// header ─ object ─ payload* ─ objectEnd ─ object ─ …
/// ```
/// Payloads are passed on as slices of the input. After an error the decoder is of no more use.
package struct SubgroupStreamDecoder: Sendable {
    package enum Event: Hashable, Sendable {
        case header(SubgroupHeader)
        case object(SubgroupObject)
        /// The next bytes of the object's payload, never empty; a slice of the input.
        case payload(Bytes)
        /// The payload is complete; comes for empty ones too.
        case objectEnd
    }

    private enum Phase {
        case header, object
        case payload(remaining: UInt64)
    }

    private let profile: Profile
    private let limits: DataLimits
    private var phase = Phase.header
    private var partial = PartialInput()
    private var previous: UInt64?
    /// nil until it has come.
    package private(set) var header: SubgroupHeader?
    /// nil until known: when it is the first object's ID, until that object has come.
    package private(set) var subgroupID: UInt64?

    package init(profile: Profile, limits: DataLimits = DataLimits()) {
        self.profile = profile
        self.limits = limits
    }

    /// Bytes of the stream that events have been given for.
    package var offset: UInt64 { partial.consumed }

    /// Takes bytes from the front of `input` and returns the next event; nil when more bytes are needed, `input` being
    /// empty then.
    ///
    /// - Throws: ``CodecError`` of scope `session` or `track`.
    package mutating func next(_ input: inout Bytes) throws(CodecError) -> Event? {
        switch phase {
        case .header: return try nextHeader(&input)
        case .object: return try nextObject(&input)
        case .payload(let remaining):
            guard remaining > 0 else {
                phase = .object
                return .objectEnd
            }
            guard !input.isEmpty else { return nil }
            let count = UInt64(input.count) < remaining ? input.count : Int(remaining)
            let payload = input.slice(from: 0, count: count)
            input = input.slice(from: count)
            partial.pass(count)
            phase = .payload(remaining: remaining - UInt64(count))
            return .payload(payload)
        }
    }

    /// The stream ended with FIN.
    ///
    /// - Throws: when that was inside the header or an object (draft-18 "Streams").
    package func finish() throws(CodecError) {
        switch phase {
        case .object where partial.isEmpty, .payload(remaining: 0): return
        case .header, .object, .payload:
            throw .violation(
                "the stream ends inside an object", field: "FIN", offset: partial.consumed,
                section: "Streams")
        }
    }

    private mutating func nextHeader(_ input: inout Bytes) throws(CodecError) -> Event? {
        while let view = partial.view(&input) {
            var cursor = HeaderCursor(profile.integers)
            guard let header = try SubgroupHeader(view.span, &cursor, profile) else {
                partial.needs(cursor.needed, &input)
                continue
            }
            partial.take(cursor.position, &input)
            self.header = header
            switch header.subgroup {
            case .zero: subgroupID = 0
            case .firstObject: break
            case .explicit(let id): subgroupID = id
            }
            phase = .object
            return .header(header)
        }
        return nil
    }

    private mutating func nextObject(_ input: inout Bytes) throws(CodecError) -> Event? {
        while let view = partial.view(&input) {
            var cursor = HeaderCursor(profile.integers)
            guard let object = try object(view, &cursor) else {
                partial.needs(cursor.needed, &input)
                continue
            }
            partial.take(cursor.position, &input)
            previous = object.id
            if subgroupID == nil { subgroupID = object.id }
            phase = .payload(remaining: object.payloadLength)
            return .object(object)
        }
        return nil
    }

    private func object(_ view: Bytes, _ cursor: inout HeaderCursor) throws(CodecError) -> SubgroupObject? {
        let bytes = view.span
        guard let delta = cursor.integer(bytes) else { return nil }
        let id = try id(delta)
        var range = PropertiesRange()
        if header?.hasProperties == true {
            guard let found = try cursor.properties(bytes, limits: limits, base: offset) else { return nil }
            range = found
        }
        guard let length = cursor.integer(bytes) else { return nil }
        var status = ObjectStatus.normal
        if length == 0 {
            let place = cursor.position
            guard let number = cursor.integer(bytes) else { return nil }
            status = try ObjectStatus(number, hasProperties: range.count > 0, offset: offset + UInt64(place))
        }
        if range.count > 0 {
            var check = PropertyCheck(
                profile: profile, isTrack: false, base: offset, group: header?.group ?? 0, object: id)
            try check.walk(bytes, profile.pairs, from: range.start, to: range.start + range.count)
        }
        return SubgroupObject(
            id: id, status: status, properties: range.properties(in: view, profile), payloadLength: length)
    }

    private func id(_ delta: UInt64) throws(CodecError) -> UInt64 {
        guard let previous else { return delta }
        let (next, overflow) = previous.addingReportingOverflow(delta)
        guard !overflow, next < .max else {
            throw .violation(
                "the Object ID exceeds 2^64-1", field: "Object ID Delta", offset: offset,
                section: "Subgroup Header")
        }
        return next + 1
    }
}

extension ObjectStatus {
    /// draft-18 "Object Status", "Object Properties".
    init(_ number: UInt64, hasProperties: Bool, offset: UInt64) throws(CodecError) {
        guard let status = ObjectStatus(rawValue: number) else {
            throw .violation(
                "unknown status \(number)", field: "Object Status", offset: offset,
                section: "Object Status")
        }
        guard status == .normal || !hasProperties else {
            throw .violation(
                "an object with a status has no properties", field: "Object Status", offset: offset,
                section: "Object Properties")
        }
        self = status
    }
}
