public import Wire

/// What a unidirectional stream carries (draft-18 "Unidirectional Stream Types").
public enum UniStreamKind: Hashable, Sendable {
    /// Control messages; SETUP is stream type and message type at once.
    case control
    case subgroup
    case fetch
    /// Zeros, to be discarded.
    case padding

    /// - Throws: for a type that the draft does not know.
    init(type: UInt64, _ profile: Profile) throws(CodecError) {
        let streams = profile.streams
        if streams.isSubgroup(type) {
            self = .subgroup
        } else if type == streams.fetch {
            self = .fetch
        } else if type == streams.setup {
            self = .control
        } else if type == streams.padding {
            self = .padding
        } else {
            throw .violation(
                "unknown type 0x\(String(type, radix: 16))", field: "Type", offset: 0,
                section: "Unidirectional Stream Types")
        }
    }
}

/// Finds out what a unidirectional stream carries from its first bytes, however they are split.
public struct UniStreamRecognizer: Sendable {
    private let profile: Profile
    private var pending: [UInt8] = []

    /// For the start of a stream.
    public init(profile: Profile) { self.profile = profile }

    /// Returns the kind, with all bytes from the start of the stream on for the decoder of that kind; nil while the
    /// type is incomplete.
    ///
    /// - Throws: for a type that the draft does not know.
    public mutating func received(_ bytes: Bytes) throws(CodecError) -> (kind: UniStreamKind, bytes: Bytes)? {
        var all = bytes
        if !pending.isEmpty {
            bytes.append(to: &pending)
            all = Bytes(pending)
        }
        var position = 0
        guard let type = profile.integers.read(all.span, at: &position) else {
            guard all.isEmpty || !profile.integers.forbids(all.span[0]) else {
                throw .violation(
                    "no integer begins so", field: "Type", offset: 0, section: "Variable-Length Integers")
            }
            pending = all.array
            return nil
        }
        pending = []
        return (try UniStreamKind(type: type, profile), all)
    }
}

/// Padding (draft-18 "Padding"): a type, then zeros.
public enum Padding {
    /// Appends the type that opens a padding stream; any number of zero bytes may follow.
    public static func appendStreamType(to out: inout [UInt8], profile: Profile) throws(CodecError) {
        try append(profile.streams.padding, to: &out, profile, section: "Unidirectional Stream Types")
    }

    /// Appends the type that opens a padding datagram; any number of zero bytes may follow.
    public static func appendDatagramType(to out: inout [UInt8], profile: Profile) throws(CodecError) {
        try append(profile.datagrams.padding, to: &out, profile, section: "Datagrams")
    }

    private static func append(
        _ type: UInt64?, to out: inout [UInt8], _ profile: Profile, section: String
    ) throws(CodecError) {
        guard let type else {
            throw .inexpressible("\(profile.name) has no padding", field: "Type", section: section)
        }
        profile.integers.append(type, to: &out)
    }
}
