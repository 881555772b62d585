import MoQTCodec
import Wire

/// Drafts whose integers are those of RFC 9000: 14 to 16.
let quicDrafts = Profile.all.filter { $0.integers == .quic }
/// Drafts whose parameters are Key-Value-Pairs with types in full: 14 and 15.
let laxDrafts: [Profile] = [.draft14, .draft15]
/// Drafts since 17.
let vi64Drafts = Profile.all.filter { $0.integers != .quic }

func isOne(_ profile: Profile, of drafts: [Profile]) -> Bool { drafts.contains { $0 === profile } }

/// What nothing is known of but its bytes.
let anywhere = MessageContext(sender: nil, place: .any)

/// Bytes of messages in hexadecimal, in the terms of a draft.
extension Profile {
    private func layout(_ kind: MessageKind) -> MessageLayout { messages.first { $0.kind == kind }! }

    func integer(_ value: UInt64) -> String {
        var bytes: [UInt8] = []
        integers.append(value, to: &bytes)
        return hex(bytes)
    }

    /// `body` under the first type that the draft has for `kind`.
    func framed(_ kind: MessageKind, _ body: String) -> String {
        let count = body.utf8.count / 2
        return integer(layout(kind).code) + hex([UInt8(count >> 8), UInt8(count & 0xFF)]) + body
    }

    /// A request with ID 0, which depends on no other.
    func request(_ kind: MessageKind, _ rest: String) -> String {
        framed(kind, (layout(kind).fields.contains(.requiredRequestID) ? "0000" : "00") + rest)
    }

    /// An answer or a notice about request 4.
    func answer(_ kind: MessageKind, _ rest: String) -> String {
        framed(kind, (layout(kind).fields.contains(.targetRequestID) ? "04" : "") + rest)
    }

    /// SUBSCRIBE with these parameters, and their number in front.
    func subscribe(_ parameters: String) -> String {
        request(.subscribe, "0101610162" + (layout(.subscribe).fields.contains(.filter) ? "80000102" : "") + parameters)
    }

    /// SUBSCRIBE_OK with these parameters, and their number in front.
    func subscribeOK(_ parameters: String) -> String {
        answer(.subscribeOK, "07" + (layout(.subscribeOK).fields.contains(.expires) ? "000100" : "") + parameters)
    }

    /// The setup message with these options.
    func setup(_ options: [String], from sender: EndpointRole = .client) -> String {
        let layout = messages.first { $0.kind == .setup && $0.places.sender ?? sender == sender }!
        var body = options.joined()
        if layout.fields.contains(.countedSetupOptions) { body = integer(UInt64(options.count)) + body }
        if layout.fields.contains(.versions) { body = "01" + (sender == .client ? "01" : "") + body }
        return integer(layout.code) + hex([0, UInt8(body.utf8.count / 2)]) + body
    }

    /// The type that `later` is written as behind `earlier`.
    func type(_ later: UInt64, after earlier: UInt64) -> String {
        switch pairs {
        case .absolute: integer(later)
        case .delta: integer(later - earlier)
        }
    }
}
