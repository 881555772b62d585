package import Wire

/// Takes the bytes of a stream or a datagram apart, item by item.
///
/// It goes on behind an error where it can tell at which byte, so that it may give several.
package struct Inspector {
    private enum Reader {
        case messages(MessageInspector)
        case subgroup(SubgroupInspector)
        case fetch(FetchInspector)
        /// What there is is waiting already.
        case nothing
    }

    private var reader = Reader.nothing
    private var waiting: ArraySlice<InspectedItem> = []
    private let profile: Profile
    private let context: InspectionContext

    /// - Parameters:
    ///   - bytes: the stream from its first byte on, up to its end, or the whole datagram.
    ///   - reencodes: items are to have an ``InspectedItem/encoding``.
    package init(
        _ bytes: Bytes, _ source: InspectedSource, profile: Profile, context: InspectionContext = InspectionContext(),
        reencodes: Bool = false
    ) {
        self.profile = profile
        self.context = context
        switch source {
        case .message, .control, .request:
            reader = .messages(
                MessageInspector(bytes, source, profile: profile, context: context, reencodes: reencodes))
        case .uni: open(bytes, profile, context, reencodes)
        case .datagram: waiting = [DatagramInspector(profile: profile, reencodes: reencodes).item(bytes)]
        }
    }

    private mutating func open(_ bytes: Bytes, _ profile: Profile, _ context: InspectionContext, _ reencodes: Bool) {
        var recognizer = UniStreamRecognizer(profile: profile)
        do throws(CodecError) {
            guard let kind = try recognizer.received(bytes)?.kind else {
                throw .violation(
                    "the stream ends inside its type", field: "Type", offset: 0,
                    section: "Unidirectional Stream Types")
            }
            switch kind {
            case .control:
                reader = .messages(
                    MessageInspector(bytes, .control, profile: profile, context: context, reencodes: reencodes))
            case .subgroup: reader = .subgroup(SubgroupInspector(bytes, profile: profile, reencodes: reencodes))
            case .fetch:
                reader = .fetch(FetchInspector(bytes, profile: profile, context: context, reencodes: reencodes))
            case .padding:
                var length = 0
                _ = profile.integers.read(bytes.span, at: &length)
                waiting = [PaddingInspector(profile: profile, reencodes: reencodes).item(bytes, typeLength: length)]
            }
        } catch {
            waiting = [InspectedItem(.error, "", at: 0, length: bytes.count, error: error)]
        }
    }

    /// The next item; nil at the end.
    package mutating func next() -> InspectedItem? {
        if waiting.isEmpty { waiting = read()[...] }
        return waiting.popFirst()?.named(by: profile, context.containerVersion)
    }

    private mutating func read() -> [InspectedItem] {
        switch reader {
        case .messages(var messages):
            defer { reader = .messages(messages) }
            return messages.next()
        case .subgroup(var subgroup):
            defer { reader = .subgroup(subgroup) }
            return subgroup.next()
        case .fetch(var fetch):
            defer { reader = .fetch(fetch) }
            return fetch.next()
        case .nothing: return []
        }
    }
}

extension Profile {
    /// The draft's number, such as 18.
    package var number: Int { Int(name.drop { !$0.isNumber }) ?? 0 }
}
