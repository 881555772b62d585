package import Wire

/// Reads a fetch stream, from its type on, however its bytes are split.
///
/// ```
/// header ─ (object ─ payload* ─ objectEnd | gap) ─ …
/// ```
/// Payloads are passed on as slices of the input. After an error the decoder is of no more use.
package struct FetchStreamDecoder: Sendable {
    package enum Event: Hashable, Sendable {
        /// The request that the objects answer.
        case header(RequestID)
        case object(FetchObject)
        /// The next bytes of the object's payload, never empty; a slice of the input.
        case payload(Bytes)
        /// The payload is complete; comes for empty ones too.
        case objectEnd
        case gap(FetchGap)
    }

    private enum Phase {
        case header, object
        case payload(remaining: UInt64)
    }

    /// The order of the groups, as the FETCH asked; to be set when the header has told which FETCH it is.
    package var order = GroupOrder.ascending
    private let profile: Profile
    private let limits: DataLimits
    private var phase = Phase.header
    private var partial = PartialInput()
    private var prior = FetchPrior()

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
        case .object: return try nextItem(&input)
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
            throw .violation("the stream ends inside an object", field: "FIN", offset: offset, section: "Streams")
        }
    }

    private mutating func nextHeader(_ input: inout Bytes) throws(CodecError) -> Event? {
        while let view = partial.view(&input) {
            var cursor = HeaderCursor(profile.integers)
            guard let type = cursor.integer(view.span), let id = cursor.integer(view.span) else {
                partial.needs(cursor.needed, &input)
                continue
            }
            guard type == profile.streams.fetch else { throw violation("no FETCH_HEADER", "Type", at: 0) }
            partial.take(cursor.position, &input)
            phase = .object
            return .header(RequestID(rawValue: id))
        }
        return nil
    }

    private mutating func nextItem(_ input: inout Bytes) throws(CodecError) -> Event? {
        while let view = partial.view(&input) {
            var cursor = HeaderCursor(profile.integers)
            guard let event = try item(view, &cursor) else {
                partial.needs(cursor.needed, &input)
                continue
            }
            partial.take(cursor.position, &input)
            switch event {
            case .object(let object):
                prior.location = object.location
                prior.priority = object.priority
                // A datagram has none; the last one stays the prior one.
                prior.subgroup = object.subgroup ?? prior.subgroup
                phase = .payload(remaining: object.payloadLength)
            case .gap(let gap): prior.location = gap.end
            case .header, .payload, .objectEnd: break
            }
            return event
        }
        return nil
    }

    private func item(_ view: Bytes, _ cursor: inout HeaderCursor) throws(CodecError) -> Event? {
        guard let flags = cursor.integer(view.span) else { return nil }
        guard flags >= FetchFlags.limit else { return try object(view, flags, &cursor).map(Event.object) }
        guard let reason = FetchGap.Reason(rawValue: flags) else {
            throw violation("undefined flags 0x\(String(flags, radix: 16))", "Serialization Flags", at: 0)
        }
        guard let group = cursor.integer(view.span), let object = cursor.integer(view.span) else { return nil }
        return .gap(FetchGap(reason: reason, end: Location(group: group, object: object)))
    }

    private func object(
        _ view: Bytes, _ flags: UInt64, _ cursor: inout HeaderCursor
    ) throws(CodecError) -> FetchObject? {
        let bytes = view.span
        try checkReferences(flags)
        var group: UInt64 = 0
        var subgroupField: UInt64 = 0
        var id: UInt64 = 0
        var priority = prior.priority ?? 0
        if flags & FetchFlags.group != 0 {
            guard let delta = cursor.integer(bytes) else { return nil }
            group = delta
        }
        if flags & (FetchFlags.subgroupMode | FetchFlags.datagram) == FetchFlags.subgroupMode {
            guard let field = cursor.integer(bytes) else { return nil }
            subgroupField = field
        }
        if flags & FetchFlags.object != 0 {
            guard let delta = cursor.integer(bytes) else { return nil }
            id = delta
        }
        if flags & FetchFlags.priority != 0 {
            guard let octet = cursor.octet(bytes) else { return nil }
            priority = octet
        }
        let location = try location(flags, groupDelta: group, objectDelta: id)
        let subgroup = try subgroup(flags, field: subgroupField)
        var range = PropertiesRange()
        if flags & FetchFlags.properties != 0 {
            guard let found = try cursor.properties(bytes, limits: limits, base: offset) else { return nil }
            range = found
        }
        guard let length = cursor.integer(bytes) else { return nil }
        if range.count > 0 {
            var check = PropertyCheck(
                profile: profile, isTrack: false, base: offset, group: location.group, object: location.object)
            try check.walk(bytes, profile.pairs, from: range.start, to: range.start + range.count)
        }
        return FetchObject(
            location: location, subgroup: subgroup, priority: priority,
            properties: range.properties(in: view, profile), payloadLength: length)
    }

    /// draft-18 "Flags", "End of Range": nothing may refer to what was not sent.
    private func checkReferences(_ flags: UInt64) throws(CodecError) {
        let both = FetchFlags.group | FetchFlags.object
        if prior.location == nil, flags & both != both {
            throw violation("the first object refers to a prior Location", "Serialization Flags", at: 0)
        }
        if prior.priority == nil, flags & FetchFlags.priority == 0 {
            throw violation("there is no prior Publisher Priority", "Serialization Flags", at: 0)
        }
        let mode = flags & FetchFlags.subgroupMode
        if prior.subgroup == nil, flags & FetchFlags.datagram == 0, mode == 1 || mode == 2 {
            throw violation("there is no prior Subgroup ID", "Serialization Flags", at: 0)
        }
    }

    private func location(
        _ flags: UInt64, groupDelta: UInt64, objectDelta: UInt64
    ) throws(CodecError) -> Location {
        guard let before = prior.location else { return Location(group: groupDelta, object: objectDelta) }
        let changesGroup = flags & FetchFlags.group != 0
        let group = changesGroup ? try self.group(before.group, groupDelta) : before.group
        if flags & FetchFlags.object != 0, changesGroup { return Location(group: group, object: objectDelta) }
        let step = flags & FetchFlags.object != 0 ? objectDelta : 1
        let (object, overflow) = before.object.addingReportingOverflow(step)
        guard !overflow else { throw violation("the Object ID exceeds 2^64-1", "Object ID Delta", at: 0) }
        guard step > 0 else {
            throw CodecError(
                .track, "object \(before) is repeated", field: "Object ID Delta", offset: offset,
                section: "Malformed Tracks")
        }
        return Location(group: group, object: object)
    }

    private func group(_ before: UInt64, _ delta: UInt64) throws(CodecError) -> UInt64 {
        let (step, tooLong) = delta.addingReportingOverflow(1)
        let (group, overflow) =
            order == .ascending
            ? before.addingReportingOverflow(step) : before.subtractingReportingOverflow(step)
        guard !tooLong, !overflow else { throw violation("the Group ID is out of range", "Group ID Delta", at: 0) }
        return group
    }

    private func subgroup(_ flags: UInt64, field: UInt64) throws(CodecError) -> UInt64? {
        guard flags & FetchFlags.datagram == 0 else { return nil }
        switch flags & FetchFlags.subgroupMode {
        case 0: return 0
        case 1: return prior.subgroup
        case 2:
            guard let before = prior.subgroup, before < .max else {
                throw violation("the Subgroup ID exceeds 2^64-1", "Serialization Flags", at: 0)
            }
            return before + 1
        default: return field
        }
    }

    private func violation(_ what: String, _ field: String, at position: Int) -> CodecError {
        .violation(what, field: field, offset: offset + UInt64(position), section: "Fetch Header")
    }
}
