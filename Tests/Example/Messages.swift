import MoQTCodec
import Wire

/// Prints the names of the messages on a control stream of draft 18, given in hexadecimal.
func printMessages(_ hex: String) throws {
    guard let profile = Profile.named("moqt-18") else { throw Usage() }
    var input = Bytes(try bytes(of: hex))
    var decoder = ControlDecoder(profile: profile, receiver: nil, stream: .control)
    while let decoded = try decoder.next(&input) { print(decoded.message.name) }
}

private func bytes(of hex: String) throws -> [UInt8] {
    let digits = hex.compactMap(\.hexDigitValue).map(UInt8.init)
    guard digits.count == hex.count, digits.count % 2 == 0 else { throw Usage() }
    return stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
}
