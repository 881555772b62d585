internal import Wire

extension Properties {
    /// Why a track with these Track Properties must be refused though the session lives; nil when it need not.
    ///
    /// draft-18 "Mandatory Track Properties", "Immutable Properties".
    func trackRefusal(_ profile: Profile) -> CodecError? {
        var check = PropertyCheck(profile: profile, isTrack: true)
        do { try check.walk(raw.span, coding) } catch { return error.scope.isSession ? nil : error }
        return nil
    }

    /// Rules of Track Properties whose breach closes the session. - Parameter base: stream offset of the list.
    func checkTrack(_ profile: Profile, base: UInt64) throws(CodecError) {
        var check = PropertyCheck(profile: profile, isTrack: true, base: base)
        do { try check.walk(raw.span, coding) } catch { if error.scope.isSession { throw error } }
    }
}

extension CodecError.Scope {
    var isSession: Bool {
        switch self {
        case .session: true
        case .request, .track, .caller: false
        }
    }
}

/// Holds a list of properties to the draft's rules, without taking memory.
struct PropertyCheck {
    private let profile: Profile
    private let isTrack: Bool
    private let base: UInt64
    private let group: UInt64
    private let object: UInt64
    private var immutables = 0
    /// A Prior Group or Object ID Gap, and where it is on the stream.
    struct Gap {
        /// At most the Group or Object ID.
        var count: UInt64
        var offset: UInt64
    }

    private(set) var groupGap: Gap?
    private(set) var objectGap: Gap?
    /// A rule that is not the session's; kept so that those that are come first.
    private var refusal: CodecError?

    /// - Parameter base: stream offset of the span's first byte.
    init(profile: Profile, isTrack: Bool, base: UInt64 = 0, group: UInt64 = 0, object: UInt64 = 0) {
        self.profile = profile
        self.isTrack = isTrack
        self.base = base
        self.group = group
        self.object = object
    }

    /// Checks the pairs in `bytes` from `start` to `end`.
    mutating func walk(
        _ bytes: Span<UInt8>, _ coding: KeyValueCoding, from start: Int = 0, to end: Int? = nil
    ) throws(CodecError) {
        var cursor = KeyValueCursor(coding, from: start, to: end ?? bytes.count)
        while let pair = try next(&cursor, bytes) {
            try check(pair, nested: false)
            guard pair.type == PropertyType.immutableProperties else { continue }
            immutables += 1
            if immutables > 1, !profile.objects.repeatsImmutables {
                refuse(pair, "two Immutable Properties", section: profile.objects.names.immutableProperties)
            }
            try walkImmutables(bytes, coding, pair)
        }
        if let refusal { throw refusal }
    }

    private mutating func walkImmutables(
        _ bytes: Span<UInt8>, _ coding: KeyValueCoding, _ list: KeyValueCursor.Pair
    ) throws(CodecError) {
        var cursor = KeyValueCursor(coding, from: list.start, to: list.end)
        do {
            while let pair = try cursor.next(bytes) {
                if pair.type == PropertyType.immutableProperties {
                    refuse(
                        pair, "Immutable Properties within themselves",
                        section: profile.objects.names.immutableProperties)
                }
                try check(pair, nested: true)
            }
        } catch let error as CodecError {
            throw error
        } catch {
            refuse(list, "a pair within cannot be read", section: profile.objects.names.immutableProperties)
        }
    }

    private func next(
        _ cursor: inout KeyValueCursor, _ bytes: Span<UInt8>
    ) throws(CodecError) -> KeyValueCursor.Pair? {
        do { return try cursor.next(bytes) } catch { throw CodecError(error, base: base) }
    }

    private mutating func check(_ pair: KeyValueCursor.Pair, nested: Bool) throws(CodecError) {
        if profile.objects.mandatoryProperties?.contains(pair.type) == true {
            refuse(
                pair, "mandatory property 0x\(String(pair.type, radix: 16))", section: "Mandatory Track Properties",
                request: .unsupportedExtension)
        }
        if isTrack {
            for rule in profile.trackProperties where rule.type == pair.type && !rule.range.contains(pair.value) {
                throw .violation(
                    "\(pair.value) is outside \(rule.range)", field: rule.section,
                    offset: base + UInt64(pair.offset), section: rule.section)
            }
        } else {
            checkGaps(pair)
        }
    }

    /// draft-18 "Prior Group ID Gap", "Prior Object ID Gap".
    private mutating func checkGaps(_ pair: KeyValueCursor.Pair) {
        if pair.type == PropertyType.priorGroupIDGap {
            if groupGap != nil || pair.value > group {
                refuse(pair, "repeated, or larger than the Group ID", section: "Prior Group ID Gap")
            }
            groupGap = Gap(count: pair.value, offset: base + UInt64(pair.offset))
        } else if pair.type == PropertyType.priorObjectIDGap {
            if objectGap != nil || pair.value > object {
                refuse(pair, "repeated, or larger than the Object ID", section: "Prior Object ID Gap")
            }
            objectGap = Gap(count: pair.value, offset: base + UInt64(pair.offset))
        }
    }

    private mutating func refuse(
        _ pair: KeyValueCursor.Pair, _ what: String, section: String, request: RequestErrorCode = .malformedTrack
    ) {
        guard refusal == nil else { return }
        refusal = CodecError(
            isTrack && request != .malformedTrack ? .request(request) : .track, what,
            field: isTrack ? "Track Properties" : "\(profile.objects.names.properties)",
            offset: base + UInt64(pair.offset), section: section)
    }
}
