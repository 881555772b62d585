extension ControlMessage {
    /// Which message it is.
    package var kind: MessageKind {
        switch self {
        case .setup: .setup
        case .goAway: .goAway
        case .subscribe: .subscribe
        case .subscribeOK: .subscribeOK
        case .publish: .publish
        case .publishDone: .publishDone
        case .fetch: .fetch
        case .fetchOK: .fetchOK
        case .trackStatus: .trackStatus
        case .publishNamespace: .publishNamespace
        case .subscribeNamespace: .subscribeNamespace
        case .subscribeTracks: .subscribeTracks
        case .namespace: .namespace
        case .namespaceDone: .namespaceDone
        case .publishBlocked: .publishBlocked
        case .requestUpdate: .requestUpdate
        case .requestOK: .requestOK
        case .requestError: .requestError
        case .maxRequestID: .maxRequestID
        case .requestsBlocked: .requestsBlocked
        case .unsubscribe: .unsubscribe
        case .fetchCancel: .fetchCancel
        case .publishNamespaceDone: .publishNamespaceDone
        case .publishNamespaceCancel: .publishNamespaceCancel
        case .unsubscribeNamespace: .unsubscribeNamespace
        case .publishStateNotify: .publishStateNotify
        }
    }

    /// The newest draft's name of the message, such as "SUBSCRIBE_OK".
    public var name: String {
        for profile in Profile.all {
            if let layout = profile.messages.first(where: { $0.kind == kind }) { return layout.name }
        }
        return "\(kind)"
    }

    /// The kind of request this message opens; nil for every other message.
    public var opens: RequestKind? {
        switch self {
        case .subscribe: .subscribe
        case .publish: .publish
        case .fetch: .fetch
        case .trackStatus: .trackStatus
        case .publishNamespace: .publishNamespace
        case .subscribeNamespace: .subscribeNamespace
        case .subscribeTracks: .subscribeTracks
        case .setup, .goAway, .subscribeOK, .publishDone, .fetchOK, .namespace, .namespaceDone, .publishBlocked,
            .requestUpdate, .requestOK, .requestError, .maxRequestID, .requestsBlocked, .unsubscribe, .fetchCancel,
            .publishNamespaceDone, .publishNamespaceCancel, .unsubscribeNamespace, .publishStateNotify:
            nil
        }
    }

    /// Why the request must be refused or cancelled though the session lives, such as a Mandatory Track Property
    /// that is unknown here or a filter that makes no sense; nil when nothing speaks against it (draft-22 "Mandatory
    /// Track Properties", "Range Filters").
    /// - Parameter maxFilterRanges: the MAX_FILTER_RANGES that this end's SETUP gave; 0 when it gave none.
    public func refusal(_ profile: Profile, maxFilterRanges: UInt64 = 0) -> CodecError? {
        switch self {
        case .publish(let message):
            message.parameters.filterRefusal ?? message.trackProperties.trackRefusal(profile)
        case .subscribeOK(let message): message.trackProperties.trackRefusal(profile)
        case .fetchOK(let message): message.trackProperties.trackRefusal(profile)
        case .subscribe(let message): message.parameters.refusal(maxFilterRanges: maxFilterRanges)
        case .fetch(let message): message.parameters.refusal(maxFilterRanges: maxFilterRanges)
        case .subscribeTracks(let message): message.parameters.refusal(maxFilterRanges: maxFilterRanges)
        case .requestUpdate(let message): message.parameters.refusal(maxFilterRanges: maxFilterRanges)
        case .requestOK(let message): message.parameters.filterRefusal
        case .publishStateNotify(let message): message.parameters.filterRefusal
        case .setup, .goAway, .publishDone, .trackStatus, .publishNamespace, .subscribeNamespace, .namespace,
            .namespaceDone, .publishBlocked, .requestError, .maxRequestID, .requestsBlocked, .unsubscribe, .fetchCancel,
            .publishNamespaceDone, .publishNamespaceCancel, .unsubscribeNamespace:
            nil
        }
    }

    /// Appends type, length and body to `out`, which is left as it was when this throws.
    ///
    /// - Throws: ``CodecError`` of scope `caller` when the draft cannot express the message, or not in this context, or
    ///   when the context leaves open which of several types it has.
    public func append(
        to out: inout [UInt8], profile: Profile, context: MessageContext
    ) throws(CodecError) {
        let layouts = profile.layouts(of: kind)
        guard let index = layouts.firstIndex(where: { $0.fits(context) }) else {
            throw .inexpressible(
                "\(profile.name) has no \(kind) here", field: "Message Type",
                section: "Control Messages")
        }
        guard context.place != .any || !layouts[(index + 1)...].contains(where: { $0.fits(context) }) else {
            throw .inexpressible(
                "what \(kind) belongs to is not said", field: "Message Type", section: "Control Messages")
        }
        try append(to: &out, profile: profile, layout: layouts[index], context: context)
    }

    /// The same with one layout out of those that the message has in the draft.
    func append(
        to out: inout [UInt8], profile: Profile, layout: MessageLayout, context: MessageContext
    ) throws(CodecError) {
        let start = out.count
        var writer = FieldWriter(profile: profile, section: layout.name)
        swap(&out, &writer.out)
        defer { swap(&out, &writer.out) }
        do {
            try write(layout, &writer, context.settled(by: layout))
        } catch {
            writer.out.removeSubrange(start...)
            throw error
        }
    }

    private func write(
        _ layout: MessageLayout, _ writer: inout FieldWriter, _ context: MessageContext
    ) throws(CodecError) {
        writer.profile.integers.append(layout.code, to: &writer.out)
        let lengthAt = writer.out.count
        writer.out += [0, 0]
        var copy = self
        try copy.visit(layout, &writer, context)
        let length = writer.out.count - lengthAt - 2
        guard length <= 65_535 else {
            throw .inexpressible(
                "\(length) bytes are too long for a message", field: "Message Length",
                section: "Control Messages")
        }
        writer.out[lengthAt] = UInt8(length >> 8)
        writer.out[lengthAt + 1] = UInt8(length & 0xFF)
    }

    /// A message of the kind with nothing filled in.
    package static func blank(_ kind: MessageKind) -> ControlMessage {
        switch kind {
        case .setup: .setup(.init())
        case .goAway: .goAway(.init())
        case .subscribe: .subscribe(.init())
        case .subscribeOK: .subscribeOK(.init())
        case .publish: .publish(.init())
        case .publishDone: .publishDone(.init())
        case .fetch: .fetch(.init())
        case .fetchOK: .fetchOK(.init())
        case .trackStatus: .trackStatus(.init())
        case .publishNamespace: .publishNamespace(.init())
        case .subscribeNamespace: .subscribeNamespace(.init())
        case .subscribeTracks: .subscribeTracks(.init())
        case .namespace: .namespace(.init())
        case .namespaceDone: .namespaceDone(.init())
        case .publishBlocked: .publishBlocked(.init())
        case .requestUpdate: .requestUpdate(.init())
        case .requestOK: .requestOK(.init())
        case .requestError: .requestError(.init())
        case .maxRequestID: .maxRequestID(.init())
        case .requestsBlocked: .requestsBlocked(.init())
        case .unsubscribe: .unsubscribe(.init())
        case .fetchCancel: .fetchCancel(.init())
        case .publishNamespaceDone: .publishNamespaceDone(.init())
        case .publishNamespaceCancel: .publishNamespaceCancel(.init())
        case .unsubscribeNamespace: .unsubscribeNamespace(.init())
        case .publishStateNotify: .publishStateNotify(.init())
        }
    }

    /// Shows `visitor` the fields in order.
    ///
    /// - Throws: what the visitor does; and when it writes, for a value that the layout has no field for.
    mutating func visit(
        _ layout: MessageLayout, _ visitor: inout some FieldVisitor, _ context: MessageContext
    ) throws(CodecError) {
        switch self {
        case .setup(let body): self = .setup(try visited(body, layout, &visitor, context))
        case .goAway(let body): self = .goAway(try visited(body, layout, &visitor, context))
        case .subscribe(let body): self = .subscribe(try visited(body, layout, &visitor, context))
        case .subscribeOK(let body): self = .subscribeOK(try visited(body, layout, &visitor, context))
        case .publish(let body): self = .publish(try visited(body, layout, &visitor, context))
        case .publishDone(let body): self = .publishDone(try visited(body, layout, &visitor, context))
        case .fetch(let body): self = .fetch(try visited(body, layout, &visitor, context))
        case .fetchOK(let body): self = .fetchOK(try visited(body, layout, &visitor, context))
        case .trackStatus(let body): self = .trackStatus(try visited(body, layout, &visitor, context))
        case .publishNamespace(let body): self = .publishNamespace(try visited(body, layout, &visitor, context))
        case .subscribeNamespace(let body): self = .subscribeNamespace(try visited(body, layout, &visitor, context))
        case .subscribeTracks(let body): self = .subscribeTracks(try visited(body, layout, &visitor, context))
        case .namespace(let body): self = .namespace(try visited(body, layout, &visitor, context))
        case .namespaceDone(let body): self = .namespaceDone(try visited(body, layout, &visitor, context))
        case .publishBlocked(let body): self = .publishBlocked(try visited(body, layout, &visitor, context))
        case .requestUpdate(let body): self = .requestUpdate(try visited(body, layout, &visitor, context))
        case .requestOK(let body): self = .requestOK(try visited(body, layout, &visitor, context))
        case .requestError(let body): self = .requestError(try visited(body, layout, &visitor, context))
        case .maxRequestID(let body): self = .maxRequestID(try visited(body, layout, &visitor, context))
        case .requestsBlocked(let body): self = .requestsBlocked(try visited(body, layout, &visitor, context))
        case .unsubscribe(let body): self = .unsubscribe(try visited(body, layout, &visitor, context))
        case .fetchCancel(let body): self = .fetchCancel(try visited(body, layout, &visitor, context))
        case .publishNamespaceDone(let body): self = .publishNamespaceDone(try visited(body, layout, &visitor, context))
        case .publishNamespaceCancel(let body):
            self = .publishNamespaceCancel(try visited(body, layout, &visitor, context))
        case .unsubscribeNamespace(let body): self = .unsubscribeNamespace(try visited(body, layout, &visitor, context))
        case .publishStateNotify(let body): self = .publishStateNotify(try visited(body, layout, &visitor, context))
        }
    }
}

private func visited<Body: MessageBody, Visitor: FieldVisitor>(
    _ body: consuming Body, _ layout: MessageLayout, _ visitor: inout Visitor, _ context: MessageContext
) throws(CodecError) -> Body {
    if !Visitor.reads {
        let surplus = body.filled.subtracting(layout.fieldSet)
        guard surplus.isEmpty else {
            throw visitor.fault("it has no field for \(surplus.all)", "Message Payload")
        }
    }
    for field in layout.fields { try body.visit(field, &visitor, context) }
    return body
}
