/// What an option or operand takes: its name in help, how a shell completes it, and how its text becomes a value.
package struct ValueType<Value: Sendable>: Sendable {
    /// What stands for the value in help and synopsis: `N`, `FILE`, `asc|desc`.
    package var name: String
    /// How a shell completes it.
    package var completion: Completion
    /// What a right value is, to follow "expected": `a number from 0 to 255`.
    package var expectation: String
    /// Turns text into the value; throws what is wrong with it.
    package var parse: @Sendable (String) throws(UsageError) -> Value

    /// A value that `parse` recognises or says what is wrong with.
    package init(
        _ name: String, expects expectation: String, completion: Completion = .none,
        parse: @escaping @Sendable (String) throws(UsageError) -> Value
    ) {
        self.name = name
        self.completion = completion
        self.expectation = expectation
        self.parse = parse
    }

    /// A value that `recognise` gives, or nil for text that is not what `expectation` says.
    package init(
        _ name: String, expects expectation: String, completion: Completion = .none,
        recognise: @escaping @Sendable (String) -> Value?
    ) {
        self.init(name, expects: expectation, completion: completion) { (text) throws(UsageError) in
            guard let value = recognise(text) else { throw .expected(expectation, got: text) }
            return value
        }
    }

    /// The same text as another value.
    package func map<Other: Sendable>(_ transform: @escaping @Sendable (Value) -> Other) -> ValueType<Other> {
        ValueType<Other>(name, expects: expectation, completion: completion) { [parse] (text) throws(UsageError) in
            transform(try parse(text))
        }
    }

    /// One of the words of `first`, or else what `self` takes.
    package func or(_ words: [(String, Value)]) -> Self {
        let names = words.map(\.0)
        return Self(
            ([name] + names).joined(separator: "|"), expects: String.alternatives(names + [expectation]),
            completion: .words(names)
        ) { [parse, expectation] (text) throws(UsageError) in
            if let word = words.first(where: { $0.0 == text }) { return word.1 }
            do { return try parse(text) } catch {
                throw .expected(String.alternatives(names + [expectation]), got: text)
            }
        }
    }
}

/// How a shell completes a value.
package enum Completion: Hashable, Sendable { case none, file, directory, words([String]) }

extension ValueType where Value == String {
    /// Any text that is not empty.
    package static func text(_ name: String) -> Self {
        Self(name, expects: name) { $0.isEmpty ? nil : $0 }
    }

    /// The path of a file; whether it exists is found out when it is opened.
    package static var file: Self { Self("FILE", expects: "a file", completion: .file) { $0.isEmpty ? nil : $0 } }

    /// The path of a directory.
    package static var directory: Self {
        Self("DIR", expects: "a directory", completion: .directory) { $0.isEmpty ? nil : $0 }
    }
}

extension ValueType {
    /// One of a few words.
    package static func choice(_ words: [(String, Value)]) -> Self {
        let names = words.map(\.0)
        return Self(
            names.joined(separator: "|"), expects: String.alternatives(names), completion: .words(names)
        ) { text in words.first { $0.0 == text }?.1 }
    }
}

extension ValueType where Value: RawRepresentable<String> & CaseIterable {
    /// One of the cases, by its raw value.
    package static var choice: Self { choice(Value.allCases.map { ($0.rawValue, $0) }) }
}

extension ValueType where Value: FixedWidthInteger {
    /// A decimal integer in `range`.
    package static func number(_ name: String, in range: ClosedRange<Value>) -> Self {
        let isOpen = range.upperBound == .max && Value.bitWidth == 64
        let bounds = isOpen ? "\(range.lowerBound) or more" : "from \(range.lowerBound) to \(range.upperBound)"
        return Self(name, expects: "a number \(bounds)") { text in
            guard let first = text.utf8.first, first != UInt8(ascii: "+"), let value = Value(text) else { return nil }
            return range.contains(value) ? value : nil
        }
    }
}
