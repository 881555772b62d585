/// What one draft changes in one respect against the draft before it.
package struct DraftChange: Hashable, Sendable {
    /// The draft's number.
    package var draft: Int
    /// ALPN identifier, such as "moqt-18".
    package var alpn: String
    /// What it is about, such as "messages".
    package var topic: String
    package var added: [String] = []
    package var removed: [String] = []
    /// With another name, number or layout.
    package var changed: [String] = []
}

extension DraftChange {
    /// What each draft changes, oldest first, read off the profiles. Of the oldest it is said what there is.
    package static func all(_ profiles: [Profile] = Profile.all) -> [DraftChange] {
        let drafts = profiles.sorted { $0.number < $1.number }
        guard let oldest = drafts.first else { return [] }
        return beginning(oldest) + zip(drafts, drafts.dropFirst()).flatMap { compare($0, $1) }
    }

    private static func beginning(_ profile: Profile) -> [DraftChange] {
        let counts = [
            "\(profile.numberedMessages.count) messages", "\(profile.parameters.count) parameters",
            "\(profile.setupOptions.count) setup options",
        ]
        var tables = DraftChange(draft: profile.number, alpn: profile.alpn, topic: "tables")
        tables.added = counts
        var streams = DraftChange(draft: profile.number, alpn: profile.alpn, topic: "streams and objects")
        streams.added = profile.features
        return [tables, streams]
    }

    private static func compare(_ old: Profile, _ new: Profile) -> [DraftChange] {
        let topics: [(String, [NumberedName], [NumberedName])] = [
            ("messages", old.numberedMessages, new.numberedMessages),
            ("parameters", old.numberedParameters, new.numberedParameters),
            ("setup options", old.numberedOptions, new.numberedOptions),
            ("session codes", old.codes.session.numbered, new.codes.session.numbered),
            ("request codes", old.codes.request.numbered, new.codes.request.numbered),
            ("PUBLISH_DONE codes", old.codes.publishDone.numbered, new.codes.publishDone.numbered),
            ("stream reset codes", old.codes.streamReset.numbered, new.codes.streamReset.numbered),
        ]
        let tables = topics.map { topic, before, after in
            DraftChange(new, topic, from: before, to: after)
        }
        var features = DraftChange(draft: new.number, alpn: new.alpn, topic: "streams and objects")
        features.added = new.features.filter { !old.features.contains($0) }
        features.removed = old.features.filter { !new.features.contains($0) }
        let changes = (tables + [features]).filter { !$0.isEmpty }
        return changes.isEmpty ? [DraftChange(draft: new.number, alpn: new.alpn, topic: "nothing")] : changes
    }

    private init(_ profile: Profile, _ topic: String, from old: [NumberedName], to new: [NumberedName]) {
        self.init(draft: profile.number, alpn: profile.alpn, topic: topic)
        var gone = old
        for entry in new {
            if let index = gone.firstIndex(where: { $0.name == entry.name }) {
                let before = gone.remove(at: index)
                if before.number != entry.number {
                    changed.append("\(entry.name) \(before.digits) -> \(entry.digits)")
                } else if before.layout != entry.layout {
                    changed.append(entry.name)
                }
            } else if let index = gone.firstIndex(where: { $0.number == entry.number && $0.identity == entry.identity })
            {
                changed.append("\(gone.remove(at: index).name) -> \(entry.name)")
            } else {
                added.append("\(entry.name) \(entry.digits)")
            }
        }
        removed = gone.map { "\($0.name) \($0.digits)" }
    }

    private var isEmpty: Bool { added.isEmpty && removed.isEmpty && changed.isEmpty }
}

/// An entry of one of a profile's tables.
private struct NumberedName {
    var number: UInt64
    var name: String
    /// The same of entries that mean the same, whatever they are called.
    var identity: UInt64
    /// What follows the number on the wire.
    var layout: String

    var digits: String { "0x" + String(number, radix: 16, uppercase: true) }
}

extension CodeTable {
    fileprivate var numbered: [NumberedName] {
        entries.map { NumberedName(number: $0.number, name: $0.name, identity: $0.code.rawValue, layout: "") }
    }
}

extension Profile {
    /// A message with several layouts is one entry.
    fileprivate var numberedMessages: [NumberedName] {
        var result: [NumberedName] = []
        for message in messages {
            if let index = result.firstIndex(where: { $0.number == message.code && $0.name == message.name }) {
                result[index].layout += " \(message.fields)"
            } else {
                result.append(
                    NumberedName(
                        number: message.code, name: message.name, identity: UInt64(message.kind.rawValue),
                        layout: "\(message.fields)"))
            }
        }
        return result.sorted { $0.number < $1.number }
    }

    fileprivate var numberedParameters: [NumberedName] {
        parameters.map {
            NumberedName(
                number: $0.code, name: "\($0.field)", identity: UInt64($0.kind.rawValue), layout: "\($0.encoding)")
        }
    }

    fileprivate var numberedOptions: [NumberedName] {
        setupOptions.map { NumberedName(number: $0.type, name: $0.kind.name, identity: $0.type, layout: "") }
    }

    /// How things are written where no number names it, a phrase each.
    fileprivate var features: [String] {
        encodingFeatures + streamFeatures + fetchFeatures
    }

    private var encodingFeatures: [String] {
        let integer =
            switch integers {
            case .quic: "integers of RFC 9000"
            case .vi64Without7: "vi64 integers without the form of 7 bytes"
            case .vi64: "vi64 integers"
            }
        return [integer, "types of properties " + (pairs.isDelta ? "as differences" : "in full")]
    }

    private var streamFeatures: [String] {
        var result: [String] = []
        switch requestStreams {
        case []: result.append("requests on one control stream")
        case .all: result.append("a stream for each request")
        default: result.append("SUBSCRIBE_NAMESPACE on a stream of its own")
        }
        if streams.defaultPriority != 0 { result.append("default priority in subgroups and datagrams") }
        if streams.firstObject != 0 { result.append("FIRST_OBJECT in subgroups") }
        if streams.padding != nil { result.append("padding") }
        if objects.statuses.contains(.doesNotExist) { result.append("status Object Does Not Exist") }
        if objects.mandatoryProperties != nil { result.append("mandatory properties") }
        return result
    }

    private var fetchFeatures: [String] {
        let fetch = objects.fetch
        var result: [String] = []
        switch fetch.flags {
        case .none: result.append("all fields in FETCH objects")
        case .octet: result.append("a byte of flags in FETCH objects")
        case .integer: result.append("an integer of flags in FETCH objects")
        }
        if fetch.isDelta { result.append("IDs as differences in FETCH objects") }
        if fetch.hasStatus { result.append("status in FETCH objects") }
        if fetch.gaps.contains(.unknown) { result.append("ends of absent and unknown ranges in FETCH") }
        if fetch.gaps.contains(.timedOut) { result.append("ends of timed-out ranges in FETCH") }
        return result
    }
}

extension SetupOptionKind {
    /// The draft's name.
    fileprivate var name: String {
        switch self {
        case .path: "PATH"
        case .authority: "AUTHORITY"
        case .maxAuthTokenCacheSize: "MAX_AUTH_TOKEN_CACHE_SIZE"
        case .authorizationToken: "AUTHORIZATION_TOKEN"
        case .implementation: "MOQT_IMPLEMENTATION"
        case .maxFilterRanges: "MAX_FILTER_RANGES"
        case .maxRequestUpdates: "MAX_REQUEST_UPDATES"
        case .maxRequestID: "MAX_REQUEST_ID"
        }
    }
}
