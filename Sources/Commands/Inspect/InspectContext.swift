internal import CommandLine
internal import MoQTCodec
internal import Wire

/// One `--context KEY=VALUE`.
enum ContextEntry: Hashable, Sendable {
    case receiver(EndpointRole)
    case answers(RequestKind)
    case updates(RequestKind)
    /// The response answers an update, of whatever request.
    case answersUpdate
    case first(Bool)
    case firstResponse(Bool)
    case descending(Bool)
    case overWebTransport(Bool)
    case filledRequest(String)
    case maximumFilterRanges(UInt64)
    case offeredVersions([UInt64])
    case containerVersion(LOCVersion)

    /// nil for a key or value there is not.
    init?(_ text: String) {
        let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 2 else { return nil }
        let value = parts[1]
        switch parts[0] {
        case "i_am": self.init(Self.roles[value], Self.receiver)
        case "answers" where Self.isUpdate(value): self = .answersUpdate
        case "answers": self.init(RequestKind(draftName: value), Self.answers)
        case "updates": self.init(RequestKind(draftName: value), Self.updates)
        case "first": self.init(Self.truths[value.lowercased()], Self.first)
        case "first_response": self.init(Self.truths[value.lowercased()], Self.firstResponse)
        case "desc": self.init(Self.truths[value.lowercased()], Self.descending)
        case "wt": self.init(Self.truths[value.lowercased()], Self.overWebTransport)
        case "fill_of": self.init(value.isEmpty ? nil : value, Self.filledRequest)
        case "max_ranges": self.init(Self.number(value), Self.maximumFilterRanges)
        case "offered": self.init(Self.numbers(value), Self.offeredVersions)
        case "loc": self.init(LOCVersion(number: value), Self.containerVersion)
        default: return nil
        }
    }

    private init?<Value>(_ value: Value?, _ make: (Value) -> Self) {
        guard let value else { return nil }
        self = make(value)
    }

    func apply(to context: inout InspectionContext) {
        switch self {
        case .receiver(let role): context.receiver = role
        case .answers(let kind): context.answers = kind
        case .updates(let kind): context.updates = kind
        case .answersUpdate: context.answers = nil
        case .first(let value): context.isFirst = value
        case .firstResponse(let value): context.isFirstResponse = value
        case .descending(let value): context.isDescending = value
        case .overWebTransport(let value): context.overWebTransport = value
        case .filledRequest(let request): context.filledRequest = request
        case .maximumFilterRanges(let number): context.maximumFilterRanges = number
        case .offeredVersions(let versions): context.offeredVersions = versions
        case .containerVersion(let version): context.containerVersion = version
        }
    }

    private static func isUpdate(_ name: String) -> Bool {
        Profile.all.contains { profile in
            profile.layouts(of: .requestUpdate).contains { $0.name == name.uppercased() }
        }
    }

    private static let roles: [String: EndpointRole] = ["client": .client, "server": .server]
    private static let truths = ["true": true, "false": false, "1": true, "0": false]

    /// Decimal, or hex behind 0x.
    private static func number(_ text: some StringProtocol) -> UInt64? {
        text.hasPrefix("0x") ? UInt64(text.dropFirst(2), radix: 16) : UInt64(text)
    }

    /// Numbers with commas between them; brackets around them are fine.
    private static func numbers(_ text: String) -> [UInt64]? {
        let list = text.hasPrefix("[") && text.hasSuffix("]") ? String(text.dropFirst().dropLast()) : text
        var result: [UInt64] = []
        for word in list.split(separator: ",", omittingEmptySubsequences: false) {
            guard let number = number(word.drop { $0 == " " }) else { return nil }
            result.append(number)
        }
        return result
    }
}

extension LOCVersion {
    /// By the number of a draft of the Low Overhead Container, such as "04"; nil when its properties are not known.
    fileprivate init?(number text: String) {
        switch text {
        case "00", "01", "0", "1": self = .loc01
        case "02", "2": self = .loc02
        case "03", "3": self = .loc03
        case "04", "4": self = .loc04
        default: return nil
        }
    }
}

extension RequestKind {
    /// By the name of the message that opens it, such as "SUBSCRIBE_NAMESPACE", in any draft; nil when there is none.
    fileprivate init?(draftName name: String) {
        for layout in Profile.all.flatMap(\.messages) where layout.name == name.uppercased() {
            guard let kind = layout.places.opens else { continue }
            self = kind
            return
        }
        return nil
    }
}

extension ValueType where Value == ContextEntry {
    static var context: Self {
        let keys = [
            "answers=", "i_am=", "first=", "first_response=", "desc=", "max_ranges=", "offered=", "wt=", "fill_of=",
            "updates=", "loc=",
        ]
        return Self(
            "KEY=VALUE",
            expects: "KEY=VALUE with one of the keys " + keys.map { $0.dropLast() }.joined(separator: ", "),
            completion: .words(keys)
        ) { ContextEntry($0) }
    }
}
