package import CommandLine
internal import MoQTCodec

/// The protocol versions of this build.
package enum Drafts {
    /// ALPN identifiers, newest first.
    package static let known = Profile.spoken.map(\.alpn)

    /// The number that people know a draft by, such as "18".
    package static func number(of alpn: String) -> String { Profile.named(alpn).map { String($0.number) } ?? alpn }
}

extension ValueType where Value == [String] {
    /// Versions separated by commas, each a number (`18`) or an ALPN identifier (`moqt-18`); gives ALPN identifiers in
    /// their order, none twice.
    package static var drafts: Self {
        Self("LIST", expects: "drafts, such as 18,moqt-18") { (text) throws(UsageError) in
            var chosen: [String] = []
            for word in text.split(separator: ",", omittingEmptySubsequences: false) {
                guard let draft = Drafts.known.first(where: { $0 == word || Drafts.number(of: $0) == word }) else {
                    let numbers = Drafts.known.map { Drafts.number(of: $0) }
                    throw .expected("drafts out of " + numbers.joined(separator: ", "), got: String(word))
                }
                if !chosen.contains(draft) { chosen.append(draft) }
            }
            return chosen
        }
    }
}
