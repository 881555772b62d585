/// A publisher's number for a track on data streams and datagrams (draft-18 "Track Alias"). Any 64-bit value.
public struct TrackAlias: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
    /// The number on the wire.
    public var rawValue: UInt64

    /// Of the number on the wire.
    public init(rawValue: UInt64) { self.rawValue = rawValue }

    /// The number.
    public var description: String { "\(rawValue)" }
}

/// The number of a request (draft-18 "Request ID"): even from the client, odd from the server, stepping by 2.
public struct RequestID: RawRepresentable, Hashable, Comparable, Sendable, CustomStringConvertible {
    /// The number on the wire.
    public var rawValue: UInt64

    /// Of the number on the wire.
    public init(rawValue: UInt64) { self.rawValue = rawValue }

    /// The server chose it.
    public var isServerChosen: Bool { rawValue & 1 != 0 }

    /// By number.
    public static func < (a: Self, b: Self) -> Bool { a.rawValue < b.rawValue }

    /// The number.
    public var description: String { "\(rawValue)" }
}

/// What a request asks for; the message that opened its stream.
public enum RequestKind: UInt8, Hashable, Sendable, CaseIterable {
    case subscribe, publish, fetch, trackStatus, publishNamespace, subscribeNamespace, subscribeTracks

    /// It concerns namespaces, not one track; a redirect of it names no track (draft-18 "Redirect Structure").
    public var isNamespaceScoped: Bool {
        switch self {
        case .publishNamespace, .subscribeNamespace, .subscribeTracks: true
        case .subscribe, .publish, .fetch, .trackStatus: false
        }
    }

    /// The newest draft's name of the message that opens it, such as "SUBSCRIBE".
    package var messageName: String {
        for profile in Profile.all {
            if let layout = profile.messages.first(where: { $0.places.opens == self }) { return layout.name }
        }
        return "\(self)"
    }
}
