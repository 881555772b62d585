import MoQTCodec
import Wire

/// Objects of streams and of datagrams.
func dataCases() throws -> [Benchmark] {
    try subgroupCases(Profile.draft18) + datagramCases(Profile.draft18)
}

/// A subgroup stream of 1,000 objects of 1,200 bytes; an operation is one object.
private func subgroupCases(_ profile: Profile) throws -> [Benchmark] {
    let header = SubgroupHeader(
        trackAlias: TrackAlias(rawValue: 7), group: 12, subgroup: .explicit(0), priority: 128)
    let stream = try subgroupStream(profile, header)
    return [
        Benchmark("object-decode", byteCount: stream.count, operations: 1_000, profiledCount: 50_000) { count in
            for _ in 0..<count / 1_000 {
                var decoder = SubgroupStreamDecoder(profile: profile)
                var input = stream
                var seen: UInt64 = 0
                while case .some(let event) = try? decoder.next(&input) {
                    switch event {
                    case .payload(let bytes): seen += UInt64(bytes.count)
                    case .object(let object): seen ^= object.id
                    case .header, .objectEnd: break
                    }
                }
                keep(seen)
            }
        },
        Benchmark("object-encode", byteCount: 3, profiledCount: 50_000) { count in
            var out: [UInt8] = []
            out.reserveCapacity(16)
            for _ in 0..<count / 1_000 {
                var encoder = SubgroupObjectEncoder(profile: profile, header: header)
                for id in 0..<1_000 as Range<UInt64> {
                    out.removeAll(keepingCapacity: true)
                    guard (try? encoder.append(SubgroupObject(id: id, payloadLength: 1_200), to: &out)) != nil else {
                        preconditionFailure("not encoded")
                    }
                    keep(UInt64(out.count))
                }
            }
        },
    ]
}

private func subgroupStream(_ profile: Profile, _ header: SubgroupHeader) throws -> Bytes {
    var out: [UInt8] = []
    try header.append(to: &out, profile: profile)
    var encoder = SubgroupObjectEncoder(profile: profile, header: header)
    for id in 0..<1_000 as Range<UInt64> {
        try encoder.append(SubgroupObject(id: id, payloadLength: 1_200), to: &out)
        out += repeatElement(UInt8(truncatingIfNeeded: id), count: 1_200)
    }
    return Bytes(out)
}

/// Datagrams of 160 bytes of audio.
private func datagramCases(_ profile: Profile) throws -> [Benchmark] {
    let payload = Bytes([UInt8](repeating: 0x5A, count: 160))
    let object = ObjectDatagram(
        trackAlias: TrackAlias(rawValue: 7), location: Location(group: 1_234, object: 5), priority: 64,
        content: .payload(payload))
    var encoded: [UInt8] = []
    try object.appendHeader(to: &encoded, profile: profile)
    let headerCount = encoded.count
    payload.append(to: &encoded)
    let bytes = Bytes(encoded)
    return [
        Benchmark("datagram-decode", byteCount: bytes.count, profiledCount: 50_000) { count in
            for _ in 0..<count {
                guard case .some(.object(let object)) = try? Datagram(decoding: bytes, profile: profile) else {
                    preconditionFailure("no object")
                }
                keep(object.location.object)
            }
        },
        Benchmark("datagram-encode", byteCount: headerCount, profiledCount: 50_000) { count in
            var out: [UInt8] = []
            out.reserveCapacity(32)
            for _ in 0..<count {
                out.removeAll(keepingCapacity: true)
                guard (try? object.appendHeader(to: &out, profile: profile)) != nil else {
                    preconditionFailure("not encoded")
                }
                keep(UInt64(out.count))
            }
        },
    ]
}
