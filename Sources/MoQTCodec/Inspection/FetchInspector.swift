internal import Wire

/// Takes a fetch stream apart: its header, then object by object and gap by gap.
struct FetchInspector {
    private let context: InspectionContext
    private let profile: Profile
    private let reencodes: Bool
    private var decoder: FetchStreamDecoder
    private var encoder: FetchObjectEncoder
    private var input: Bytes
    private var hasHeader = false
    private var isOver = false

    init(_ bytes: Bytes, profile: Profile, context: InspectionContext, reencodes: Bool) {
        self.profile = profile
        self.context = context
        self.reencodes = reencodes
        let order: GroupOrder = context.isDescending ? .descending : .ascending
        decoder = FetchStreamDecoder(profile: profile, isTracing: true)
        decoder.order = order
        encoder = FetchObjectEncoder(profile: profile, order: order)
        input = bytes
    }

    /// What the next header, object or gap gives; none at the end.
    mutating func next() -> [InspectedItem] {
        guard !isOver else { return [] }
        var draft = DataItemDraft(at: decoder.offset, rest: input.count)
        do {
            while let event = try decoder.next(&input) {
                switch event {
                case .header(let request): return [item(request, draft)]
                case .object(let object): begin(object, &draft)
                case .payload(let bytes): draft.payload.append(bytes)
                case .objectEnd: return [draft.item(.object, "OBJECT", end: decoder.offset)]
                case .gap(let gap): return [item(gap, draft)]
                }
            }
            isOver = true
            try decoder.finish()
            return []
        } catch {
            isOver = true
            if draft.fields.isEmpty { draft.read(decoder.fields, profile) }
            return [draft.failed(error, hasHeader ? "OBJECT" : "FETCH_HEADER")]
        }
    }

    private mutating func item(_ request: RequestID, _ draft: DataItemDraft) -> InspectedItem {
        hasHeader = true
        var draft = draft
        draft.read(decoder.fields, profile)
        if let filled = context.filledRequest { draft.explainLast("fills " + filled) }
        if reencodes { draft.encode { (out) throws(CodecError) in try encoder.appendHeader(request, to: &out) } }
        return draft.item(.header, "FETCH_HEADER", end: decoder.offset)
    }

    private mutating func item(_ gap: FetchGap, _ draft: DataItemDraft) -> InspectedItem {
        var draft = draft
        draft.read(decoder.fields, profile)
        var encoder = encoder
        if reencodes { draft.encode { (out) throws(CodecError) in try encoder.append(gap, to: &out) } }
        self.encoder = encoder
        return draft.item(.object, gap.reason.name, end: decoder.offset)
    }

    private mutating func begin(_ object: FetchObject, _ draft: inout DataItemDraft) {
        draft.read(decoder.fields, profile)
        draft.replaceDelta("Group ID Delta", by: "Group ID", object.location.group)
        draft.replaceDelta("Object ID Delta", by: "Object ID", object.location.object)
        // Encoded as it was sent, not in the shortest form.
        var flags: UInt64?
        if let field = draft.fields.first, field.name == "Serialization Flags", case .number(let number) = field.value {
            flags = number
        }
        draft.derive("Subgroup ID", object.subgroup)
        draft.derive("Publisher Priority", UInt64(object.priority))
        guard reencodes else { return }
        var encoder = encoder
        draft.encode { (out) throws(CodecError) in try encoder.append(object, flags: flags, to: &out) }
        self.encoder = encoder
    }
}

extension FetchGap.Reason {
    /// What the draft calls it.
    fileprivate var name: String {
        switch self {
        case .doesNotExist: "End of Non-Existent Range"
        case .unknown: "End of Unknown Range"
        case .timedOut: "End of Timed-Out Range"
        }
    }
}
