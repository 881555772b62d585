internal import Wire

extension DecodedMessage {
    /// What an inspector shows of the message, as `profile`, which it was decoded with, writes it.
    ///
    /// It has no fields when the draft cannot write it again.
    package func item(_ profile: Profile) -> InspectedItem {
        InspectedItem(
            .message, layout.name, code: layout.code, at: offset, length: byteCount, fields: fields(profile)
        ).named(by: profile, nil)
    }

    private func fields(_ profile: Profile) -> [Field] {
        var bytes: [UInt8] = []
        guard (try? append(to: &bytes, profile: profile)) != nil else { return [] }
        var start = 0
        _ = profile.integers.read(bytes.span, at: &start)
        // The length.
        start += 2
        let reader = FieldReader(
            Bytes(bytes).slice(from: start), profile: profile, base: offset + UInt64(start), section: layout.name,
            takesEmptyPrefix: true)
        var recorder = FieldRecorder(reader)
        var copy = ControlMessage.blank(layout.kind)
        // What was read and written is read again; should it fail, what came before is shown.
        try? copy.visit(layout, &recorder, context)
        return recorder.fields
    }
}
