internal import CommandLine
internal import MoQTCodec

/// `--filter` of commands that receive objects: which of them are wanted (draft-22 "Range Filters").
enum FilterArgument {
    /// For the description of a command.
    static let description = """
        --filter KIND=RANGES asks for some objects only, by their numbers: KIND is object or subgroup (their ids), \
        priority (the publisher's), or property:TYPE (the value of that property, which is of an even type); RANGES are \
        numbers, ranges N-M, and at the end N-, with commas between them. With several an object has to pass all. The \
        server has to speak draft 19 or a newer one, and to take filters.
        """

    static let form = "object, subgroup, priority or property:TYPE, then = and RANGES such as 0-9,20,30-"

    /// Refuses what could not be told to a server.
    static func check(_ filters: [RangeFilter]) throws(UsageError) {
        for (index, filter) in filters.enumerated() {
            let isRepeated = filters[..<index].contains {
                $0.kind == filter.kind && $0.propertyType == filter.propertyType
            }
            guard !isRepeated else {
                throw UsageError("a kind is given twice; one takes several ranges", subject: "--filter")
            }
        }
    }
}

extension ValueType where Value == RangeFilter {
    static var rangeFilter: Self {
        Self("KIND=RANGES", expects: FilterArgument.form) { (text) throws(UsageError) in
            guard let sign = text.firstIndex(of: "=") else { throw .expected(FilterArgument.form, got: text) }
            var filter = try RangeFilter(kind: text[..<sign])
            filter.ranges = try text[text.index(after: sign)...].ranges(upTo: filter.kind.maximum)
            return filter
        }
    }
}

extension RangeFilter {
    fileprivate init(kind text: Substring) throws(UsageError) {
        switch text {
        case "object": self.init(.objectID)
        case "subgroup": self.init(.subgroupID)
        case "priority": self.init(.publisherPriority)
        default:
            guard text.hasPrefix("property:") else {
                throw .expected("object, subgroup, priority or property:TYPE before the =", got: String(text))
            }
            let type = text.dropFirst("property:".count)
            let isHex = type.hasPrefix("0x") && type.dropFirst(2).allSatisfy(\.isHexDigit)
            let number = isHex ? UInt64(type.dropFirst(2), radix: 16) : UInt64(digits: type)
            guard let number, number.isMultiple(of: 2) else {
                throw .expected("an even property type, decimal or 0x and hexadecimal", got: String(type))
            }
            self.init(.objectProperty, propertyType: number)
        }
    }
}

extension Substring {
    /// The ranges in ascending order, those that touch in one.
    fileprivate func ranges(upTo maximum: UInt64) throws(UsageError) -> [ClosedRange<UInt64>] {
        var ranges: [ClosedRange<UInt64>] = []
        for part in split(separator: ",", omittingEmptySubsequences: false) {
            ranges.append(try part.range(upTo: maximum))
        }
        ranges.sort { $0.lowerBound < $1.lowerBound }
        return ranges.reduce(into: []) { merged, range in
            guard let last = merged.last, range.lowerBound <= last.upperBound || range.lowerBound == last.upperBound + 1
            else { return merged.append(range) }
            merged[merged.count - 1] = last.lowerBound...Swift.max(last.upperBound, range.upperBound)
        }
    }

    private func range(upTo maximum: UInt64) throws(UsageError) -> ClosedRange<UInt64> {
        let ends = split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
        guard let first = UInt64(digits: ends[0]) else { throw .expected("N, N-M or N-", got: String(self)) }
        var last = first
        if ends.count > 1 {
            if ends[1].isEmpty {
                last = maximum
            } else if let number = UInt64(digits: ends[1]) {
                last = number
            } else {
                throw .expected("N, N-M or N-", got: String(self))
            }
        }
        guard first <= last else {
            throw UsageError("the range ends before it starts, got '\(String(self).printable())'")
        }
        guard last <= maximum else { throw .expected("numbers up to \(maximum)", got: String(self)) }
        return first...last
    }
}
