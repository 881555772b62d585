internal import MoQTCodec
internal import Wire

extension JSONLine {
    /// A member for each property, named by its type: `"0x2":30000`, or bytes as base64.
    mutating func add(_ properties: Properties) {
        for entry in properties.entries {
            let type = "0x" + String(entry.type, radix: 16)
            switch entry.value {
            case .integer(let value): add(type, value)
            case .bytes(let bytes): add(type, base64: bytes.array)
            }
        }
    }
}
