internal import MoQTCodec
internal import Wire

/// Decoded fields as members of a JSON object.
struct FieldJSON {
    enum Style {
        /// Names as the drafts write them, text as a string and other bytes as `{"hex":…}`.
        case draft
        /// Names and values as the qlog schema of MoQT has them, and nothing that lets somebody in: of tokens the
        /// length alone.
        case qlog
    }

    var style: Style

    /// Adds fields under their names; those of one name as an array.
    func add(_ fields: [Field], to json: inout JSONLine) {
        var done: Set<String> = []
        for field in fields where !field.isFraming && done.insert(field.name).inserted {
            let same = fields.filter { $0.name == field.name && !$0.isFraming }
            if same.count == 1 {
                add(name(field.name), field, to: &json)
            } else {
                json.addArray(name(field.name), of: { json in for one in same { add(nil, one, to: &json) } })
            }
            if let meaning = field.meaning, same.count == 1 { json.add(name("\(field.name) Name"), meaning) }
        }
    }

    /// Adds each field as an element of the array that is being built.
    func addElements(_ fields: [Field], to json: inout JSONLine) {
        for field in fields where !field.isFraming { add(nil, field, to: &json) }
    }

    private func name(_ text: String) -> String {
        switch style {
        case .draft: text
        case .qlog: text.snakeCased
        }
    }

    private func add(_ name: String?, _ field: Field, to json: inout JSONLine) {
        switch field.value {
        case .number(let number): json.add(name, number)
        case .bytes(let bytes): add(name, bytes, of: field, to: &json)
        case .structure: json.add(name, object: { json in add(field.content, to: &json) })
        case .list: json.addArray(name, of: { json in addElements(field.parts, to: &json) })
        case .pair(let type, _): json.add(name, object: { json in add(pair: field, type, to: &json) })
        }
    }

    private func add(pair: Field, _ type: UInt64?, to json: inout JSONLine) {
        if let type { json.add("type", type) }
        json.add("name", name(pair.name))
        guard let value = pair.content.first else { return }
        switch (style, value.value) {
        case (.qlog, .bytes(let bytes)): addQlog(bytes, of: value, to: &json)
        default: add("value", value, to: &json)
        }
        if let meaning = value.meaning { json.add("meaning", meaning) }
    }

    private func add(_ name: String?, _ bytes: Bytes, of field: Field, to json: inout JSONLine) {
        switch style {
        case .qlog where field.name == "Error Reason": addReason(bytes, to: &json)
        case .qlog: json.add(name, object: { addQlog(bytes, of: field, to: &$0) })
        case .draft:
            if let text = bytes.text {
                json.add(name, text)
            } else {
                json.add(name, object: { $0.add("hex", bytes.array.hex) })
            }
        }
    }

    private func addReason(_ bytes: Bytes, to json: inout JSONLine) {
        if let text = bytes.text { json.add("reason", text) } else { json.add("reason_bytes", bytes.array.hex) }
    }

    private func addQlog(_ bytes: Bytes, of field: Field, to json: inout JSONLine) {
        if field.name == "Token Value" {
            json.add("length", bytes.count)
        } else if let text = bytes.text {
            json.add("value", field.name == "PATH" ? text.beforeQuery : text)
        } else {
            json.add("value_bytes", bytes.array.hex)
        }
    }
}

extension String {
    /// `Track Alias` and `TRACK_ALIAS` as `track_alias`.
    var snakeCased: String { String(lowercased().map { $0 == " " || $0 == "-" ? "_" : $0 }) }

    /// A path without its query, in which clients may have tokens.
    fileprivate var beforeQuery: String { String(prefix { $0 != "?" }) }
}
