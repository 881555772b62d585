import MoQTCodec
import Wire

/// SUBSCRIBE, with a name of three fields and the parameters a player sends.
func controlCases() throws -> [Benchmark] {
    let profile = Profile.draft18
    var subscribe = Subscribe()
    subscribe.requestID = RequestID(rawValue: 4)
    let fields = ["example.com", "meeting-1234", "alice"].map { Array($0.utf8) }
    subscribe.track = try FullTrackName(namespace: TrackNamespace(fields), name: TrackName(Array("video".utf8)))
    subscribe.parameters.subscriberPriority = 128
    subscribe.parameters.groupOrder = .descending
    subscribe.parameters.forward = true
    let message = ControlMessage.subscribe(subscribe)
    let context = MessageContext(sender: .client, place: .request(.subscribe))
    var encoded: [UInt8] = []
    try message.append(to: &encoded, profile: profile, context: context)
    let bytes = Bytes(encoded)
    return [
        Benchmark("subscribe-decode", byteCount: bytes.count) { count in
            for _ in 0..<count {
                var decoder = ControlDecoder(profile: profile, receiver: .server, stream: .request)
                var input = bytes
                guard case .some(let decoded) = try? decoder.next(&input) else { preconditionFailure("no message") }
                keep(UInt64(decoded.byteCount))
            }
        },
        Benchmark("subscribe-encode", byteCount: bytes.count) { count in
            var out: [UInt8] = []
            out.reserveCapacity(256)
            for _ in 0..<count {
                out.removeAll(keepingCapacity: true)
                guard (try? message.append(to: &out, profile: profile, context: context)) != nil else {
                    preconditionFailure("not encoded")
                }
                keep(UInt64(out.count))
            }
        },
    ]
}
