import MoQTCodec
import Testing
import Wire

extension Seeded {
    /// A number that the draft's integers hold.
    mutating func number(_ draft: Int) -> UInt64 { draft <= 16 ? number() >> 2 : number() }

    /// A number that leaves room for steps from it.
    fileprivate mutating func beginning(_ draft: Int) -> UInt64 { number(draft) >> 1 }

    mutating func payload() -> [UInt8] { chance() ? [] : bytes(1...9) }

    mutating func objectProperties(_ draft: Int) -> Properties {
        Properties(
            (0..<Int.random(in: 0...3, using: &self)).map { _ in
                let type = 0x8000 + next() % 5000
                return type & 1 == 0
                    ? KeyValue(type: type, integer: number(draft)) : KeyValue(type: type, bytes: Bytes(bytes(0...9)))
            }, profile: data(draft))
    }

    /// A status without payload that may have come from a fetch or not.
    fileprivate mutating func status(_ draft: Int, isLast: Bool) -> ObjectStatus {
        if isLast, chance() { return chance() ? .endOfGroup : .endOfTrack }
        return draft <= 15 && chance() ? .doesNotExist : .normal
    }

    mutating func subgroupStream(_ draft: Int) -> [DataEvent] {
        let modes: [SubgroupHeader.SubgroupID] = [.zero, .firstObject, .explicit(number(draft))]
        let header = SubgroupHeader(
            trackAlias: TrackAlias(rawValue: number(draft)), group: number(draft), subgroup: modes[Int(next() % 3)],
            priority: draft == 14 || chance() ? UInt8(next() % 256) : nil, hasProperties: chance(),
            endOfGroup: chance(), isFirstObject: draft >= 18 && chance())
        var events: [DataEvent] = [.subgroup(header)]
        var id = beginning(draft)
        let count = next() % 6
        for index in 0..<count {
            let payload = payload()
            let status = payload.isEmpty ? status(draft, isLast: index == count - 1) : .normal
            let properties = header.hasProperties && status == .normal ? objectProperties(draft) : Properties()
            events += object(id, status: status, properties, payload)
            id += 1 + next() % 300
        }
        return events
    }

    mutating func fetchStream(_ draft: Int, order: GroupOrder) -> [DataEvent] {
        var events = [DataEvent.fetch(RequestID(rawValue: number(draft)))]
        var location = Location(group: (1 << 40) + beginning(draft) >> 20, object: beginning(draft))
        var priority = UInt8(next() % 4)
        for _ in 0..<next() % 8 {
            if draft >= 16, next() % 4 == 0 {
                let reasons: [FetchGap.Reason] = [.doesNotExist, .unknown, draft < 20 ? .unknown : .timedOut]
                events.append(gap(reasons[Int(next() % 3)], location.group, location.object))
            } else {
                let payload = payload()
                let status = draft <= 15 && payload.isEmpty && chance() ? ObjectStatus.doesNotExist : .normal
                events += object(
                    location, subgroup: draft <= 15 || chance() ? next() % 4 : nil, priority: priority, status: status,
                    status == .normal ? objectProperties(draft) : Properties(), payload)
            }
            step(&location, order, draft)
            if location.object == 0 { priority = UInt8(next() % 4) }
        }
        return events
    }

    private mutating func step(_ location: inout Location, _ order: GroupOrder, _ draft: Int) {
        if chance() {
            location.object += 1 + next() % 3
        } else {
            let groups = 1 + next() % 3
            location.group = order == .ascending ? location.group + groups : location.group - groups
            location.object = chance() ? 0 : beginning(draft)
        }
    }

    mutating func datagram(_ draft: Int) -> ObjectDatagram {
        var datagram = ObjectDatagram(
            trackAlias: TrackAlias(rawValue: number(draft)),
            location: Location(group: number(draft), object: chance() ? 0 : number(draft)),
            priority: draft == 14 || chance() ? UInt8(next() % 256) : nil, content: .payload(Bytes(payload())))
        if next() % 3 == 0 {
            datagram.content = .status(status(draft, isLast: true))
        } else {
            datagram.properties = objectProperties(draft)
            datagram.endOfGroup = chance()
        }
        return datagram
    }
}

private func object(
    _ id: UInt64, status: ObjectStatus, _ properties: Properties, _ payload: [UInt8]
) -> [DataEvent] {
    let object = SubgroupObject(
        id: id, status: status, properties: properties, payloadLength: UInt64(payload.count))
    return [.subgroupObject(object)] + (payload.isEmpty ? [] : [.payload(payload)]) + [.objectEnd]
}

private func object(
    _ location: Location, subgroup: UInt64?, priority: UInt8, status: ObjectStatus, _ properties: Properties,
    _ payload: [UInt8]
) -> [DataEvent] {
    let object = FetchObject(
        location: location, subgroup: subgroup, priority: priority, status: status, properties: properties,
        payloadLength: UInt64(payload.count))
    return [.fetchObject(object)] + (payload.isEmpty ? [] : [.payload(payload)]) + [.objectEnd]
}

@Suite("random data streams and datagrams of every draft")
struct DataRoundTripTests {
    /// Every second stream is a fetch stream, of either order in turn.
    private func stream(_ seed: UInt64, _ draft: Int) -> (events: [DataEvent], order: GroupOrder) {
        var random = Seeded(seed << 8 | UInt64(draft))
        let order: GroupOrder = seed & 2 == 0 ? .ascending : .descending
        return (seed & 1 == 0 ? random.subgroupStream(draft) : random.fetchStream(draft, order: order), order)
    }

    @Test("come back as they were", arguments: drafts)
    func roundTrip(_ draft: Int) throws {
        for seed in 0..<300 as Range<UInt64> {
            let (expected, order) = stream(seed, draft)
            let bytes = try encode(expected, draft, order: order).bytes
            #expect(try events([bytes], draft, order: order) == expected, "seed \(seed)")
        }
    }

    @Test("give the same events however they are split", arguments: drafts)
    func split(_ draft: Int) throws {
        for seed in 0..<12 as Range<UInt64> {
            let (expected, order) = stream(seed, draft)
            let bytes = try encode(expected, draft, order: order).bytes
            for chunks in splits(bytes) {
                #expect(try events(chunks, draft, order: order) == expected, "seed \(seed), \(chunks.map(\.count))")
            }
        }
    }

    @Test("may end behind a header, an object or a gap, and nowhere else (Streams)", arguments: drafts)
    func truncated(_ draft: Int) throws {
        for seed in 0..<40 as Range<UInt64> {
            let (expected, order) = stream(seed, draft)
            let (bytes, ends) = try encode(expected, draft, order: order)
            for count in 0..<bytes.count {
                var reader = DataReader(data(draft), isFetch: bytes[0] == 5, order: order)
                // No part of a valid stream breaks a rule before its end.
                try reader.take(Array(bytes[..<count]))
                let fault: CodecError?
                do throws(CodecError) {
                    try reader.finish()
                    fault = nil
                } catch { fault = error }
                #expect(
                    fault?.scope == (ends.contains(count) ? nil : protocolViolation), "seed \(seed), \(count) bytes")
            }
        }
    }

    @Test("with any bit flipped are read or refused, and never trap", arguments: drafts)
    func flipped(_ draft: Int) throws {
        for seed in 0..<12 as Range<UInt64> {
            let (expected, order) = stream(seed, draft)
            let bytes = try encode(expected, draft, order: order).bytes
            for bit in 0..<bytes.count * 8 {
                var changed = bytes
                changed[bit / 8] ^= 1 << UInt8(bit % 8)
                let whole = try? events([changed], draft, order: order)
                if bit % 13 == 0 {
                    let single = try? events(changed.map { [$0] }, draft, order: order)
                    #expect(single == whole, "seed \(seed), bit \(bit)")
                }
            }
        }
    }

    @Test("datagrams come back as they were, and flipped ones never trap", arguments: drafts)
    func datagrams(_ draft: Int) throws {
        for seed in 0..<300 as Range<UInt64> {
            var random = Seeded(seed << 8 | UInt64(draft))
            let datagram = random.datagram(draft)
            var bytes: [UInt8] = []
            try datagram.appendHeader(to: &bytes, profile: data(draft), statesObjectID: seed & 1 == 0)
            if case .payload(let payload) = datagram.content { payload.append(to: &bytes) }
            #expect(try Datagram(decoding: Bytes(bytes), profile: data(draft)) == .object(datagram), "seed \(seed)")
            for bit in 0..<bytes.count * 8 where seed < 30 {
                var changed = bytes
                changed[bit / 8] ^= 1 << UInt8(bit % 8)
                _ = try? Datagram(decoding: Bytes(changed), profile: data(draft))
            }
        }
    }
}
