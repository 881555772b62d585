import MoQTCodec
import Testing

@Suite("codes of each draft (Error Codes)")
struct CodeTableTests {
    @Test("every code of a draft has one number and one name in it", arguments: Profile.all)
    func bijective(_ profile: Profile) {
        let codes = profile.codes
        for request in [nil] + RequestKind.allCases.map(Optional.some) { check(codes.request(request)) }
        check(codes.session)
        check(codes.publishDone)
        check(codes.streamReset)
    }

    private func check<Code>(_ table: CodeTable<Code>) {
        for entry in table.entries {
            #expect(table.number(of: entry.code) == entry.number)
            #expect(table.code(for: entry.number) == entry.code)
            #expect(table.name(of: entry.number) == entry.name)
        }
        #expect(Set(table.entries.map(\.number)).count == table.entries.count)
        #expect(Set(table.entries.map(\.code)).count == table.entries.count)
    }

    @Test("a number the draft leaves open is kept, and is no other draft's code", arguments: Profile.all)
    func open(_ profile: Profile) {
        for number in 0..<0x200 as Range<UInt64> { check(profile.codes.session, number) }
        for number in 0..<0x200 as Range<UInt64> { check(profile.codes.request(.fetch), number) }
        for number in 0..<0x200 as Range<UInt64> { check(profile.codes.publishDone, number) }
        for number in 0..<0x200 as Range<UInt64> { check(profile.codes.streamReset, number) }
    }

    private func check<Code>(_ table: CodeTable<Code>, _ number: UInt64) {
        let code = table.code(for: number)
        #expect(table.number(of: code) == number)
        if table.name(of: number) == nil { #expect(code.name == nil, "0x\(String(number, radix: 16))") }
    }

    @Test("one number, another meaning from draft to draft")
    func moved() {
        #expect(Profile.draft16.codes.session.code(for: 7) == .tooManyRequests)
        #expect(Profile.draft17.codes.session.code(for: 7) == .invalidRequiredRequestID)
        #expect(Profile.draft18.codes.session.code(for: 7).name == nil)
        #expect(Profile.draft15.codes.request(nil).code(for: 0x33) == .unknownStatusInRange)
        #expect(Profile.draft16.codes.request(nil).code(for: 0x33).name == nil)
        #expect(Profile.draft18.codes.request(nil).code(for: 0x33) == .unsupportedExtension)
        #expect(Profile.draft17.codes.streamReset.code(for: 4) == .unknownObjectStatus)
        #expect(Profile.draft18.codes.streamReset.code(for: 4) == .goingAway)
        #expect(Profile.draft15.codes.publishDone.code(for: 7) == .malformedTrack)
        #expect(Profile.draft16.codes.publishDone.code(for: 0x12) == .malformedTrack)
    }

    @Test("names are the draft's own")
    func names() {
        #expect(Profile.draft14.codes.request(.subscribe).name(of: 4) == "TRACK_DOES_NOT_EXIST")
        #expect(Profile.draft14.codes.request(.subscribeNamespace).name(of: 5) == "NAMESPACE_PREFIX_OVERLAP")
        #expect(Profile.draft15.codes.request(nil).name(of: 0x10) == "DOES_NOT_EXIST")
    }

    @Test("codes that no other draft can say are refused")
    func refused() {
        #expect(Profile.draft18.codes.request(nil).number(of: .noObjects) == nil)
        #expect(Profile.draft14.codes.request(.subscribe).number(of: .redirect) == nil)
        #expect(Profile.draft18.codes.session.number(of: .tooManyRequests) == nil)
        // The number stands for REDIRECT there.
        let unknown = Profile.draft17.codes.request(nil).code(for: 0x34)
        #expect(Profile.draft17.codes.request(nil).number(of: unknown) == 0x34)
        #expect(Profile.draft18.codes.request(nil).number(of: unknown) == nil)
    }

    @Test("any number is kept", arguments: [0xFF, 0xFFFF_FFFF_FFFF_FE00, .max - 1, .max] as [UInt64])
    func enormous(_ number: UInt64) {
        let table = Profile.draft18.codes.request(nil)
        #expect(table.number(of: table.code(for: number)) == number)
    }
}
