internal import Wire

/// Walks a list of Key-Value-Pairs without taking memory (draft-18 "Key-Value-Pair Structure").
struct KeyValueCursor {
    enum Fault: Error {
        /// The type exceeds 2^64−1.
        case typeOverflow(offset: Int)
        /// A value of an odd type is longer than the limit.
        case tooLong(offset: Int)
        /// The list ends inside a pair.
        case truncated(offset: Int)
        /// No integer begins so.
        case forbidden(offset: Int)
    }

    /// One pair; of an odd type `value` is the length and `start` is where the bytes begin.
    struct Pair {
        var type: UInt64
        var value: UInt64
        var start: Int
        /// Where the pair begins.
        var offset: Int

        var isBytes: Bool { type & 1 == 1 }
        /// Where the bytes of an odd type end.
        var end: Int { start + Int(value) }
    }

    private let coding: KeyValueCoding
    /// Where the next pair begins.
    private(set) var position: Int
    private let end: Int
    private var type: UInt64 = 0

    init(_ coding: KeyValueCoding, from start: Int, to end: Int) {
        self.coding = coding
        position = start
        self.end = end
    }

    /// The next pair, or nil at the end of the list.
    mutating func next(_ bytes: Span<UInt8>) throws(Fault) -> Pair? {
        guard position < end else { return nil }
        let offset = position
        let number = try integer(bytes)
        if coding.isDelta {
            let (sum, overflow) = type.addingReportingOverflow(number)
            guard !overflow else { throw .typeOverflow(offset: offset) }
            type = sum
        } else {
            type = number
        }
        let valueOffset = position
        let value = try integer(bytes)
        guard type & 1 == 1 else { return Pair(type: type, value: value, start: valueOffset, offset: offset) }
        guard value <= 65_535 else { throw .tooLong(offset: valueOffset) }
        let start = position
        guard value <= UInt64(end - start) else { throw .truncated(offset: valueOffset) }
        position += Int(value)
        return Pair(type: type, value: value, start: start, offset: offset)
    }

    private mutating func integer(_ bytes: Span<UInt8>) throws(Fault) -> UInt64 {
        let offset = position
        guard let value = coding.integers.read(bytes, at: &position), position <= end else {
            let isForbidden = offset < end && coding.integers.forbids(bytes[offset])
            throw isForbidden ? .forbidden(offset: offset) : .truncated(offset: offset)
        }
        return value
    }
}

extension CodecError {
    /// What a fault in a list of properties, which begins at `base`, does to the session.
    init(_ fault: KeyValueCursor.Fault, base: UInt64) {
        let section = "Key-Value-Pair Structure"
        switch fault {
        case .typeOverflow(let offset):
            self = .violation(
                "the type exceeds 2^64-1", field: "Delta Type", offset: base + UInt64(offset),
                section: section)
        case .tooLong(let offset):
            self = .violation("more than 65535 bytes", field: "Length", offset: base + UInt64(offset), section: section)
        case .forbidden(let offset):
            self = .violation(
                "no integer begins so", field: "Value", offset: base + UInt64(offset),
                section: "Variable-Length Integers")
        case .truncated(let offset):
            self.init(
                .session(.keyValueFormattingError), "the properties end inside a pair", field: "Value",
                offset: base + UInt64(offset), section: section)
        }
    }
}
