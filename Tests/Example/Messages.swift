import MoQTCodec
import Wire

/// Prints the messages on a control stream of draft 18, given in hexadecimal, and how that draft writes each.
func printMessages(_ hex: String) throws {
    guard let profile = Profile.named("moqt-18") else { throw Usage() }
    var input = Bytes(try bytes(of: hex))
    var decoder = ControlDecoder(profile: profile, receiver: nil, stream: .control)
    while let decoded = try decoder.next(&input) {
        var written: [UInt8] = []
        try decoded.message.append(to: &written, profile: profile, context: decoded.context)
        print(decoded.message.name, text(of: written))
    }
}

/// Prints the objects on a subgroup stream of draft 18, given in hexadecimal.
func printObjects(_ hex: String) throws {
    guard let profile = Profile.named("moqt-18") else { throw Usage() }
    var recognizer = UniStreamRecognizer(profile: profile)
    guard let (kind, bytes) = try recognizer.received(Bytes(bytes(of: hex))), kind == .subgroup else { throw Usage() }
    var input = bytes
    var decoder = SubgroupStreamDecoder(profile: profile)
    while let event = try decoder.next(&input) {
        switch event {
        case .header(let header): print("group \(header.group) of track \(header.trackAlias)")
        case .object(let object): print("object \(object.id): \(object.payloadLength) bytes")
        case .payload(let payload): print(String(decoding: payload.array, as: UTF8.self))
        case .objectEnd: break
        }
    }
    try decoder.finish()
}

private func bytes(of hex: String) throws -> [UInt8] {
    let digits = hex.compactMap(\.hexDigitValue).map(UInt8.init)
    guard digits.count == hex.count, digits.count % 2 == 0 else { throw Usage() }
    return stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
}

private func text(of bytes: [UInt8]) -> String {
    bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
}
