internal import Wire

extension Properties {
    /// The same properties as `profile` writes them; unchanged bytes when it writes them the same way.
    ///
    /// - Throws: ``CodecError`` of scope `caller` for values that the profile cannot hold, and for Immutable Properties
    ///   whose bytes, which must not change, would mean something else there.
    public func recoded(for profile: Profile) throws(CodecError) -> Properties {
        if coding == profile.pairs || isEmpty { return self }
        let entries = self.entries
        for entry in entries {
            guard fits(entry, profile) else {
                throw .inexpressible(
                    "property 0x\(String(entry.type, radix: 16)) cannot be written in \(profile.name)",
                    field: "\(profile.objects.names.properties)", section: "Properties")
            }
        }
        return Properties(entries, profile: profile)
    }

    private func fits(_ entry: KeyValue, _ profile: Profile) -> Bool {
        guard entry.type <= profile.integers.maximum else { return false }
        switch entry.value {
        case .integer(let value): return value <= profile.integers.maximum
        case .bytes(let bytes):
            guard entry.type == PropertyType.immutableProperties else { return true }
            guard let pairs = Self.pairs(bytes, coding) else { return false }
            return pairs == Self.pairs(bytes, profile.pairs)
        }
    }

    /// The pairs of a list; nil when it cannot be read to its end.
    private static func pairs(_ bytes: Bytes, _ coding: KeyValueCoding) -> [KeyValue]? {
        var cursor = KeyValueCursor(coding, from: 0, to: bytes.count)
        var pairs: [KeyValue] = []
        do {
            while let pair = try cursor.next(bytes.span) {
                pairs.append(
                    pair.isBytes
                        ? KeyValue(type: pair.type, bytes: bytes.slice(from: pair.start, count: Int(pair.value)))
                        : KeyValue(type: pair.type, integer: pair.value))
            }
        } catch { return nil }
        return pairs
    }
}
