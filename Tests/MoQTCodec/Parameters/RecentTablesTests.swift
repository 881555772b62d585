import MoQTCodec
import Testing
import Wire

/// What drafts since 19 add to draft-18 and take away, besides parameters.
@Suite("tables of drafts since 19")
struct RecentTablesTests {
    @Test("draft-19 adds three codes and has no DUPLICATE_SUBSCRIPTION (Error Codes)", arguments: recentDrafts)
    func codes19(_ profile: Profile) {
        let request = profile.codes.request
        #expect(request.number(of: .conflictingFilters) == 0x35)
        #expect(request.number(of: .invalidFilter) == 0x36)
        #expect(profile.codes.session.number(of: .tooManyRequestUpdates) == 0x1B)
        #expect(request.number(of: .duplicateSubscription) == nil)
        #expect(request.code(for: 0x19) != .duplicateSubscription)
        #expect(Profile.draft18.codes.request.number(of: .invalidFilter) == nil)
    }

    @Test("draft-20 takes three codes away (Error Codes)", arguments: latestDrafts)
    func codes20(_ profile: Profile) {
        let codes = profile.codes
        #expect(codes.request.number(of: .invalidJoiningRequestID) == nil)
        #expect(codes.request.code(for: 0x32) != .invalidJoiningRequestID)
        #expect(codes.publishDone.number(of: .subscriptionEnded) == nil)
        #expect(codes.publishDone.code(for: 0x3) != .subscriptionEnded)
        #expect(codes.session.number(of: .versionNegotiationFailed) == nil)
        #expect(Profile.draft19.codes.publishDone.number(of: .subscriptionEnded) == 0x3)
    }

    @Test("GOAWAY has no Request ID (GOAWAY)", arguments: recentDrafts)
    func goAway(_ profile: Profile) throws {
        var goAway = GoAway()
        goAway.timeout = 3000
        let context = MessageContext(sender: .server, place: .control)
        var out: [UInt8] = []
        try ControlMessage.goAway(goAway).append(to: &out, profile: profile, context: context)
        #expect(hex(out) == "100003008bb8")
        goAway.requestID = RequestID(rawValue: 0)
        #expect(throws: CodecError.self) {
            try ControlMessage.goAway(goAway).append(to: &out, profile: profile, context: context)
        }
    }

    @Test("PUBLISH_BLOCKED is called PUBLISH_SKIPPED", arguments: recentDrafts)
    func skipped(_ profile: Profile) {
        #expect(profile.layouts(code: 0x0F).map(\.name) == ["PUBLISH_SKIPPED"])
    }

    @Test("the stream count of a publisher that cannot tell is 2^64-1 since draft-20 (PUBLISH_DONE)")
    func streamCount() throws {
        var done = PublishDone()
        done.streamCount = nil
        let context = MessageContext(sender: .server, place: .request(.subscribe))
        for profile in latestDrafts {
            var out: [UInt8] = []
            try ControlMessage.publishDone(done).append(to: &out, profile: profile, context: context)
            #expect(hex(out) == "0b000b" + "00" + "ffffffffffffffffff" + "00")
        }
        var out: [UInt8] = []
        try ControlMessage.publishDone(done).append(to: &out, profile: .draft19, context: context)
        #expect(hex(out) == "0b000b" + "00" + "ff3fffffffffffffff" + "00")
    }

    @Test("draft-21 differs from draft-20 in name only")
    func same() {
        #expect(Profile.draft21.messages == Profile.draft20.messages)
        #expect(Profile.draft21.parameters.map(\.encoding) == Profile.draft20.parameters.map(\.encoding))
        #expect(Profile.draft21.parameters.map(\.scope) == Profile.draft20.parameters.map(\.scope))
        #expect(Profile.draft21.alpn == "moqt-21")
    }
}
