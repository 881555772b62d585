internal import MoQTCodec
internal import Wire

/// Items as JSON objects. Their shape is for programs to rely on: members are added, never changed.
struct ItemJSON {
    var draft: Int
    /// The line of hex text that the item is from; nil for bytes.
    var line: Int?
    /// The unit that the item is from, where its bytes are to be shown.
    var bytes: Bytes?
    /// The unit, of which what was not understood is shown.
    var undecoded: Bytes

    func add(_ item: InspectedItem, to json: inout JSONLine) {
        json.add("kind", item.kind.rawValue)
        if let error = item.error {
            add(error, to: &json)
            if !item.name.isEmpty { json.add("name", item.name) }
            if let type = item.code { json.add("type", type) }
        } else {
            json.add("name", item.name)
            if let code = item.code { json.add("code", code) }
        }
        json.add("draft", draft)
        if item.error == nil { json.add("offset", item.offset) }
        json.add("length", item.length)
        if let line { json.add("line", line) }
        if item.error == nil || !item.fields.isEmpty {
            json.add("fields", object: { json in FieldJSON(style: .draft).add(item.fields, to: &json) })
        }
        add(item.encoding, to: &json)
        if let source = bytes ?? (item.error == nil ? nil : undecoded), item.length > 0 {
            json.add("bytes", source.slice(from: Int(item.offset), count: item.length).array.hex)
        }
    }

    private func add(_ error: CodecError, to json: inout JSONLine) {
        json.add("scope", error.scopeName)
        json.add("code", error.code)
        json.add("offset", error.offset)
        json.add("field", error.field)
        json.add("reason", error.what)
        json.add("section", error.section)
    }

    private func add(_ encoding: InspectedItem.Encoding?, to json: inout JSONLine) {
        switch encoding {
        case .bytes(let bytes): json.add("reencoded", bytes.hex)
        case .refused(let error):
            json.addNull("reencoded")
            json.add("refusal", "\(error)")
        case nil: break
        }
    }
}
