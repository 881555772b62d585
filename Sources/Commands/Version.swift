/// What this build is.
package enum Version {
    package static let program = "moqt"
    package static let number = "0.1.0"
    /// MOQT_IMPLEMENTATION, as a peer is told (draft-18 "MOQT IMPLEMENTATION").
    package static var implementation: String { "\(program)/\(number)" }
    /// `moqt 0.1.0`.
    package static var text: String { "\(program) \(number)" }
}
