/// The numbers that a draft gives to the codes of one space, and their names in it.
public struct CodeTable<Code: WireCode>: Sendable {
    /// One code.
    public struct Entry: Hashable, Sendable {
        /// On the wire.
        public var number: UInt64
        /// What it means.
        public var code: Code
        /// The draft's name.
        public var name: String
    }

    /// In ascending order of number.
    public let entries: [Entry]

    /// - Parameters:
    ///   - codes: those whose number is their raw value.
    ///   - moved: the draft's numbers of all others.
    ///   - renamed: names that differ from the newest draft's.
    package init(_ codes: [Code], moved: [Code: UInt64] = [:], renamed: [Code: String] = [:]) {
        let numbered = codes.map { ($0, $0.rawValue) } + moved.map { ($0.key, $0.value) }
        entries = numbered.map { code, number in
            Entry(number: number, code: code, name: renamed[code] ?? code.description)
        }.sorted { $0.number < $1.number }
    }

    /// This table with `codes` at their raw values and without those of `removed`.
    package func adding(_ codes: [Code], removing removed: [Code] = []) -> Self {
        Self(entries: (entries + Self(codes).entries).filter { !removed.contains($0.code) })
    }

    private init(entries: [Entry]) { self.entries = entries.sorted { $0.number < $1.number } }

    /// The draft's number for `code`; nil when it has none. A number unknown to this build is passed as it is, unless
    /// the draft means something else by it.
    public func number(of code: Code) -> UInt64? {
        if let entry = entries.first(where: { $0.code == code }) { return entry.number }
        guard code.name == nil else { return nil }
        return entries.contains { $0.number == code.rawValue } ? nil : code.rawValue
    }

    /// The code to say instead of `code`, where the draft has none for it: INTERNAL_ERROR.
    public func nearest(_ code: Code) -> Code { number(of: code) == nil ? .internalError : code }

    /// The draft's number for `code`, or for INTERNAL_ERROR when it has none.
    public func nearestNumber(of code: Code) -> UInt64 {
        number(of: code) ?? number(of: .internalError) ?? Code.internalError.rawValue
    }

    /// The code for a number of the draft's.
    public func code(for number: UInt64) -> Code {
        if let entry = entries.first(where: { $0.number == number }) { return entry.code }
        let code = Code(rawValue: number)
        return code.name == nil ? code : Code(rawValue: number, in: .unassigned)
    }

    /// The draft's name of the code with this number; nil when it assigns none.
    public func name(of number: UInt64) -> String? { entries.first { $0.number == number }?.name }
}
