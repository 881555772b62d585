internal import MoQTCodec
internal import Wire

/// A token in the query of the URL that a client connects to: `/path?jwt=TOKEN`, agreed out of band.
enum URLToken {
    /// - Parameter path: with its query.
    /// - Returns: the token; nil when there is none.
    static func find(in path: String) -> AuthorizationToken? {
        guard let mark = path.utf8.firstIndex(of: UInt8(ascii: "?")) else { return nil }
        let query = path[path.index(after: mark)...]
        for item in query.split(separator: "&") where item.hasPrefix("jwt=") {
            return .useValue(type: 0, value: Bytes(decode(item.dropFirst(4).utf8)))
        }
        return nil
    }

    /// Escapes of two hexadecimal digits are what they stand for; what is none stays as it is (RFC 3986 §2.1).
    private static func decode(_ text: Substring.UTF8View) -> [UInt8] {
        var bytes: [UInt8] = []
        var rest = text[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "%"), rest.count >= 2,
                let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
            {
                bytes.append(value)
                rest = rest.dropFirst(2)
            } else {
                bytes.append(byte)
            }
        }
        return bytes
    }
}
