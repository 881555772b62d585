import MoQTCodec
import Testing
import Wire

/// draft-22 "FILL_PARAMETERS Parameter".
@Suite("fill parameters")
struct FillTests {
    private func fill(_ parameter: String, _ profile: Profile = .draft22) throws -> FillParameters? {
        guard case .subscribe(let message)? = try Carrier.subscribe.decode(type: 3, "00000001" + parameter, profile)
        else { return nil }
        return message.parameters.fill
    }

    private var currentGroup: FillParameters {
        var fill = FillParameters()
        fill.locationFilter = .relativeStart(groups: 1)
        return fill
    }

    @Test("they are sent counted, their types beginning again at 0", arguments: latestDrafts)
    func sent(_ profile: Profile) throws {
        var parameters = Parameters()
        parameters.subscriberPriority = 9
        parameters.fill = currentGroup
        parameters.fill?.fillTimeout = 500
        parameters.fill?.subscriberPriority = 1
        parameters.fill?.groupOrder = .descending
        parameters.includeProperties = false
        let encoded = try Carrier.subscribe.encode(parameters, profile)
        #expect(
            hex(encoded) == "030015" + "00000003" + "2009" + "030b" + "04" + "0a81f4" + "1601" + "010101" + "0102"
                + "1200")
        #expect(try Carrier.subscribe.decode(encoded, profile) == Carrier.subscribe.message(parameters))
    }

    @Test("a fill that takes everything from its subscription is a count of 0", arguments: latestDrafts)
    func empty(_ profile: Profile) throws {
        var parameters = Parameters()
        parameters.fill = FillParameters()
        #expect(try hex(Carrier.subscribe.encode(parameters, profile)) == "030007" + "00000001" + "230100")
    }

    @Test("what peers send without a count is read the same", arguments: latestDrafts)
    func bare(_ profile: Profile) throws {
        #expect(try fill("2304" + "01210101", profile) == currentGroup)
        #expect(try fill("2303" + "210101", profile) == currentGroup)
        #expect(try fill("2300", profile) == FillParameters())
        #expect(try fill("230100", profile) == FillParameters())
        var timed = FillParameters()
        timed.fillTimeout = 5
        timed.subscriberPriority = 6
        #expect(try fill("2304" + "0a051606", profile) == timed)
        #expect(try fill("2305" + "020a051606", profile) == timed)
    }

    @Test("a type may stand within and without", arguments: latestDrafts)
    func scopes(_ profile: Profile) throws {
        var parameters = Parameters()
        parameters.subscriberPriority = 1
        parameters.fill = FillParameters()
        parameters.fill?.subscriberPriority = 2
        let message = try Carrier.subscribe.decode(type: 3, "00000002" + "2001" + "0303" + "012002", profile)
        #expect(message == Carrier.subscribe.message(parameters))
    }

    @Test(
        "what must not stand within closes the session", arguments: latestDrafts,
        [
            ("AUTHORIZATION_TOKEN", "2306" + "010303030061"),
            ("FILL_PARAMETERS", "2304" + "01230100"),
            ("FORWARD", "2303" + "011001"),
            ("GROUP_ORDER 3", "2303" + "012203"),
            ("TRACK_PROPERTY_FILTER", "2306" + "012903001001"),
            ("an unknown type", "2303" + "013001"),
            ("a type twice", "2305" + "0220010002"),
            ("more than counted", "2305" + "0120010102"),
            ("less than counted", "2303" + "022001"),
            ("a value cut short", "2302" + "010a"),
        ])
    func misplaced(_ profile: Profile, _ input: (String, String)) {
        let error = #expect(throws: CodecError.self) { try fill(input.1, profile) }
        #expect(error?.scope == .session(.protocolViolation), "\(input.0): \(String(describing: error))")
    }

    @Test("so many that their count could be taken for a type are not sent")
    func many() throws {
        var parameters = Parameters()
        parameters.fill = FillParameters()
        for count in 1...12 {
            parameters.fill?.rangeFilters.append(RangeFilter(.objectID, setID: UInt8(count), [1...2]))
            if count < 10 {
                let encoded = try Carrier.subscribe.encode(parameters, .draft22)
                #expect(try Carrier.subscribe.decode(encoded, .draft22) == Carrier.subscribe.message(parameters))
            } else {
                #expect(throws: CodecError.self) { try Carrier.subscribe.encode(parameters, .draft22) }
            }
        }
    }

    @Test("an invalid filter within refuses the whole request")
    func invalidFilter() throws {
        let body = "00000001" + "2306" + "01" + "2803000b01"
        let message = try Carrier.subscribe.decode(type: 3, body, .draft20)
        #expect(message?.refusal(.draft20, maxFilterRanges: 9)?.scope == .request(.invalidFilter))
    }
}
