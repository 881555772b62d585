import CommandLine
import MoQTCodec
import MoQTMedia
import Testing
import Wire

@testable import Commands

private func object(
    _ payload: [Bytes], status: ObjectStatus = .normal, subgroup: UInt64? = 2, priority: UInt8? = 9,
    properties: Properties = Properties()
) -> ReceivedObject {
    ReceivedObject(
        location: Location(group: 1, object: 3), subgroup: subgroup, status: status, priority: priority,
        properties: properties, payload: payload)
}

@Suite struct ObjectSinkTests {
    /// What is written, with opened files in brackets.
    private func written(_ form: ObjectSink.Form, _ object: ReceivedObject) -> String {
        var text = ""
        for job in ObjectSink(form: form, track: "a--b").jobs(for: object, latencyMilliseconds: nil) {
            switch job {
            case .bytes(let bytes): text += String(decoding: bytes.array, as: UTF8.self)
            case .open(let path): text += "[\(path)]"
            case .close: text += "[]"
            case .finish: text += "!"
            }
        }
        return text
    }

    @Test func payloadsAreWrittenAsTheyAreInEveryForm() throws {
        let pieces = object([[65, 66], [67]])
        #expect(written(.raw, pieces) == "ABC")
        #expect(written(.lines, pieces) == "ABC\n")
        #expect(written(.frames, pieces) == "\0\0\0\u{3}ABC")
        #expect(written(.directory("d/"), pieces) == "[d/1-2-3]ABC[]")
        #expect(written(.directory("d/"), object([[65]], subgroup: nil)) == "[d/1-datagram-3]A[]")
        #expect(written(.template(try FieldTemplate(#"%n %g/%o %s %t %p%%\n"#)), pieces) == "a--b 1/3 3 - ABC%\n")
    }

    @Test func emptyObjectsAreObjects() {
        #expect(written(.raw, object([])) == "")
        #expect(written(.lines, object([])) == "\n")
        #expect(written(.frames, object([])) == "\0\0\0\0")
        #expect(written(.directory("d/"), object([])) == "[d/1-2-3][]")
    }

    @Test func onlyJSONShowsWhatIsNotNormal() {
        let end = object([], status: .endOfGroup)
        for form in [ObjectSink.Form.raw, .lines, .frames, .directory("d/")] { #expect(written(form, end) == "") }
        #expect(
            written(.json, end) == """
                {"kind":"object","track":"a--b","group":1,"subgroup":2,"object":3,"status":"end-of-group",\
                "priority":9,"size":0,"properties":{},"payload":""}\n
                """)
    }

    @Test func jsonHasEveryField() throws {
        let profile = try #require(Profile.named("moqt-18"))
        let properties = Properties(
            [KeyValue(type: 0x3C, integer: 1), KeyValue(type: 0x41, bytes: [1, 2])], profile: profile)
        #expect(
            written(.json, object([[65], [66]], subgroup: nil, priority: nil, properties: properties)) == """
                {"kind":"object","track":"a--b","group":1,"subgroup":null,"object":3,"status":"normal",\
                "priority":null,"size":2,"properties":{"0x3c":1,"0x41":"AQI="},"payload":"QUI="}\n
                """)
    }

    @Test func adjoiningPiecesOfASlabAreOne() {
        let whole: Bytes = [1, 2, 3, 4]
        var received = object([])
        received.append(whole.slice(from: 0, count: 2))
        received.append(whole.slice(from: 2))
        received.append([5])
        #expect(received.payload.count == 2 && received.size == 5)
        #expect(received.wholePayload == [1, 2, 3, 4, 5])
    }
}

@Suite struct CatalogSelectionTests {
    private static func track(_ name: String, _ role: String, packaging: String = "cmaf") -> CatalogTrack {
        var track = CatalogTrack(name: name, packaging: packaging)
        (track.role, track.initialization) = (role, [1])
        return track
    }

    private let catalog = Catalog(tracks: [
        track("v1", "video"), track("a1", "audio"), track("v2", "video"), track("text", "caption"),
    ])

    private func choose(_ change: (inout SubSettings) -> Void, from catalog: Catalog? = nil) -> String {
        var settings = SubSettings()
        change(&settings)
        switch CatalogSelection(settings).choose(from: catalog ?? self.catalog) {
        case .success(let tracks): return tracks.map(\.name).joined(separator: " ")
        case .failure(let failure): return "! " + failure.words
        }
    }

    @Test func everyVideoAndAudioTrackIsChosenByItself() { #expect(choose { _ in } == "v1 a1 v2") }

    @Test func oneOfAKindIsChosenByItsNumber() {
        #expect(choose { $0.video = .number(2) } == "a1 v2")
        #expect(choose { $0.video = .none } == "a1")
        #expect(choose { ($0.video, $0.audio) = (.number(1), .none) } == "v1")
        #expect(choose { $0.video = .number(3) } == "! --video: expected at most 2, got '3'")
        #expect(choose { ($0.video, $0.audio) = (.none, .none) } == "! no track of the catalog was chosen")
    }

    @Test func namesChooseInTheCatalogsOrder() {
        #expect(choose { $0.tracks = ["v2", "a1"] } == "a1 v2")
        #expect(choose { $0.tracks = ["x\n"] } == "! --track: expected one of v1, a1, v2, text, got 'x\\n'")
    }

    @Test func whatIsNotCMAFMakesNoMovie() {
        let loc = Catalog(tracks: [Self.track("v", "video", packaging: "loc")])
        #expect(choose({ _ in }, from: loc) == "! track 'v' is packaged as 'loc', expected cmaf")
    }
}

@Suite struct SubStatisticsTests {
    private let start = Instant(nanoseconds: 5_000_000_000)

    @Test func aLineTellsOfItsIntervalOnly() {
        var statistics = SubStatistics(.seconds(1), start)
        #expect(statistics.deadline == start + .seconds(1))
        statistics.count(object([[1, 2, 3]]), of: 0)
        var later = object([[1]])
        later.location.object = 6
        statistics.count(later, of: 0)
        // Another track's ids are no gaps of this one's.
        var other = object([[1]])
        other.location.object = 60
        statistics.count(other, of: 1)
        #expect(statistics.line(start + .milliseconds(999), late: 0) == nil)
        #expect(
            statistics.line(start + .seconds(1), late: 7)
                == "0.0-1.0 s: 3 objects, 5 bytes, 0.0 Mbit/s, 2 missing, 7 late")
        #expect(
            statistics.line(start + .seconds(2), late: 7)
                == "1.0-2.0 s: 0 objects, 0 bytes, 0.0 Mbit/s, 0 missing, 7 late")
    }

    @Test func progressTellsOfTheWhole() {
        var statistics = SubStatistics(nil, start)
        #expect(statistics.deadline == nil)
        statistics.count(object([Bytes([UInt8](repeating: 0, count: 2500))]), of: 0)
        #expect(statistics.line(start + .seconds(9), late: 0) == nil)
        #expect(statistics.progress(start + .seconds(2), groups: 1) == "2 s, 1 groups, 1 objects, 2.5 kB, 10.0 kb/s")
    }
}
