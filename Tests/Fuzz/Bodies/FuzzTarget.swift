internal import Wire

/// What is fuzzed: `make fuzz` gives each target new inputs, and the tests those that were worth keeping.
///
/// The first three bytes of an input choose the draft, what the target is asked, and how the rest is split.
package enum FuzzTarget: String, CaseIterable, Sendable {
    /// Either half of a control or request stream.
    case control
    /// A unidirectional stream, whatever it turns out to carry.
    case uni
    case datagram
    /// A fetch stream behind its type.
    case fetch
    /// A client's session with its peer, and a server's: a sequence of what may happen to them.
    case client, server

    /// Decodes or plays `input`, and holds what comes out to what must be true of any input.
    ///
    /// - Throws: ``FuzzFailure`` when something was not.
    package func run(_ input: [UInt8]) throws(FuzzFailure) {
        guard let choices = FuzzChoices(input) else { return }
        switch self {
        case .client: try fuzzSession(.client, input)
        case .server: try fuzzSession(.server, input)
        case .control: try fuzzControl(choices)
        case .uni: try fuzzUniStream(choices)
        case .datagram: try fuzzDatagram(choices)
        case .fetch: try fuzzFetch(choices)
        }
    }
}

/// Something untrue that must be true of any input; the text says what, with both sides.
package struct FuzzFailure: Error, CustomStringConvertible {
    package var description: String

    init(_ description: String) { self.description = description }
}

/// Throws unless `actual` is `expected`.
func same<Value: Equatable>(
    _ actual: Value, _ expected: Value, _ what: @autoclosure () -> String
) throws(FuzzFailure) {
    if actual != expected { throw FuzzFailure("\(what()):\n\(actual)\ninstead of\n\(expected)") }
}
