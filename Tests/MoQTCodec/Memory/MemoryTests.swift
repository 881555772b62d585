import CAllocations
import MoQTCodec
import Testing

/// No input makes a decoder hold more than 64 KiB beyond the bytes it was given, whatever lengths it claims.
@Suite(.enabled(if: allocations_counted() != 0, "a sanitizer has an allocator of its own"))
struct MemoryTests {
    /// 64 KiB, and what it takes to keep account of them.
    static let bound = 64 << 10 + 512

    @Test(arguments: Profile.all)
    func `messages that claim the greatest length`(_ profile: Profile) {
        hold(Claim.filledMessages(profile))
    }

    @Test(arguments: Profile.all)
    func `messages of the greatest length`(_ profile: Profile) { hold(Claim.fullMessages(profile)) }

    @Test(arguments: Profile.all)
    func `objects that claim more than they bring`(_ profile: Profile) throws { hold(try Claim.objects(profile)) }

    @Test(arguments: VectorFiles.good)
    func `wild numbers in place of any byte`(_ vector: Vector) throws {
        let profile = try #require(vector.profile)
        for form in Claim.Form.all(vector) { hold(Claim.claims(in: vector.bytes, profile, form)) }
    }

    private func hold(_ claims: [Claim]) {
        for claim in claims {
            let excess = claim.excess
            #expect(excess <= Self.bound, "\(claim.profile.name) \(claim.form) \(hex(Array(claim.bytes.prefix(40))))")
        }
    }
}

extension Claim.Form {
    /// Decoders for what a vector holds.
    fileprivate static func all(_ vector: Vector) -> [Self] {
        switch vector.source {
        case .datagram: [.datagram]
        case .uni: [.uni, vector.kind == "fet" ? .fetch : .subgroup]
        case .message, .control, .request: [.control(.any(MessageContext(sender: nil, place: .any)))]
        }
    }
}
