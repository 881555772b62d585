import MoQTCodec
import Testing
import Wire

@Suite("what a receiver does about names and lengths")
struct NamingRuleTests {
    private let violation = CodecError.Scope.session(.protocolViolation)

    private func publishNamespace(_ profile: Profile, _ namespace: String) -> String {
        profile.request(.publishNamespace, namespace + "00")
    }

    @Test("a namespace has a field at least up to draft-16 (Track Naming)", arguments: Profile.all)
    func noFields(_ profile: Profile) throws {
        let bytes = publishNamespace(profile, "00")
        if isOne(profile, of: quicDrafts) {
            #expect(try fault(profile, bytes)?.scope == violation)
        } else {
            _ = try decode(hex(bytes), profile, anywhere)
        }
    }

    @Test("a prefix has a field at least up to draft-15 (SUBSCRIBE_NAMESPACE)", arguments: Profile.all)
    func noPrefix(_ profile: Profile) throws {
        let options = isOne(profile, of: [.draft16, .draft17]) ? "00" : ""
        let bytes = profile.request(.subscribeNamespace, "00" + options + "00")
        if isOne(profile, of: laxDrafts) {
            #expect(try fault(profile, bytes)?.scope == violation)
        } else {
            _ = try decode(hex(bytes), profile, anywhere)
        }
    }

    @Test("a suffix may have no field (NAMESPACE)", arguments: Profile.all.filter { !isOne($0, of: laxDrafts) })
    func noSuffix(_ profile: Profile) throws {
        _ = try decode(hex(profile.framed(.namespace, "00")), profile, anywhere)
    }

    @Test("a namespace has 32 fields at most (Track Naming)", arguments: Profile.all)
    func fieldCount(_ profile: Profile) throws {
        let field = "0161"
        _ = try decode(
            hex(publishNamespace(profile, "20" + String(repeating: field, count: 32))), profile, anywhere)
        let bytes = publishNamespace(profile, "21" + String(repeating: field, count: 33))
        #expect(try fault(profile, bytes)?.scope == violation)
    }

    @Test("so has a prefix (SUBSCRIBE_NAMESPACE, SUBSCRIBE_TRACKS)", arguments: Profile.all)
    func prefixFieldCount(_ profile: Profile) throws {
        for kind in [MessageKind.subscribeNamespace, .subscribeTracks] {
            guard profile.messages.contains(where: { $0.kind == kind }) else { continue }
            let bytes = profile.request(kind, "21" + String(repeating: "0161", count: 33) + "0000")
            #expect(try fault(profile, bytes)?.scope == violation)
        }
    }

    @Test("a namespace field is not empty since draft-16 (Track Naming)", arguments: Profile.all)
    func emptyField(_ profile: Profile) throws {
        let bytes = publishNamespace(profile, "02000161")
        guard isOne(profile, of: laxDrafts) else {
            #expect(try fault(profile, bytes)?.scope == violation)
            return
        }
        guard case .publishNamespace(let message) = try decode(hex(bytes), profile, anywhere) else {
            Issue.record("no PUBLISH_NAMESPACE")
            return
        }
        #expect(message.namespace.fields == [[], Array("a".utf8)])
        #expect(hex(try encode(.publishNamespace(message), profile, anywhere)) == bytes)
    }

    @Test(
        "a track name may be empty (Track Naming)", arguments: Profile.all.filter { !isOne($0, of: laxDrafts) })
    func emptyName(_ profile: Profile) throws {
        let bytes = profile.request(.subscribe, "010161" + "00" + "00")
        guard case .subscribe(let message) = try decode(hex(bytes), profile, anywhere) else {
            Issue.record("no SUBSCRIBE")
            return
        }
        #expect(message.track.name == TrackName())
    }

    @Test("a full track name has 4096 bytes at most (Track Naming)", arguments: Profile.all)
    func longName(_ profile: Profile) throws {
        let isFielded = profile === Profile.draft14
        func bytes(_ count: Int) -> String {
            let name = profile.integer(UInt64(count)) + String(repeating: "62", count: count)
            return profile.request(.trackStatus, "010161" + name + (isFielded ? "80000102" : "") + "00")
        }
        _ = try decode(hex(bytes(4095)), profile, anywhere)
        #expect(try fault(profile, bytes(4096))?.scope == violation)
    }

    @Test("so has a namespace alone (Track Naming)", arguments: Profile.all)
    func longNamespace(_ profile: Profile) throws {
        let field = profile.integer(4000) + String(repeating: "61", count: 4000)
        let bytes = publishNamespace(profile, "02" + field + profile.integer(97) + String(repeating: "62", count: 97))
        #expect(try fault(profile, bytes)?.scope == violation)
    }

    @Test("a reason has 1024 bytes at most (Reason Phrase Structure)", arguments: Profile.all)
    func longReason(_ profile: Profile) throws {
        func bytes(_ count: Int) -> String {
            profile.answer(
                .publishDone, "0201" + profile.integer(UInt64(count)) + String(repeating: "61", count: count))
        }
        _ = try decode(hex(bytes(1024)), profile, anywhere)
        #expect(try fault(profile, bytes(1025))?.scope == violation)
    }

    @Test("a URI has 8192 bytes at most (GOAWAY)", arguments: Profile.all)
    func longURI(_ profile: Profile) throws {
        #expect(try fault(profile, profile.framed(.goAway, profile.integer(8193)))?.scope == violation)
    }

    @Test("a client names no URI (GOAWAY)", arguments: Profile.all)
    func clientURI(_ profile: Profile) throws {
        let rest = profile.messages.first { $0.kind == .goAway }!.fields.count - 1
        let bytes = profile.framed(.goAway, "0161" + String(repeating: "01", count: rest))
        #expect(try fault(profile, bytes, at: .control, from: .client)?.scope == violation)
        var message = GoAway()
        message.newSessionURI = "a"
        if profile === Profile.draft18 { message.requestID = RequestID(rawValue: 1) }
        #expect(throws: CodecError.self) {
            try encode(.goAway(message), profile, MessageContext(sender: .client, place: .control))
        }
    }

    @Test(
        "an unknown number of streams is the largest that 62 bits hold up to draft-19 (PUBLISH_DONE)",
        arguments: Profile.all)
    func streamCount(_ profile: Profile) throws {
        let hasTarget = isOne(profile, of: quicDrafts)
        var message = PublishDone()
        message.target = hasTarget ? RequestID(rawValue: 4) : nil
        message.code = .trackEnded
        message.streamCount = nil
        let isNewer = isOne(profile, of: [.draft20, .draft21, .draft22])
        let count = isNewer ? UInt64.max : 1 << 62 - 1
        let bytes = profile.answer(.publishDone, "02" + profile.integer(count) + "00")
        #expect(hex(try encode(.publishDone(message), profile, anywhere)) == bytes)
        #expect(try decode(hex(bytes), profile, anywhere) == .publishDone(message))
    }

    @Test("a count beyond what the message holds ends with it, and takes no memory", arguments: Profile.all)
    func wildCount(_ profile: Profile) throws {
        let count = profile.integer(profile.integers.maximum)
        #expect(try fault(profile, profile.request(.publishNamespace, "010161" + count))?.scope == violation)
        #expect(try fault(profile, profile.request(.publishNamespace, count))?.scope == violation)
    }
}
