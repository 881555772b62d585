import MoQTMedia
import Testing
import Wire

struct CatalogTests {
    private func read(_ text: String) throws -> Catalog { try Catalog(json: Bytes(Array(text.utf8))) }

    // draft-ietf-moq-msf-01: version is a string, init data stands after the tracks and is referred to.
    @Test func aCatalogIsWrittenAsMSF() throws {
        var track = CatalogTrack(name: "a\"b", packaging: "cmaf")
        (track.role, track.codec, track.framerate, track.timescale) = ("video", "avc1.64001f", 29.97, 90_000)
        (track.width, track.height, track.initialization) = (1280, 720, [1, 2, 3, 4])
        var catalog = Catalog(tracks: [track])
        catalog.generatedAt = 5
        #expect(
            String(decoding: catalog.json(), as: UTF8.self) == """
                {"version":"draft-01","generatedAt":5,"tracks":[{"name":"a\\"b","packaging":"cmaf","isLive":false,\
                "role":"video","initRef":"init0","codec":"avc1.64001f","framerate":29.97,"timescale":90000,\
                "width":1280,"height":720}],"initDataList":[{"id":"init0","type":"inline","data":"AQIDBA=="}]}
                """)
    }

    @Test func whatIsWrittenReadsBack() throws {
        var catalog = Catalog(of: [Example.video, Example.audio], isLive: true)
        catalog.isComplete = true
        catalog.tracks[0].label = "caf\u{e9} \u{1}\n\\"
        #expect(try Catalog(json: Bytes(catalog.json())) == catalog)
        #expect(catalog.tracks.map { $0.kind } == [.video, .audio])
        #expect(catalog.tracks[1].channelConfig == "2")
    }

    // MSF-00: a number as version, init data in the track. Unknown fields are ignored.
    @Test func theEarlierDraftIsRead() throws {
        let catalog = try read(
            """
            {"version":1,"org.example":{"x":[1]},"tracks":[{"name":"v","packaging":"cmaf","isLive":true,
            "initData":"AQIDBA","width":640,"height":360,"channelConfig":2,"new":null}]}
            """)
        #expect(catalog.tracks[0].initialization == [1, 2, 3, 4])
        #expect(catalog.tracks[0].kind == .video)
        #expect(catalog.tracks[0].channelConfig == "2")
    }

    @Test func theDraftsExampleIsRead() throws {
        let catalog = try read(
            """
            {"version":"draft-01","generatedAt":1790000000000,"tracks":[
            {"name":"cam-v","packaging":"loc","isLive":true,"role":"video","renderGroup":1,"altGroup":1,
             "codec":"avc1.64001f","width":1280,"height":720,"framerate":30,"timescale":90000,"bitrate":2500000,
             "initRef":"i0","targetLatency":800},
            {"name":"mic-a","packaging":"loc","isLive":true,"role":"audio","codec":"opus","samplerate":48000,
             "channelConfig":"2"}],
            "initDataList":[{"id":"i0","type":"inline","data":"AWQAH//hAAA="},{"id":"i1","type":"track-property","data":"0x79"}]}
            """)
        #expect(catalog.generatedAt == 1_790_000_000_000)
        #expect(catalog.tracks.map { $0.name } == ["cam-v", "mic-a"])
        #expect(catalog.tracks[0].initialization?.count == 8)
        #expect(catalog.tracks[1].initialization == nil)
        #expect(try read(#"{"version":"draft-01","isComplete":true,"tracks":[]}"#).isComplete)
    }

    @Test(arguments: [
        "", "{", "[]", "{}", "nonsense", #"{"tracks":[{}]}"#, #"{"tracks":[{"name":5}]}"#,
        #"{"version":2,"tracks":[]}"#,
        #"{"tracks":[{"name":"a","initData":"*"}]}"#, #"{"generatedAt":1,"deltaUpdate":[]}"#,
        String(repeating: "[", count: 100_000),
    ]) func whatIsNoCatalogIsAnError(text: String) {
        #expect(throws: WireError.self) { try read(text) }
    }

    @Test func aCatalogOfEverySizeUpToTheLimitIsRead() {
        let text = [UInt8](repeating: UInt8(ascii: " "), count: Catalog.sizeLimit + 1)
        #expect(throws: WireError(.tooLong(limit: UInt64(Catalog.sizeLimit)), offset: 0, field: "catalog")) {
            try Catalog(json: Bytes(text))
        }
    }
}
