import MoQTCodec
import Wire

extension Claim {
    /// Numbers that a length or a count can claim, as `integers` writes them.
    static func numbers(_ integers: IntegerCoding) -> [[UInt8]] {
        [UInt64(65_535), 65_536, 1 << 30 - 1, integers.maximum].map { number in
            var out: [UInt8] = []
            integers.append(number, to: &out)
            return out
        }
    }

    /// What `bytes` become when a number that is claimed stands in place of any one byte.
    static func claims(in bytes: [UInt8], _ profile: Profile, _ form: Form) -> [Claim] {
        ([[0xFF, 0xFF]] + numbers(profile.integers).suffix(2)).flatMap { number in
            bytes.indices.map { place in
                let claimed = bytes[..<place] + number + bytes[(place + 1)...]
                return Claim(profile: profile, form: form, bytes: Array(claimed))
            }
        }
    }

    /// The ways in which `bytes` may come: at once, and in packets.
    private static func ways(_ bytes: [UInt8], _ profile: Profile, _ form: Form) -> [Claim] {
        [nil, 1_200].map { Claim(profile: profile, form: form, bytes: bytes, split: $0) }
    }

    // MARK: - Whole messages

    private static let fillers: [[UInt8]] = [[0], [1], [2, 1], [0x21, 1, 0]].map { filler in
        Array(repeatElement(filler, count: 65_535 / filler.count + 1).joined().prefix(65_535))
    }

    /// Some 65,400 bytes of properties.
    private static func properties(_ profile: Profile) -> Properties {
        let value = Bytes([UInt8](repeating: 0, count: 8_170))
        return Properties((0..<8).map { KeyValue(type: 0x8001 + 2 * $0, bytes: value) }, profile: profile)
    }

    /// A message of every type that claims the greatest length, and is empty so far or full of something.
    static func filledMessages(_ profile: Profile) -> [Claim] {
        var claims: [Claim] = []
        for layout in profile.messages {
            var header: [UInt8] = []
            profile.integers.append(layout.code, to: &header)
            header += [0xFF, 0xFF]
            for filler in [[]] + fillers {
                claims += ways(header + filler, profile, .control(.any(MessageContext(sender: nil, place: .any))))
            }
        }
        return claims
    }

    /// Messages of nearly the greatest length: one value that fills them, or as many values as are read.
    static func fullMessages(_ profile: Profile) -> [Claim] {
        messages(profile).flatMap { message in
            let context = MessageContext(sender: .client, place: message.opens.map { .request($0) } ?? .control)
            var bytes: [UInt8] = []
            // A draft need not have all of them.
            try? message.append(to: &bytes, profile: profile, context: context)
            return ways(bytes, profile, .control(.any(context)))
        }
    }

    private static func messages(_ profile: Profile) -> [ControlMessage] {
        let most = profile.limits.parameters
        let big = Bytes([UInt8](repeating: 0x2F, count: 65_480))
        let part = Bytes([UInt8](repeating: 0x2F, count: 65_480 / most - 8))
        let range = 0..<UInt64(most)
        var publish = Publish()
        publish.trackProperties = properties(profile)
        return [
            setup { $0.unknownOptions = range.map { _ in KeyValue(type: 0x7E, integer: 1) } },
            setup { $0.unknownOptions = range.map { _ in KeyValue(type: 0x7F, bytes: part) } },
            setup { $0.unknownOptions = [KeyValue(type: 0x7F, bytes: big)] },
            setup { $0.authorizationTokens = range.map { .useValue(type: $0, value: part) } },
            setup { $0.implementation = WireText(bytes: big.array) },
            setup { $0.path = WireText(bytes: big.array) },
            setup { $0.versions = Array(range) },
            subscribe { $0.authorizationTokens = range.map { .useAlias($0) } },
            subscribe { $0.authorizationTokens = range.map { .useValue(type: $0, value: part) } },
            subscribe { $0.authorizationTokens = [.register(alias: 1, type: 0, value: big)] },
            subscribe { $0.unknown = range.map { _ in KeyValue(type: 0x7E, integer: 1) } },
            subscribe { $0.unknown = range.map { _ in KeyValue(type: 0x7F, bytes: part) } },
            subscribe { $0.unknown = [KeyValue(type: 0x7F, bytes: big)] },
            subscribe { $0.rangeFilters = [RangeFilter(.objectID, range.map { 2 * $0...2 * $0 })] },
            .publish(publish),
        ]
    }

    private static func setup(_ fill: (inout Setup) -> Void) -> ControlMessage {
        var body = Setup()
        fill(&body)
        return .setup(body)
    }

    private static func subscribe(_ fill: (inout Parameters) -> Void) -> ControlMessage {
        var body = Subscribe()
        fill(&body.parameters)
        return .subscribe(body)
    }

    // MARK: - Streams and datagrams

    /// Objects that claim properties and payloads of any length, and bring none of it, or some.
    static func objects(_ profile: Profile) throws -> [Claim] {
        let header = SubgroupHeader(
            trackAlias: TrackAlias(rawValue: 1), group: 1, subgroup: .explicit(1), priority: 1, hasProperties: true)
        var subgroup: [UInt8] = []
        try header.append(to: &subgroup, profile: profile)
        var fetch: [UInt8] = []
        try FetchObjectEncoder(profile: profile, order: .ascending)
            .appendHeader(RequestID(rawValue: 0), to: &fetch)
        // Group, subgroup, object and priority, with flags in front where the draft has them.
        fetch += profile.objects.fetch.flags == .none ? [1, 1, 1, 1] : [0x3F, 1, 1, 1, 1]
        var datagram: [UInt8] = []
        try ObjectDatagram(
            trackAlias: TrackAlias(rawValue: 1), location: Location(group: 1, object: 1), priority: 1,
            content: .payload([])
        ).appendHeader(to: &datagram, profile: profile)
        datagram[0] |= UInt8(profile.datagrams.properties)
        var claims: [Claim] = []
        for number in numbers(profile.integers) {
            for behind in [[], properties(profile).raw.array + fillers[0].prefix(10_000)] {
                let rest = number + behind
                claims += ways(subgroup + [0] + rest, profile, .subgroup)
                claims += ways(subgroup + [0, 0] + rest, profile, .subgroup)
                claims += ways(fetch + rest, profile, .fetch)
                claims += ways(fetch + [0] + rest, profile, .fetch)
                claims += ways(rest, profile, .uni)
                claims.append(Claim(profile: profile, form: .datagram, bytes: datagram + rest))
            }
        }
        return claims
    }
}
