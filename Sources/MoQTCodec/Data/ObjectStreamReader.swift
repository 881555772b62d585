internal import Wire

/// Reads one element of a stream: a header, or what is in front of a payload.
protocol ElementReader {
    associatedtype Element

    /// The element at the front of `view`, judged; nil while it is incomplete, `cursor` then knowing what it needs.
    func read<Trace: FieldTracing>(
        _ view: Bytes, _ cursor: inout HeaderCursor<Trace>
    ) throws(CodecError) -> Element?
}

/// What subgroup and fetch streams have in common: a header, then objects with payloads, however the bytes are split.
struct ObjectStreamReader: Sendable {
    enum Phase {
        case header, object
        case payload(remaining: UInt64)
    }

    private let integers: IntegerCoding
    private let isTracing: Bool
    var phase = Phase.header
    private var partial = PartialInput()
    /// Fields of the last element, up to where it broke a rule; empty unless tracing.
    private(set) var fields: [Field] = []

    init(_ integers: IntegerCoding, isTracing: Bool) {
        self.integers = integers
        self.isTracing = isTracing
    }

    /// Bytes of the stream that were taken.
    var offset: UInt64 { partial.consumed }

    /// Takes one element from the front of `input`; nil when more bytes are needed, `input` being empty then.
    @inline(__always)
    mutating func read<Reader: ElementReader>(
        _ reader: borrowing Reader, _ input: inout Bytes
    ) throws(CodecError) -> Reader.Element? {
        isTracing ? try traced(reader, &input) : try plain(reader, &input)
    }

    @inline(__always)
    private mutating func plain<Reader: ElementReader>(
        _ reader: borrowing Reader, _ input: inout Bytes
    ) throws(CodecError) -> Reader.Element? {
        while let view = partial.view(&input) {
            var cursor = HeaderCursor<NoTrace>(integers, base: partial.consumed)
            if let element = try reader.read(view, &cursor) {
                partial.take(cursor.position, &input)
                return element
            }
            try cursor.checkIncomplete()
            partial.needs(cursor.needed, &input)
        }
        return nil
    }

    private mutating func traced<Reader: ElementReader>(
        _ reader: borrowing Reader, _ input: inout Bytes
    ) throws(CodecError) -> Reader.Element? {
        while let view = partial.view(&input) {
            var cursor = HeaderCursor<FieldTrace>(integers, base: partial.consumed)
            // Also when it throws: what came before the fault is of interest.
            defer { fields = cursor.trace.fields }
            if let element = try reader.read(view, &cursor) {
                partial.take(cursor.position, &input)
                return element
            }
            try cursor.checkIncomplete()
            partial.needs(cursor.needed, &input)
        }
        return nil
    }

    /// The next bytes of the payload, `remaining` of which are to come, as a slice of `input`; nil when that is empty.
    mutating func payload(_ input: inout Bytes, remaining: UInt64) -> Bytes? {
        guard !input.isEmpty else { return nil }
        let count = UInt64(input.count) < remaining ? input.count : Int(remaining)
        let payload = input.slice(from: 0, count: count)
        input = input.slice(from: count)
        partial.pass(count)
        phase = .payload(remaining: remaining - UInt64(count))
        return payload
    }

    /// The stream ended with FIN.
    ///
    /// - Throws: when that was inside the header or an object (draft-18 "Streams").
    func finish() throws(CodecError) {
        switch phase {
        case .object where partial.isEmpty, .payload(remaining: 0): return
        case .header:
            throw .violation("the stream ends inside its header", field: "FIN", offset: partial.end, section: "Streams")
        case .object, .payload:
            throw .violation("the stream ends inside an object", field: "FIN", offset: partial.end, section: "Streams")
        }
    }
}
