internal import Wire

/// One parameter or option that is to be written.
struct PairSlot {
    var type: UInt64
    /// Which rule of the profile's it follows; nil when it is unknown.
    var rule: Int?
    /// Which of the values of its kind it is, or which of the unknown ones.
    var index: Int

    /// `known`, which ascend, and `unknown` in ascending order of type, or in `order`.
    static func merged(_ known: [PairSlot], _ unknown: [KeyValue], _ order: WireOrder) -> [PairSlot] {
        guard !unknown.isEmpty || !order.types.isEmpty else { return known }
        var slots = known
        for (index, pair) in unknown.enumerated() {
            let place = slots.firstIndex { $0.type > pair.type } ?? slots.endIndex
            slots.insert(PairSlot(type: pair.type, rule: nil, index: index), at: place)
        }
        return order.arrange(slots) { $0.type }
    }
}

extension FieldVisitor {
    var pairSection: String { "Key-Value-Pair Structure" }

    /// The value of a Key-Value-Pair.
    mutating func pair(_ value: inout KeyValue.Value) throws(CodecError) {
        let outer = section
        section = pairSection
        defer { section = outer }
        switch value {
        case .integer(var number):
            try integer("Value", &number)
            value = .integer(number)
        case .bytes(var bytes):
            try self.bytes("Value", &bytes, limit: profile.limits.pairValue)
            value = .bytes(bytes)
        }
    }

    /// Bounds the memory that a list of pairs takes. - Parameter count: how many there are so far.
    func checkCount(_ count: UInt64) throws(CodecError) {
        guard count <= UInt64(profile.limits.parameters) else {
            throw fault(
                "more than \(profile.limits.parameters) are not read", "Parameters", code: .internalError, section: nil)
        }
    }
}
