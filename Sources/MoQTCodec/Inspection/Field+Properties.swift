internal import Wire

extension Field {
    private static let undecodable = "Undecodable"

    /// The pairs of a list of properties whose first byte is at `offset`; bytes that are no pair end it as one field.
    package static func pairs(of properties: Properties, at offset: UInt64) -> [Field] {
        pairs(of: properties.raw, properties.coding, at: offset, isNested: false)
    }

    /// - Parameter isNested: what should be a list again is shown as bytes: no draft allows it to be one.
    private static func pairs(
        of raw: Bytes, _ coding: KeyValueCoding, at offset: UInt64, isNested: Bool
    ) -> [Field] {
        var cursor = KeyValueCursor(coding, from: 0, to: raw.count)
        var result: [Field] = []
        var end = 0
        while true {
            do {
                guard let pair = try cursor.next(raw.span) else { return result }
                let field = field(of: pair, raw, coding, at: offset, isNested: isNested)
                end += field.length
                result.append(field)
            } catch {
                let rest = raw.slice(from: end)
                return result + [Field(undecodable, at: offset + UInt64(end), length: rest.count, .bytes(rest))]
            }
        }
    }

    private static func field(
        of pair: KeyValueCursor.Pair, _ raw: Bytes, _ coding: KeyValueCoding, at base: UInt64, isNested: Bool
    ) -> Field {
        var position = pair.offset
        let written = coding.integers.read(raw.span, at: &position) ?? 0
        var type = Field("Type", at: base + UInt64(pair.offset), length: position - pair.offset, .number(written))
        type.isFraming = true
        type.meaning = "0x" + String(pair.type, radix: 16)
        let start = position
        var content = Value.number(pair.value)
        _ = coding.integers.read(raw.span, at: &position)
        if pair.isBytes {
            let bytes = raw.slice(from: pair.start, count: Int(pair.value))
            content = .bytes(bytes)
            if pair.type == PropertyType.immutableProperties, !isNested {
                let parts = pairs(of: bytes, coding, at: base + UInt64(pair.start), isNested: true)
                if parts.last?.name != undecodable { content = .list(parts) }
            }
            position = pair.end
        }
        let name = PropertyType.name(pair.type)
        let value = Field(name, at: base + UInt64(start), length: position - start, content)
        return Field(
            name, at: base + UInt64(pair.offset), length: position - pair.offset, .pair(type: pair.type, [type, value]))
    }
}
