internal import Wire

extension Field {
    /// The pairs of a list of properties whose first byte is at `offset`; bytes that are no pair end it as one field.
    package static func pairs(of properties: Properties, at offset: UInt64, _ profile: Profile) -> [Field] {
        PairList(coding: properties.coding, profile: profile).fields(of: properties.raw, at: offset, isNested: false)
    }
}

/// Shows lists of Key-Value-Pairs.
private struct PairList {
    static let undecodable = "Undecodable"

    let coding: KeyValueCoding
    let profile: Profile

    /// - Parameter isNested: what should be a list again is shown as bytes: no draft allows it to be one.
    func fields(of raw: Bytes, at base: UInt64, isNested: Bool) -> [Field] {
        var cursor = KeyValueCursor(coding, from: 0, to: raw.count)
        var result: [Field] = []
        var end = 0
        while true {
            do {
                guard let pair = try cursor.next(raw.span) else { return result }
                let field = field(of: pair, raw, at: base, isNested: isNested)
                end += field.length
                result.append(field)
            } catch {
                let rest = raw.slice(from: end)
                return result + [Field(Self.undecodable, at: base + UInt64(end), length: rest.count, .bytes(rest))]
            }
        }
    }

    private func field(of pair: KeyValueCursor.Pair, _ raw: Bytes, at base: UInt64, isNested: Bool) -> Field {
        let start = base + UInt64(pair.offset)
        var position = pair.offset
        let written = coding.integers.read(raw.span, at: &position) ?? 0
        let typeLength = position - pair.offset
        var type = Field("Type", at: start, length: typeLength, .number(written))
        type.isFraming = true
        type.meaning = "0x" + String(pair.type, radix: 16)
        _ = coding.integers.read(raw.span, at: &position)
        let length = (pair.isBytes ? pair.end : position) - pair.offset
        let name = PropertyType.name(pair.type, profile)
        let value = Field(
            name, at: start + UInt64(typeLength), length: length - typeLength,
            value(of: pair, raw, at: base, isNested: isNested))
        return Field(name, at: start, length: length, .pair(type: pair.type, [type, value]))
    }

    private func value(
        of pair: KeyValueCursor.Pair, _ raw: Bytes, at base: UInt64, isNested: Bool
    ) -> Field.Value {
        guard pair.isBytes else { return .number(pair.value) }
        let bytes = raw.slice(from: pair.start, count: Int(pair.value))
        guard pair.type == PropertyType.immutableProperties, !isNested else { return .bytes(bytes) }
        let parts = fields(of: bytes, at: base + UInt64(pair.start), isNested: true)
        return parts.last?.name == Self.undecodable ? .bytes(bytes) : .list(parts)
    }
}
