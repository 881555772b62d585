internal import Wire

/// Takes a subgroup stream apart: its header, then object by object.
struct SubgroupInspector {
    private let profile: Profile
    private let reencodes: Bool
    private var decoder: SubgroupStreamDecoder
    private var encoder: SubgroupObjectEncoder?
    private var input: Bytes
    private var isOver = false

    init(_ bytes: Bytes, profile: Profile, reencodes: Bool) {
        self.profile = profile
        self.reencodes = reencodes
        decoder = SubgroupStreamDecoder(profile: profile, isTracing: true)
        input = bytes
    }

    /// What the next header or object gives; none at the end.
    mutating func next() -> [InspectedItem] {
        guard !isOver else { return [] }
        var draft = DataItemDraft(at: decoder.offset, rest: input.count)
        do {
            while let event = try decoder.next(&input) {
                switch event {
                case .header(let header): return [item(header, draft)]
                case .object(let object): begin(object, &draft)
                case .payload(let bytes): draft.payload.append(bytes)
                case .objectEnd: return [draft.item(.object, "OBJECT", end: decoder.offset)]
                }
            }
            isOver = true
            try decoder.finish()
            return []
        } catch {
            isOver = true
            if draft.fields.isEmpty { draft.read(decoder.fields, profile) }
            return [draft.failed(error, decoder.header == nil ? "SUBGROUP_HEADER" : "OBJECT")]
        }
    }

    private mutating func item(_ header: SubgroupHeader, _ draft: DataItemDraft) -> InspectedItem {
        var draft = draft
        draft.read(decoder.fields, profile)
        if case .zero = header.subgroup { draft.derive("Subgroup ID", 0) }
        draft.explainType(flags(header))
        if reencodes {
            encoder = SubgroupObjectEncoder(profile: profile, header: header)
            draft.encode { (out) throws(CodecError) in try header.append(to: &out, profile: profile) }
        }
        return draft.item(.header, "SUBGROUP_HEADER", end: decoder.offset)
    }

    private func flags(_ header: SubgroupHeader) -> [String] {
        var flags: [String] = []
        if header.hasProperties { flags.append("properties") }
        if case .firstObject = header.subgroup { flags.append("Subgroup ID of the first object") }
        if header.endOfGroup { flags.append("end of group") }
        if header.priority == nil { flags.append("default priority") }
        if header.isFirstObject { flags.append("first object") }
        return flags
    }

    private mutating func begin(_ object: SubgroupObject, _ draft: inout DataItemDraft) {
        draft.read(decoder.fields, profile)
        draft.replaceDelta("Object ID Delta", by: "Object ID", object.id)
        guard var encoder else { return }
        draft.encode { (out) throws(CodecError) in try encoder.append(object, to: &out) }
        self.encoder = encoder
    }
}
