/// One JSON object in one line, built member by member; reusable, so that a line per object allocates nothing.
///
///     var line = JSONLine()
///     line.add("kind", "object")
///     line.add("group", 7)
///     try line.write(to: writer)
///
/// Within an array a member has no name: nil.
package struct JSONLine: Sendable {
    private var bytes: [UInt8] = [UInt8(ascii: "{")]
    /// Largest integer that every reader takes as it is (2^53); greater ones are written as strings.
    private static let exact: UInt64 = 1 << 53

    package init() {}

    package mutating func add(_ name: String?, _ value: String) {
        key(name)
        string(value.utf8)
    }

    /// Any integer.
    package mutating func add(_ name: String?, _ value: some BinaryInteger) {
        key(name)
        let quote = value.magnitude > Self.exact
        if quote { bytes.append(UInt8(ascii: "\"")) }
        bytes += String(value).utf8
        if quote { bytes.append(UInt8(ascii: "\"")) }
    }

    /// A number with its shortest exact text; what is not finite is null.
    package mutating func add(_ name: String?, _ value: Double) {
        key(name)
        bytes += (value.isFinite ? "\(value)" : "null").utf8
    }

    package mutating func add(_ name: String?, _ value: Bool) {
        key(name)
        bytes += (value ? "true" : "false").utf8
    }

    package mutating func addNull(_ name: String?) {
        key(name)
        bytes += "null".utf8
    }

    package mutating func add(_ name: String, _ values: [String]) {
        key(name)
        bytes.append(UInt8(ascii: "["))
        for value in values {
            comma()
            string(value.utf8)
        }
        bytes.append(UInt8(ascii: "]"))
    }

    /// An object, whose members `body` adds.
    package mutating func add(_ name: String?, object body: (inout JSONLine) -> Void) {
        key(name)
        bytes.append(UInt8(ascii: "{"))
        body(&self)
        bytes.append(UInt8(ascii: "}"))
    }

    /// An array, whose elements `body` adds.
    package mutating func addArray(_ name: String?, of body: (inout JSONLine) -> Void) {
        key(name)
        bytes.append(UInt8(ascii: "["))
        body(&self)
        bytes.append(UInt8(ascii: "]"))
    }

    /// Bytes as base64 (RFC 4648 §4).
    package mutating func add(_ name: String?, base64 value: some Sequence<UInt8>) {
        key(name)
        bytes.append(UInt8(ascii: "\""))
        var block: UInt32 = 0
        var count = 0
        for byte in value {
            block = block << 8 | UInt32(byte)
            count += 1
            if count == 3 {
                digits(of: block, 4)
                (block, count) = (0, 0)
            }
        }
        if count > 0 {
            digits(of: block << UInt32(8 * (3 - count)), count + 1)
            for _ in count..<3 { bytes.append(UInt8(ascii: "=")) }
        }
        bytes.append(UInt8(ascii: "\""))
    }

    /// Writes the line with its newline; the next member begins another line in the same memory.
    package mutating func write(to writer: ByteWriter) throws(WriteError) {
        bytes += "}\n".utf8
        defer { reset() }
        try writer.write(bytes)
    }

    /// The line with its newline, as text; the next member begins another line.
    package mutating func finished() -> String {
        defer { reset() }
        return String(decoding: bytes, as: UTF8.self) + "}\n"
    }

    /// Appends the line with its newline to `out`; the next member begins another line in the same memory.
    mutating func append(to out: inout [UInt8]) {
        out += bytes
        out += "}\n".utf8
        reset()
    }

    private mutating func reset() {
        bytes.removeAll(keepingCapacity: true)
        bytes.append(UInt8(ascii: "{"))
    }

    private mutating func comma() {
        guard let last = bytes.last, last != UInt8(ascii: "{"), last != UInt8(ascii: "[") else { return }
        bytes.append(UInt8(ascii: ","))
    }

    private mutating func key(_ name: String?) {
        comma()
        guard let name else { return }
        string(name.utf8)
        bytes.append(UInt8(ascii: ":"))
    }

    /// RFC 8259 §7; delete and everything below the space is escaped, so that a terminal is safe too.
    private mutating func string(_ text: String.UTF8View) {
        bytes.append(UInt8(ascii: "\""))
        for byte in text {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): bytes += [UInt8(ascii: "\\"), byte]
            case UInt8(ascii: "\n"): bytes += "\\n".utf8
            case 0..<0x20, 0x7F: bytes += "\\u00\(byte < 16 ? "0" : "")\(String(byte, radix: 16))".utf8
            default: bytes.append(byte)
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }

    /// The first `count` of the four base64 digits of 24 bits.
    private mutating func digits(of block: UInt32, _ count: Int) {
        for index in 0..<count {
            let value = UInt8(block >> UInt32(18 - 6 * index) & 63)
            switch value {
            case 0..<26: bytes.append(UInt8(ascii: "A") + value)
            case 26..<52: bytes.append(UInt8(ascii: "a") + value - 26)
            case 52..<62: bytes.append(UInt8(ascii: "0") + value - 52)
            default: bytes.append(value == 62 ? UInt8(ascii: "+") : UInt8(ascii: "/"))
            }
        }
    }
}
