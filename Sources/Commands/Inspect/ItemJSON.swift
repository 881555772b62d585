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
            json.add("fields", object: { json in Self.add(item.fields, to: &json) })
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

    /// Fields under their names; those of one name as an array.
    private static func add(_ fields: [Field], to json: inout JSONLine) {
        var done: Set<String> = []
        for field in fields where !field.isFraming && done.insert(field.name).inserted {
            let same = fields.filter { $0.name == field.name && !$0.isFraming }
            if same.count == 1 {
                add(field.name, field, to: &json)
            } else {
                json.addArray(field.name, of: { json in for one in same { add(nil, one, to: &json) } })
            }
            if let meaning = field.meaning, same.count == 1 { json.add("\(field.name) Name", meaning) }
        }
    }

    private static func add(_ name: String?, _ field: Field, to json: inout JSONLine) {
        switch field.value {
        case .number(let number): json.add(name, number)
        case .bytes(let bytes): add(name, bytes, to: &json)
        case .structure: json.add(name, object: { json in add(field.content, to: &json) })
        case .list: json.addArray(name, of: { json in for part in field.content { add(nil, part, to: &json) } })
        case .pair(let type, _): json.add(name, object: { json in add(pair: field, type, to: &json) })
        }
    }

    private static func add(pair: Field, _ type: UInt64?, to json: inout JSONLine) {
        if let type { json.add("type", type) }
        json.add("name", pair.name)
        guard let value = pair.content.first else { return }
        add("value", value, to: &json)
        if let meaning = value.meaning { json.add("meaning", meaning) }
    }

    private static func add(_ name: String?, _ bytes: Bytes, to json: inout JSONLine) {
        if let text = bytes.text {
            json.add(name, text)
        } else {
            json.add(name, object: { $0.add("hex", bytes.array.hex) })
        }
    }
}
