import MoQTCodec
import Testing
import Wire

@Suite("what a receiver does about parameters")
struct ParameterRuleTests {
    private let violation = CodecError.Scope.session(.protocolViolation)
    private let formatting = CodecError.Scope.session(.keyValueFormattingError)

    private func publishNamespace(_ profile: Profile, _ parameters: String) -> String {
        profile.request(.publishNamespace, "010161" + parameters)
    }

    @Test(
        "an unknown one is kept in drafts 14 and 15, and closes the session since (Parameters)",
        arguments: Profile.all)
    func unknown(_ profile: Profile) throws {
        let bytes = publishNamespace(profile, "01" + "2a05")
        if isOne(profile, of: laxDrafts) {
            let message = try decode(hex(bytes), profile, anywhere)
            #expect(hex(try encode(message, profile, anywhere)) == bytes)
        } else {
            #expect(try fault(profile, bytes)?.scope == violation)
        }
    }

    @Test("an unknown one may be repeated (Parameters)", arguments: laxDrafts)
    func repeatedUnknown(_ profile: Profile) throws {
        let bytes = publishNamespace(profile, "03" + "2a05" + "2a06" + "2b0161")
        let message = try decode(hex(bytes), profile, anywhere)
        #expect(hex(try encode(message, profile, anywhere)) == bytes)
    }

    @Test(
        "one in the wrong message is kept up to draft-16, and closes the session since (Parameter Scope)",
        arguments: Profile.all)
    func misplaced(_ profile: Profile) throws {
        // A delivery timeout says nothing of a namespace.
        let bytes = publishNamespace(profile, "01" + "0205")
        if isOne(profile, of: quicDrafts) {
            let message = try decode(hex(bytes), profile, anywhere)
            #expect(hex(try encode(message, profile, anywhere)) == bytes)
        } else {
            #expect(try fault(profile, bytes)?.scope == violation)
        }
    }

    @Test("REQUEST_UPDATE of draft-16 takes none that is not for it (REQUEST_UPDATE)")
    func misplacedInUpdate() throws {
        // No order can be changed; and FORWARD not of a FETCH.
        #expect(try fault(.draft16, "0200050604012201")?.scope == violation)
        #expect(try fault(.draft16, "0200050604011001", at: .request(.fetch))?.scope == violation)
        _ = try decode(hex("0200050604011001"), .draft16, MessageContext(sender: nil, place: .request(.subscribe)))
    }

    @Test("a known one is not repeated (Message Parameters)", arguments: Profile.all)
    func repeated(_ profile: Profile) throws {
        let bytes = profile.subscribe("02" + "0205" + profile.type(2, after: 2) + "05")
        #expect(try fault(profile, bytes)?.scope == violation)
    }

    @Test("they are written in ascending order of type (Message Parameters)", arguments: Profile.all)
    func ascending(_ profile: Profile) throws {
        var message = PublishNamespace()
        message.namespace = try TrackNamespace(utf8: "a")
        message.parameters.authorizationTokens = [.useAlias(5), .useAlias(6)]
        let tokens = "02" + "03020205" + profile.type(3, after: 3) + "020206"
        #expect(
            hex(try encode(.publishNamespace(message), profile, anywhere)) == publishNamespace(profile, tokens))
        var subscribe = Subscribe()
        subscribe.track = track("a", name: "b")
        subscribe.parameters.authorizationTokens = [.useAlias(5)]
        subscribe.parameters.objectDeliveryTimeout = 7
        let both = "02" + "0207" + profile.type(3, after: 2) + "020205"
        let encoded = hex(try encode(.subscribe(subscribe), profile, anywhere))
        #expect(encoded.hasSuffix(both))
    }

    @Test(
        "types are differences since draft-16, and cannot exceed 2^64-1 (Key-Value-Pair Structure)",
        arguments: Profile.all.filter { !isOne($0, of: laxDrafts) })
    func typeOverflow(_ profile: Profile) throws {
        // Five times the largest difference that QUIC's integers hold; an odd and an even type have no bytes alike.
        let isQUIC = profile.integers == .quic
        let options = Array(
            repeating: profile.integer(profile.integers.maximum - 1) + "00", count: isQUIC ? 4 : 1)
        let last = profile.integer(profile.integers.maximum) + "00"
        #expect(try fault(profile, profile.setup(options + [last]), from: .client)?.scope == violation)
    }

    @Test("a value of an odd type has 65535 bytes at most (Key-Value-Pair Structure)", arguments: quicDrafts)
    func longValue(_ profile: Profile) throws {
        #expect(try fault(profile, publishNamespace(profile, "01" + "0380010000"))?.scope == violation)
    }

    @Test("a token that cannot be read is a formatting error (AUTHORIZATION TOKEN Parameter)", arguments: Profile.all)
    func badToken(_ profile: Profile) throws {
        // Of an unknown kind; without its type; without its alias; with a byte too many.
        for token in ["0104", "0103", "0102", "03000500"] {
            #expect(try fault(profile, profile.subscribe("01" + "03" + token))?.scope == formatting, "\(token)")
        }
    }

    @Test(
        "a Location that does not fill its length is a formatting error (LARGEST OBJECT Parameter)",
        arguments: [Profile.draft15, .draft16])
    func badLocation(_ profile: Profile) throws {
        #expect(try fault(profile, profile.subscribeOK("01" + "09030a1400"))?.scope == formatting)
        #expect(try fault(profile, profile.subscribeOK("01" + "09010a"))?.scope == formatting)
    }

    @Test(
        "a filter that does not fill its length is a violation up to draft-16 (SUBSCRIPTION FILTER Parameter)",
        arguments: [Profile.draft15, .draft16])
    func badFilter(_ profile: Profile) throws {
        #expect(try fault(profile, profile.subscribe("01" + "21020200"))?.scope == violation)
    }

    @Test(
        "an unknown filter type closes the session (Subscription Filters)",
        arguments: [Profile.draft15, .draft16, .draft17, .draft18, .draft19])
    func filterType(_ profile: Profile) throws {
        #expect(try fault(profile, profile.subscribe("01" + "210105"))?.scope == violation)
        #expect(try fault(profile, profile.subscribe("01" + "210100"))?.scope == violation)
    }

    @Test(
        "FORWARD is 0 or 1, GROUP_ORDER 1 or 2 (FORWARD Parameter, GROUP ORDER Parameter)",
        arguments: Profile.all.filter { $0 !== Profile.draft14 })
    func ranges(_ profile: Profile) throws {
        for parameter in ["1002", "2200", "2203"] {
            #expect(try fault(profile, profile.subscribe("01" + parameter))?.scope == violation, "\(parameter)")
        }
        for parameter in ["1000", "1001", "2201", "2202"] {
            _ = try decode(hex(profile.subscribe("01" + parameter)), profile, anywhere)
        }
    }

    @Test(
        "a priority is at most 255 where it is an integer (SUBSCRIBER PRIORITY Parameter)",
        arguments: [Profile.draft15, .draft16])
    func priority(_ profile: Profile) throws {
        _ = try decode(hex(profile.subscribe("01" + "2040ff")), profile, anywhere)
        #expect(try fault(profile, profile.subscribe("01" + "204100"))?.scope == violation)
    }

    @Test("DYNAMIC_GROUPS and PUBLISHER_PRIORITY of draft-15 have ranges")
    func publisherRanges() throws {
        for parameter in ["3002", "0e4100"] {
            let bytes = Profile.draft15.subscribeOK("01" + parameter)
            #expect(try fault(.draft15, bytes)?.scope == violation, "\(parameter)")
        }
    }

    @Test(
        "the fields of draft-14 have ranges (SUBSCRIBE, SUBSCRIBE_OK, PUBLISH_OK, FETCH)",
        arguments: [
            "0300120001046c69766505766964656f8003010200", "0300120001046c69766505766964656f8000020200",
            "0300120001046c69766505766964656f8000010500", "040006040700000000", "040006040700030000",
            "040006040700010200", "1600070a800004040300", "1600070a800304040300", "1e0006010280010200",
            "1e0006010180000200",
        ])
    func fieldRanges(_ bytes: String) throws {
        #expect(try fault(.draft14, bytes)?.scope == violation)
    }

    @Test("a delivery timeout of 0 closes the session in draft-16 only (DELIVERY TIMEOUT)", arguments: Profile.all)
    func noTimeout(_ profile: Profile) throws {
        let bytes = profile.subscribe("01" + "0200")
        guard profile === Profile.draft16 else {
            _ = try decode(hex(bytes), profile, anywhere)
            return
        }
        #expect(try fault(profile, bytes)?.scope == violation)
        // As a Track Extension too.
        #expect(try fault(profile, profile.subscribeOK("00" + "0200"))?.scope == violation)
    }

    @Test(
        "Track Properties have ranges (DEFAULT PUBLISHER GROUP ORDER, DYNAMIC GROUPS)",
        arguments: Profile.all.filter { !isOne($0, of: laxDrafts) })
    func propertyRanges(_ profile: Profile) throws {
        for property in [profile.integer(0x0E) + profile.integer(256), "2200", "2203", "3002"] {
            #expect(try fault(profile, profile.subscribeOK("00" + property))?.scope == violation, "\(property)")
        }
        for property in [profile.integer(0x0E) + profile.integer(255), "2201", "2202", "3001"] {
            _ = try decode(hex(profile.subscribeOK("00" + property)), profile, anywhere)
        }
    }

    @Test(
        "since draft-17 it is read as its type wants, whatever its parity (Message Parameters)", arguments: vi64Drafts)
    func octets(_ profile: Profile) throws {
        // A priority is an octet, though its type is even.
        guard case .subscribe(let message) = try decode(hex(profile.subscribe("01" + "20ff")), profile, anywhere) else {
            Issue.record("no SUBSCRIBE")
            return
        }
        #expect(message.parameters.subscriberPriority == 255)
    }

    @Test(
        "a type beyond 2^64-1 closes the session since draft-18 (Message Parameters)",
        arguments: vi64Drafts.filter { $0 !== Profile.draft17 })
    func parameterOverflow(_ profile: Profile) throws {
        // Behind SUBSCRIBER_PRIORITY, a difference that would lead to FORWARD again.
        let wrapping = profile.subscribe("02" + "2007" + profile.integer(.max - 0x0F) + "01")
        #expect(try fault(profile, wrapping)?.scope == violation)
    }

    @Test(
        "a range that ends beyond 2^64-1 closes the session since draft-18 (Location Filters)",
        arguments: vi64Drafts.filter { $0 !== Profile.draft17 })
    func filterOverflow(_ profile: Profile) throws {
        let head =
            switch profile.name {
            case "draft-18", "draft-19": "0c" + "04"
            case "draft-20", "draft-21": "0b"
            default: "03"
            }
        for (delta, isWrong) in [(UInt64.max - 5, false), (.max - 4, true), (.max, true)] {
            let bytes = profile.subscribe("01" + "21" + head + "0506" + profile.integer(delta))
            if isWrong {
                #expect(try fault(profile, bytes)?.scope == violation)
            } else {
                _ = try decode(hex(bytes), profile, anywhere)
            }
        }
    }

    @Test("a required request is not below 0 (Required Request ID)")
    func requiredRequest() throws {
        for delta in ["06", "ffffffffffffffffff", "ff8000000000000005"] {
            let bytes = Profile.draft17.framed(.publishNamespace, "0a" + delta + "010161" + "00")
            #expect(try fault(.draft17, bytes)?.scope == .session(.invalidRequiredRequestID), "\(delta)")
        }
        let bytes = Profile.draft17.framed(.publishNamespace, "0a05" + "010161" + "00")
        _ = try decode(hex(bytes), .draft17, anywhere)
    }

    @Test("no more are stored than a bound allows")
    func bound() throws {
        let bytes = publishNamespace(.draft15, "4400" + String(repeating: "2a05", count: 1024))
        #expect(try fault(.draft15, bytes)?.scope == .session(.internalError))
    }
}
