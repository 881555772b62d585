import MoQTCodec
import MoQTSession
import Wire

/// Choices, taken from an input in order; what is missing at its end is 0.
struct FuzzCursor {
    private let input: [UInt8]
    private var position: Int

    init(_ input: [UInt8], from position: Int) {
        self.input = input
        self.position = position
    }

    var isAtEnd: Bool { position >= input.count }

    mutating func byte() -> UInt8 {
        guard position < input.count else { return 0 }
        defer { position += 1 }
        return input[position]
    }

    /// Below `bound`, which is at most 256.
    mutating func number(below bound: Int) -> Int { bound > 0 ? Int(byte()) % bound : 0 }

    mutating func flag() -> Bool { byte() & 1 != 0 }

    mutating func bytes(_ count: Int) -> [UInt8] {
        let end = min(input.count, position + count)
        defer { position = end }
        return Array(input[min(position, end)..<end])
    }

    mutating func element<Element>(of list: [Element]) -> Element? {
        list.isEmpty ? nil : list[number(below: list.count)]
    }

    // MARK: - Of the protocol

    mutating func location() -> Location { Location(group: UInt64(byte() & 7), object: UInt64(byte() & 7)) }

    mutating func namespace() -> TrackNamespace {
        let fields = ["a", "b", "."]
        let names = (0..<number(below: 3)).map { _ in Array(fields[number(below: 3)].utf8) }
        return (try? TrackNamespace(names)) ?? TrackNamespace()
    }

    mutating func track() -> FullTrackName {
        let name = number(below: 3) == 0 ? "t" : "u"
        if let track = try? FullTrackName(namespace: TrackNamespace([[0x61]]), name: TrackName(utf8: name)) {
            return track
        }
        fatalError("a name of one letter")
    }

    mutating func filter() -> LocationFilter {
        switch number(below: 5) {
        case 0: .unfiltered
        case 1: .relativeStart(groups: UInt64(byte() & 3))
        case 2: .nextObject
        case 3: .absoluteStart(location())
        default: .absoluteRange(start: location(), end: RangeEnd(group: UInt64(byte() & 7), object: flag() ? 3 : nil))
        }
    }

    mutating func join() -> Join { flag() ? .groups(before: UInt64(byte() & 3)) : .from(location()) }

    /// Mostly none, since each message has few that fit.
    mutating func parameters() -> Parameters {
        var parameters = Parameters()
        let first = byte()
        if first & 0x80 == 0 { return parameters }
        if first & 0x01 != 0 { parameters.forward = flag() }
        if first & 0x02 != 0 { parameters.subscriberPriority = byte() }
        if first & 0x04 != 0 { parameters.locationFilter = filter() }
        if first & 0x08 != 0 { parameters.groupOrder = flag() ? .ascending : .descending }
        if first & 0x10 != 0 { parameters.objectDeliveryTimeout = UInt64(byte()) * 10 + 1 }
        if first & 0x20 != 0 { parameters.largestObject = location() }
        guard first & 0x40 != 0 else { return parameters }
        let second = byte()
        if second & 0x01 != 0 { parameters.rendezvousTimeout = UInt64(byte()) * 10 + 1 }
        if second & 0x02 != 0 { parameters.expires = UInt64(byte()) }
        if second & 0x04 != 0 { parameters.newGroupRequest = UInt64(byte()) }
        if second & 0x08 != 0 { parameters.trackNamespacePrefix = namespace() }
        if second & 0x10 != 0 { parameters.includeProperties = flag() }
        if second & 0x20 != 0 {
            var fill = FillParameters()
            fill.locationFilter = filter()
            parameters.fill = fill
        }
        if second & 0x40 != 0 { parameters.subgroupDeliveryTimeout = UInt64(byte()) * 10 + 1 }
        return parameters
    }

    mutating func properties() -> [KeyValue] {
        switch number(below: 8) {
        case 0: [KeyValue(type: 0x02, integer: UInt64(byte()))]
        case 1: [KeyValue(type: 0x1234, integer: 7)]
        default: []
        }
    }

    mutating func target(of request: RequestID) -> Fetch.Target {
        switch number(below: 4) {
        case 0: .relativeJoining(request: request, groups: UInt64(byte() & 3))
        case 1: .absoluteJoining(request: request, group: UInt64(byte() & 7))
        default: .standalone(track: track(), range: flag() ? filter() : nil)
        }
    }
}
