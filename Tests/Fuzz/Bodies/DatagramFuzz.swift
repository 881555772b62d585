import MoQTCodec
import Wire

/// A datagram.
func fuzzDatagram(_ choices: FuzzChoices) throws(FuzzFailure) {
    let profile = choices.profile
    guard let datagram = try decoded(choices.bytes, profile) else { return }
    guard case .object(let object) = datagram else { return }
    let encoded = try encode(object, profile)
    guard encoded.count <= choices.bytes.count else {
        throw FuzzFailure("\(object) is \(encoded.count) bytes long when it is encoded again")
    }
    guard case .object(let again)? = try decoded(encoded, profile) else {
        throw FuzzFailure("\(object) is no object when it is encoded again")
    }
    try same(again, object, "what was encoded again, decoded")
    try same(try encode(again, profile), encoded, "encoded a third time")
}

private func decoded(_ bytes: [UInt8], _ profile: Profile) throws(FuzzFailure) -> Datagram? {
    do { return try Datagram(decoding: Bytes(bytes), profile: profile) } catch {
        if error.scope == .caller { throw FuzzFailure("a decoder blames its caller: \(error)") }
        return nil
    }
}

private func encode(_ object: ObjectDatagram, _ profile: Profile) throws(FuzzFailure) -> [UInt8] {
    var out: [UInt8] = []
    do { try object.appendHeader(to: &out, profile: profile) } catch {
        throw FuzzFailure("\(object) was decoded and cannot be encoded: \(error)")
    }
    if case .payload(let payload) = object.content { payload.append(to: &out) }
    return out
}
