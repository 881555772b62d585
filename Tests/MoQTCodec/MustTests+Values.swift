import MoQTCodec
import Testing
import Wire

/// "Key-Value-Pair Structure", "Reason Phrase Structure", "Track Naming".
@Suite("musts of values")
struct MustValueTests {
    @Test("KVP-1: a type beyond 2^64-1 closes the session", arguments: Draft.allCases)
    func typeOverflow(_ draft: Draft) throws {
        let last = draft.pairs(draft.climb)
        let beyond = last + draft.pairs([1])
        let count = draft.climb.count
        #expect(try draft.fault(draft.setup(count, last), .setup(from: .client)) == nil)
        #expect(try draft.fault(draft.setup(count + 1, beyond), .setup(from: .client)) == .violation)
        #expect(try draft.fault(draft.subscribeOK(properties: last), .reply(.subscribe)) == nil)
        #expect(
            try draft.fault(draft.subscribeOK(properties: beyond), .reply(.subscribe)) == .violation)
        #expect(try draft.fault(stream: draft.stream(properties: last)) == nil)
        #expect(try draft.fault(stream: draft.stream(properties: beyond)) == .violation)
        #expect(draft.fault(datagram: draft.datagram(properties: beyond)) == .violation)
    }

    @Test("KVP-2: a value of more than 65,535 bytes closes the session", arguments: Draft.allCases)
    func longValue(_ draft: Draft) throws {
        let pair = [0x07] + draft.number(65_536)
        #expect(try draft.fault(draft.setup(1, pair), .setup(from: .client)) == .violation)
        #expect(try draft.fault(draft.subscribeOK(properties: pair), .reply(.subscribe)) == .violation)
        #expect(draft.fault(datagram: draft.datagram(properties: pair)) == .violation)
    }

    @Test(
        "KVP-3: a known type whose value is not its own is KEY_VALUE_FORMATTING_ERROR",
        arguments: Draft.allCases)
    func wrongValue(_ draft: Draft) throws {
        let half = Array(draft.number(20_000).dropLast())
        // MAX_CACHE_DURATION cut short, a token that ends behind its Alias Type.
        let token = draft.setup(1, hex("030101"))
        #expect(try draft.fault(token, .setup(from: .client)) == .formatting)
        #expect(
            try draft.fault(draft.subscribeOK(properties: [0x04] + half), .reply(.subscribe))
                == .formatting)
    }

    @Test("KVP-3: LARGEST_OBJECT is a Location and nothing else")
    func wrongLocation() throws {
        let draft = Draft.draft16
        #expect(
            try draft.fault(draft.answer(0x04, hex("07" + "01" + "09020a14")), .reply(.subscribe)) == nil)
        #expect(
            try draft.fault(draft.answer(0x04, hex("07" + "01" + "09010a")), .reply(.subscribe))
                == .formatting)
        #expect(
            try draft.fault(draft.answer(0x04, hex("07" + "01" + "09030a1400")), .reply(.subscribe))
                == .formatting)
    }

    @Test("RSN-1: a reason of more than 1,024 bytes closes the session", arguments: Draft.allCases)
    func longReason(_ draft: Draft) throws {
        #expect(try draft.fault(draft.requestError(reason: 1024), .reply(.fetch)) == nil)
        #expect(try draft.fault(draft.requestError(reason: 1025), .reply(.fetch)) == .violation)
        let accepted = draft.subscribeOK()
        #expect(try draft.fault(accepted + draft.publishDone(reason: 1024), .reply(.subscribe)) == nil)
        #expect(
            try draft.fault(accepted + draft.publishDone(reason: 1025), .reply(.subscribe)) == .violation)
    }

    @Test("RSN-1: PUBLISH_NAMESPACE_CANCEL has a reason too")
    func longCancelReason() throws {
        let draft = Draft.draft16
        #expect(
            try draft.fault(draft.answer(0x0C, [0] + draft.text(1024)), .reply(.publishNamespace)) == nil)
        #expect(
            try draft.fault(draft.answer(0x0C, [0] + draft.text(1025)), .reply(.publishNamespace))
                == .violation)
    }

    @Test("NAM-1: an empty namespace field closes the session", arguments: Draft.allCases)
    func emptyField(_ draft: Draft) throws {
        let empty = draft.namespace([1, 0])
        #expect(
            try draft.fault(draft.publishNamespace(empty), .request(.publishNamespace)) == .violation)
        #expect(
            try draft.fault(draft.subscribeNamespace(empty), .request(.subscribeNamespace)) == .violation)
        #expect(
            try draft.fault(draft.message(0x03, [0] + empty + hex("0162" + "00")), .request(.subscribe))
                == .violation)
        #expect(throws: NameError.self) { try TrackNamespace([[1], []]) }
    }

    @Test("NAM-2: in draft-16 a namespace has a field, a prefix need not")
    func noField() throws {
        let draft = Draft.draft16
        let none = draft.namespace([])
        #expect(
            try draft.fault(draft.publishNamespace(none), .request(.publishNamespace)) == .violation)
        #expect(
            try draft.fault(draft.message(0x03, [0] + none + hex("0162" + "00")), .request(.subscribe))
                == .violation)
        #expect(try draft.fault(draft.subscribeNamespace(none), .request(.subscribeNamespace)) == nil)
    }

    @Test("NAM-3: more than 32 namespace fields close the session", arguments: Draft.allCases)
    func manyFields(_ draft: Draft) throws {
        let (most, more) = (Array(repeating: 1, count: 32), Array(repeating: 1, count: 33))
        #expect(
            try draft.fault(draft.publishNamespace(draft.namespace(most)), .request(.publishNamespace))
                == nil)
        #expect(
            try draft.fault(draft.publishNamespace(draft.namespace(more)), .request(.publishNamespace))
                == .violation)
        let track = [0] + draft.namespace(more) + hex("0162" + "00")
        #expect(try draft.fault(draft.message(0x0D, track), .request(.trackStatus)) == .violation)
    }

    @Test("NAM-4: more than 4,096 bytes of name close the session", arguments: Draft.allCases)
    func longName(_ draft: Draft) throws {
        let (most, more) = (draft.namespace([96, 4000]), draft.namespace([97, 4000]))
        #expect(try draft.fault(draft.publishNamespace(most), .request(.publishNamespace)) == nil)
        #expect(
            try draft.fault(draft.publishNamespace(more), .request(.publishNamespace)) == .violation)
        #expect(
            try draft.fault(draft.subscribeNamespace(more), .request(.subscribeNamespace)) == .violation)
        let track = [0] + draft.namespace([95, 4000])
        #expect(
            try draft.fault(draft.message(0x03, track + draft.text(1) + [0]), .request(.subscribe)) == nil
        )
        #expect(
            try draft.fault(draft.message(0x03, track + draft.text(2) + [0]), .request(.subscribe))
                == .violation)
    }

    @Test("NAM-5: more than 32 prefix fields close the session", arguments: Draft.allCases)
    func manyPrefixFields(_ draft: Draft) throws {
        let (most, more) = (Array(repeating: 1, count: 32), Array(repeating: 1, count: 33))
        #expect(
            try draft.fault(
                draft.subscribeNamespace(draft.namespace(most)), .request(.subscribeNamespace)) == nil)
        #expect(
            try draft.fault(
                draft.subscribeNamespace(draft.namespace(more)), .request(.subscribeNamespace))
                == .violation)
    }

    @Test("NAM-6: the same of SUBSCRIBE_TRACKS", arguments: Draft.since18)
    func manyTracksPrefixFields(_ draft: Draft) throws {
        let (most, more) = (Array(repeating: 1, count: 32), Array(repeating: 1, count: 33))
        let cases: [([Int], CodecError.Scope?)] = [([], nil), (most, nil), (more, .violation)]
        for (fields, fault) in cases {
            let message = draft.message(0x51, [0] + draft.namespace(fields) + [0])
            #expect(try draft.fault(message, .request(.subscribeTracks)) == fault)
        }
    }
}
