import MoQTCodec
import Testing
import Wire

/// "Message Parameters" and the sections of the parameters.
@Suite("musts of parameters")
struct MustParameterTests {
    @Test("PAR-1: a type beyond 2^64-1 closes the session", arguments: Draft.since18)
    func typeOverflow(_ draft: Draft) throws {
        // SUBSCRIBER_PRIORITY, then a delta that would lead to FORWARD again.
        let wrapping = hex("2007") + draft.number(UInt64.max - 0x0F) + [1]
        #expect(try draft.fault(draft.subscribe(1, hex("2007")), .request(.subscribe)) == nil)
        #expect(try draft.fault(draft.subscribe(2, wrapping), .request(.subscribe)) == .violation)
    }

    @Test("PAR-2: parameters are written in ascending order", arguments: Draft.since18)
    func order(_ draft: Draft) throws {
        var subscribe = Subscribe()
        subscribe.track = trackAB
        subscribe.parameters.groupOrder = .descending
        subscribe.parameters.subscriberPriority = 7
        subscribe.parameters.forward = false
        subscribe.parameters.authorizationTokens = [.useAlias(5), .useAlias(6)]
        let parameters = hex("03020205" + "00020206" + "0d00" + "1007" + "0202")
        #expect(
            try draft.encode(.subscribe(subscribe), .request(.subscribe))
                == draft.subscribe(5, parameters))
    }

    @Test("PAR-3: an unknown parameter closes the session", arguments: Draft.allCases)
    func unknown(_ draft: Draft) throws {
        let types: [UInt64] =
            switch draft {
            case .draft16: [0x00, 0x04, 0x05, 0x06, 0x0A, 0x0E, 0x25, 0x30, 0x34, 0x35, 0x7F, 0x9D]
            case .draft18: [0x00, 0x05, 0x0E, 0x23, 0x25, 0x29, 0x30, 0x35, 0x7F, 0x9D]
            case .draft19: [0x00, 0x05, 0x0E, 0x23, 0x24, 0x2A, 0x30, 0x35, 0x7F, 0x9D]
            }
        for type in types {
            let parameter = draft.number(type) + [0]
            #expect(
                try draft.fault(draft.subscribe(1, parameter), .request(.subscribe)) == .violation,
                "\(type)")
            #expect(try draft.fault(draft.fetch(1, parameter), .request(.fetch)) == .violation, "\(type)")
            #expect(
                try draft.fault(draft.publish(1, parameter), .request(.publish)) == .violation, "\(type)")
        }
    }

    @Test("PAR-4: only tokens may come twice", arguments: Draft.allCases)
    func repeated(_ draft: Draft) throws {
        #expect(
            try draft.fault(draft.subscribe(2, hex("0303030061" + "0003030062")), .request(.subscribe))
                == nil)
        for parameter in ["1001", "2007", "2201"].map({ hex($0) }) {
            let twice = parameter + [0, parameter[1]]
            #expect(try draft.fault(draft.subscribe(1, parameter), .request(.subscribe)) == nil)
            #expect(try draft.fault(draft.subscribe(2, twice), .request(.subscribe)) == .violation)
        }
        let filters = hex("210102" + "000102")
        #expect(try draft.fault(draft.subscribe(2, filters), .request(.subscribe)) == .violation)
    }

    @Test("PAR-5: a parameter in the wrong message closes the session", arguments: Draft.since18)
    func misplaced(_ draft: Draft) throws {
        // EXPIRES, LARGEST_OBJECT, FILL_TIMEOUT, TRACK_NAMESPACE_PREFIX.
        for parameter in ["0801", "090102", "0a01", "3400"] {
            #expect(
                try draft.fault(draft.subscribe(1, hex(parameter)), .request(.subscribe)) == .violation)
        }
        // RENDEZVOUS_TIMEOUT, EXPIRES, FORWARD, SUBSCRIPTION_FILTER, NEW_GROUP_REQUEST.
        for parameter in ["0401", "0801", "1001", "210102", "3200"] {
            #expect(try draft.fault(draft.fetch(1, hex(parameter)), .request(.fetch)) == .violation)
        }
        // FORWARD, GROUP_ORDER.
        for parameter in ["1001", "2201"] {
            let reply = draft.message(0x04, hex("07" + "01" + parameter))
            #expect(try draft.fault(reply, .reply(.subscribe)) == .violation)
        }
    }

    @Test("PAR-6: in draft-16 a parameter in the wrong message is ignored")
    func ignored() throws {
        let draft = Draft.draft16
        // EXPIRES and LARGEST_OBJECT, between others; FORWARD and NEW_GROUP_REQUEST in FETCH.
        let parameters = hex("0207" + "0601" + "01020102" + "0700")
        let subscribe = try draft.messages(draft.subscribe(4, parameters), .request(.subscribe))
        guard case .subscribe(let body)? = subscribe.first else { throw Unexpected() }
        #expect(body.parameters.objectDeliveryTimeout == 7 && body.parameters.forward == false)
        #expect(body.parameters.expires == nil && body.parameters.largestObject == nil)
        let fetch = try draft.messages(draft.fetch(3, hex("1000" + "1009" + "1201")), .request(.fetch))
        guard case .fetch(let body)? = fetch.first else { throw Unexpected() }
        #expect(body.parameters.subscriberPriority == 9)
        #expect(body.parameters.forward == nil && body.parameters.newGroupRequest == nil)
    }

    @Test("PAR-7: in draft-16 an update has no parameter that its request cannot have")
    func misplacedInUpdate() throws {
        let draft = Draft.draft16
        func fault(_ parameter: String, of kind: RequestKind) throws -> CodecError.Scope? {
            let context = MessageContext(sender: .client, place: .request(kind))
            var decoder = ControlDecoder(profile: draft.profile, receiver: .server, stream: .any(context))
            var input = Bytes(draft.message(0x02, hex("02" + "00" + "01" + parameter)))
            do { #expect(try decoder.next(&input) != nil) } catch { return error.scope }
            return nil
        }
        #expect(try fault("1000", of: .subscribe) == nil)
        #expect(try fault("210102", of: .subscribe) == nil)
        #expect(try fault("2009", of: .fetch) == nil)
        // FORWARD and SUBSCRIPTION_FILTER of a FETCH, EXPIRES of anything.
        #expect(try fault("1000", of: .fetch) == .violation)
        #expect(try fault("210102", of: .fetch) == .violation)
        #expect(try fault("0801", of: .subscribe) == .violation)
        // Which request it is, the control stream does not say; no update has EXPIRES.
        let update = draft.message(0x02, hex("02" + "00" + "01" + "0801"))
        #expect(try draft.fault(update, .control(from: .client)) == .violation)
    }

    @Test("PAR-8: in draft-16 a SUBSCRIBER_PRIORITY above 255 closes the session")
    func priority() throws {
        let draft = Draft.draft16
        let cases: [(UInt64, CodecError.Scope?)] = [
            (0, nil), (255, nil), (256, .violation), (1 << 40, .violation),
        ]
        for (value, fault) in cases {
            let parameter = [0x20] + draft.number(value)
            #expect(
                try draft.fault(draft.subscribe(1, parameter), .request(.subscribe)) == fault, "\(value)")
            #expect(try draft.fault(draft.fetch(1, parameter), .request(.fetch)) == fault, "\(value)")
        }
    }

    @Test("PAR-9: GROUP_ORDER is 1 or 2", arguments: Draft.allCases)
    func groupOrder(_ draft: Draft) throws {
        let cases: [(UInt8, CodecError.Scope?)] = [
            (0, .violation), (1, nil), (2, nil), (3, .violation),
        ]
        for (value, fault) in cases {
            let parameter = [0x22, value]
            #expect(
                try draft.fault(draft.subscribe(1, parameter), .request(.subscribe)) == fault, "\(value)")
            #expect(try draft.fault(draft.fetch(1, parameter), .request(.fetch)) == fault, "\(value)")
        }
    }

    @Test("PAR-10: FORWARD is 0 or 1", arguments: Draft.allCases)
    func forward(_ draft: Draft) throws {
        let cases: [(UInt8, CodecError.Scope?)] = [
            (0, nil), (1, nil), (2, .violation), (63, .violation),
        ]
        for (value, fault) in cases {
            let parameter = [0x10, value]
            #expect(
                try draft.fault(draft.subscribe(1, parameter), .request(.subscribe)) == fault, "\(value)")
            #expect(try draft.fault(draft.publish(1, parameter), .request(.publish)) == fault, "\(value)")
        }
    }

    @Test("PAR-11: in draft-16 a DELIVERY_TIMEOUT of 0 closes the session and is not written")
    func deliveryTimeout() throws {
        let draft = Draft.draft16
        #expect(try draft.fault(draft.subscribe(1, hex("0201")), .request(.subscribe)) == nil)
        #expect(try draft.fault(draft.subscribe(1, hex("0200")), .request(.subscribe)) == .violation)
        var subscribe = Subscribe()
        subscribe.track = trackAB
        subscribe.parameters.objectDeliveryTimeout = 1
        #expect(
            try draft.encode(.subscribe(subscribe), .request(.subscribe))
                == draft.subscribe(1, hex("0201")))
        subscribe.parameters.objectDeliveryTimeout = 0
        let error = #expect(throws: CodecError.self) {
            try draft.encode(.subscribe(subscribe), .request(.subscribe))
        }
        #expect(error?.scope == .caller)
    }
}

/// A message of another kind than the bytes say.
struct Unexpected: Error {}

/// "AUTHORIZATION TOKEN Parameter", "Location Filters", "Range Filters".
@Suite("musts of tokens and filters")
struct MustFilterTests {
    @Test(
        "TOK-1: a token that does not decode is KEY_VALUE_FORMATTING_ERROR", arguments: Draft.allCases)
    func tokens(_ draft: Draft) throws {
        for token in ["020005", "03010203", "020203", "020300", "04010502" + "61"] {
            #expect(
                try draft.fault(draft.subscribe(1, hex("03" + token)), .request(.subscribe)) == nil,
                "\(token)")
        }
        // Nothing, an unknown Alias Type, no alias, no token type, bytes behind the alias.
        for token in [
            "00", "0104", "020405", "0100", "0101", "020105", "0102", "0103", "03020300", "03000500",
        ] {
            #expect(
                try draft.fault(draft.subscribe(1, hex("03" + token)), .request(.subscribe)) == .formatting,
                "\(token)")
        }
        for token in ["00", "0104", "0101", "020105", "0103"] {
            #expect(
                try draft.fault(draft.setup(1, hex("03" + token)), .setup(from: .client)) == .formatting,
                "\(token)")
        }
    }

    @Test("TOK-9: a token of an unknown type closes nothing", arguments: Draft.since18)
    func tokenTypes(_ draft: Draft) throws {
        for type in [1, 0x9D, 0x11C, .max] as [UInt64] {
            let token = [0x03] + draft.number(type) + [0x61]
            let message = try draft.messages(
                draft.subscribe(1, [0x03, UInt8(token.count)] + token), .request(.subscribe))
            guard case .subscribe(let body)? = message.first else { throw Unexpected() }
            #expect(body.parameters.authorizationTokens == [.useValue(type: type, value: [0x61])])
        }
    }

    @Test("TOK-2: a client's setup cannot delete or use an alias", arguments: Draft.allCases)
    func setupTokens(_ draft: Draft) throws {
        let cases: [(String, CodecError.Scope?)] = [
            ("020005", .violation), ("020205", .violation), ("0401050261", nil), ("03030061", nil),
        ]
        for (token, fault) in cases {
            #expect(
                try draft.fault(draft.setup(1, hex("03" + token)), .setup(from: .client)) == fault,
                "\(token)")
        }
    }

    @Test("FIL-1: an unknown filter type closes the session", arguments: Draft.allCases)
    func filterTypes(_ draft: Draft) throws {
        for filter in ["0101", "0102", "03030506", "0404050607"] {
            #expect(
                try draft.fault(draft.subscribe(1, hex("21" + filter)), .request(.subscribe)) == nil,
                "\(filter)")
        }
        for filter in ["0100", "0105", "03050506", "013f"] {
            #expect(
                try draft.fault(draft.subscribe(1, hex("21" + filter)), .request(.subscribe)) == .violation,
                "\(filter)")
        }
    }

    @Test("FIL-2: in draft-16 a filter fills its parameter")
    func filterLengths() throws {
        let draft = Draft.draft16
        // Too long for each type, then too short.
        for filter in ["020100", "020200", "0403050600", "050405060700", "0103", "020305", "03040506"] {
            #expect(
                try draft.fault(draft.subscribe(1, hex("21" + filter)), .request(.subscribe)) == .violation,
                "\(filter)")
        }
    }

    @Test("FIL-3: in draft-16 a range that ends before its first group is INVALID_RANGE")
    func invertedFilter() throws {
        let draft = Draft.draft16
        let (straight, inverted) = (hex("210404050605"), hex("210404050604"))
        #expect(try draft.refusal(draft.subscribe(1, straight), .request(.subscribe)) == nil)
        #expect(
            try draft.refusal(draft.subscribe(1, inverted), .request(.subscribe))
                == .request(.invalidRange))
    }

    @Test("FIL-4: an end group beyond 2^64-1 closes the session", arguments: Draft.since18)
    func filterOverflow(_ draft: Draft) throws {
        let cases: [(UInt64, CodecError.Scope?)] = [
            (.max - 5, nil), (.max - 4, .violation), (.max, .violation),
        ]
        for (delta, fault) in cases {
            let filter = hex("040506") + draft.number(delta)
            let parameter = [0x21, UInt8(filter.count)] + filter
            #expect(
                try draft.fault(draft.subscribe(1, parameter), .request(.subscribe)) == fault, "\(delta)")
        }
    }

    /// Why a SUBSCRIBE with these Range Filters is refused; each is its type delta and its value, in hex.
    private func refusal(_ filters: [(UInt64, String)], maximum: UInt64 = 9) throws -> CodecError
        .Scope?
    {
        let draft = Draft.draft19
        let parameters = filters.flatMap { type, value in
            draft.number(type) + [UInt8(value.utf8.count / 2)] + hex(value)
        }
        let message = draft.subscribe(filters.count, parameters)
        #expect(try draft.fault(message, .request(.subscribe)) == nil, "the session lives")
        return try draft.refusal(message, .request(.subscribe), maxFilterRanges: maximum)
    }

    private let invalid = CodecError.Scope.request(.invalidFilter)

    @Test("RNG-1: a bound beyond 2^64-1 is INVALID_FILTER")
    func rangeOverflow() throws {
        #expect(try refusal([(0x26, "00" + "03" + "fffffffffffffffffc")]) == nil)
        #expect(try refusal([(0x26, "00" + "03" + "fffffffffffffffffd")]) == invalid)
        #expect(try refusal([(0x26, "00" + "0302" + "fffffffffffffffffb")]) == invalid)
    }

    @Test("RNG-2: a filter of one kind, set and property comes once")
    func repeatedRanges() throws {
        #expect(try refusal([(0x25, "000102"), (0, "010102"), (1, "000102")]) == nil)
        #expect(try refusal([(0x25, "000102"), (0, "000506")]) == invalid)
        #expect(try refusal([(0x28, "00020102"), (0, "00040102")]) == nil)
        #expect(try refusal([(0x28, "00020102"), (0, "00020506")]) == invalid)
    }

    @Test("RNG-3: more ranges than MAX_FILTER_RANGES are INVALID_FILTER")
    func manyRanges() throws {
        let filters: [(UInt64, String)] = [(0x25, "0001020102"), (1, "000102")]
        #expect(try refusal(filters, maximum: 3) == nil)
        #expect(try refusal(filters, maximum: 2) == invalid)
    }

    @Test("RNG-4: without MAX_FILTER_RANGES there are no range filters")
    func noRanges() throws {
        #expect(try refusal([], maximum: 0) == nil)
        #expect(try refusal([(0x25, "000102")], maximum: 0) == invalid)
    }

    @Test("RNG-5: a priority above 255 is INVALID_FILTER")
    func priorityRanges() throws {
        #expect(try refusal([(0x27, "00" + "80ff" + "00")]) == nil)
        #expect(try refusal([(0x27, "00" + "8100" + "00")]) == invalid)
        #expect(try refusal([(0x27, "00" + "01" + "80ff")]) == invalid)
    }

    @Test("RNG-6: an OBJECT_PROPERTY_FILTER of an odd type is INVALID_FILTER")
    func oddObjectProperty() throws {
        #expect(try refusal([(0x28, "00020102")]) == nil)
        #expect(try refusal([(0x28, "00030102")]) == invalid)
    }

    @Test("RNG-7: a TRACK_PROPERTY_FILTER of an odd type is INVALID_FILTER")
    func oddTrackProperty() throws {
        let draft = Draft.draft19
        let cases: [(String, CodecError.Scope?)] = [("02", nil), ("03", invalid)]
        for (type, expected) in cases {
            let message = draft.message(0x51, hex("00" + "00" + "01" + "2904" + "00" + type + "0102"))
            #expect(try draft.fault(message, .request(.subscribeTracks)) == nil)
            #expect(
                try draft.refusal(message, .request(.subscribeTracks), maxFilterRanges: 9) == expected)
        }
    }
}
