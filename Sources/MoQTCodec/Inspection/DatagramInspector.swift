internal import Wire

/// Shows what a datagram holds.
struct DatagramInspector {
    let profile: Profile
    let reencodes: Bool

    func item(_ bytes: Bytes) -> InspectedItem {
        var draft = DataItemDraft(at: 0, rest: bytes.count)
        var fields: [Field] = []
        do {
            let datagram = try Datagram(decoding: bytes, profile: profile, fields: &fields)
            draft.read(fields, profile)
            let name = describe(datagram, &draft)
            if reencodes { draft.encode { (out) throws(CodecError) in try encode(datagram, fields, to: &out) } }
            return draft.item(.datagram, name, end: UInt64(bytes.count))
        } catch {
            draft.read(fields, profile)
            return draft.failed(error, "OBJECT_DATAGRAM")
        }
    }

    private func describe(_ datagram: Datagram, _ draft: inout DataItemDraft) -> String {
        guard case .object(let object) = datagram else { return "PADDING" }
        draft.derive("Object ID", object.location.object)
        var flags: [String] = []
        if !object.properties.isEmpty { flags.append("properties") }
        if object.endOfGroup { flags.append("end of group") }
        if object.priority == nil { flags.append("default priority") }
        if case .status = object.content { flags.append("status") }
        draft.explainType(flags)
        return "OBJECT_DATAGRAM"
    }

    private func encode(_ datagram: Datagram, _ fields: [Field], to out: inout [UInt8]) throws(CodecError) {
        switch datagram {
        case .padding(let count):
            try Padding.appendDatagramType(to: &out, profile: profile)
            out += [UInt8](repeating: 0, count: count)
        case .object(let object):
            let statesObjectID = fields.contains { $0.name == "Object ID" }
            try object.appendHeader(to: &out, profile: profile, statesObjectID: statesObjectID)
            if case .payload(let payload) = object.content { payload.append(to: &out) }
        }
    }
}

/// Shows what a padding stream holds.
struct PaddingInspector {
    let profile: Profile
    let reencodes: Bool

    /// - Parameter typeLength: bytes of the stream's type.
    func item(_ bytes: Bytes, typeLength: Int) -> InspectedItem {
        var draft = DataItemDraft(at: 0, rest: bytes.count)
        let padding = bytes.slice(from: typeLength)
        var fields = [Field("Type", at: 0, length: typeLength, .number(profile.streams.padding ?? 0))]
        if !padding.isEmpty {
            fields.append(Field("Padding Data", at: UInt64(typeLength), length: padding.count, .bytes(padding)))
        }
        draft.read(fields, profile)
        if reencodes {
            draft.encode { (out) throws(CodecError) in
                try Padding.appendStreamType(to: &out, profile: profile)
                out += [UInt8](repeating: 0, count: padding.count)
            }
        }
        return draft.item(.header, "PADDING", end: UInt64(bytes.count))
    }
}
