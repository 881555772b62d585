import MoQTCodec
import Testing
import Wire

@Suite("LOC properties")
struct LOCTests {
    private func raw(_ loc: LOCProperties, _ version: LOCVersion, _ draft: Int) throws -> String {
        try hex(Properties(loc.entries(version), profile: data(draft)).raw.array)
    }

    @Test("an audio object of LOC-04, its timescale a property of the track")
    func audio() throws {
        var loc = LOCProperties()
        loc.timestamp = 960
        loc.audioLevel = AudioLevel(isVoice: true, attenuation: 20)
        // Level under 0x0C, then the timestamp under 0x10.
        #expect(try raw(loc, .loc04, 18) == "0c8094" + "0483c0")
        #expect(try raw(loc, .loc04, 16) == "0c4094" + "0443c0")
        #expect(try raw(loc, .loc04, 14) == "0c4094" + "1043c0")
    }

    @Test("each version has its own types")
    func types() throws {
        var loc = LOCProperties()
        loc.timestamp = 1
        loc.videoConfig = [0xAA]
        loc.videoFrameMarking = VideoFrameMarking(isIndependent: true, isDiscardable: false)
        #expect(try loc.entries(.loc01).map(\.type) == [0x02, 0x04, 0x0D])
        #expect(try loc.entries(.loc02).map(\.type) == [0x04, 0x06, 0x0D])
        #expect(try loc.entries(.loc03).map(\.type) == [0x09, 0x0A, 0x0D])
        #expect(try loc.entries(.loc04).map(\.type) == [0x09, 0x0D, 0x10])
        // A number up to LOC-02, bytes from LOC-03 on.
        #expect(try loc.entries(.loc02)[0] == KeyValue(type: 0x04, integer: 0xE0))
        #expect(try loc.entries(.loc03)[0] == KeyValue(type: 0x09, bytes: [0xE0]))
    }

    @Test("all of it comes back", arguments: LOCVersion.allCases)
    func roundTrip(_ version: LOCVersion) throws {
        var loc = LOCProperties()
        loc.timestamp = 1_795_241_355_124_312
        if version != .loc01 { loc.timescale = 90_000 }
        loc.videoConfig = [1, 2, 3]
        if version == .loc03 || version == .loc04 { loc.audioConfig = [0x12, 0x10] }
        if version != .loc02 { loc.audioLevel = AudioLevel(isVoice: false, attenuation: 127) }
        for layers in [
            VideoFrameMarking.Layers(temporal: 0), .init(isBaseLayerSync: true, temporal: 5),
            .init(temporal: 1, spatial: 2), .init(temporal: 7, spatial: 0x83, baseLayerPicture: 200),
        ] {
            loc.videoFrameMarking = VideoFrameMarking(
                isStart: true, isEnd: false, isIndependent: true, isDiscardable: true, layers: layers)
            for draft in drafts {
                let properties = try Properties(loc.entries(version), profile: data(draft))
                #expect(LOCProperties(properties, version: version) == loc, "draft \(draft)")
            }
        }
    }

    @Test("what a version has no property for is refused")
    func refusals() {
        func refused(_ version: LOCVersion, _ change: (inout LOCProperties) -> Void) -> Bool {
            var loc = LOCProperties()
            change(&loc)
            do throws(CodecError) {
                _ = try loc.entries(version)
                return false
            } catch { return error.scope == .caller }
        }
        #expect(refused(.loc01) { $0.timescale = 1 })
        #expect(refused(.loc01) { $0.audioConfig = [] })
        #expect(refused(.loc02) { $0.audioConfig = [] })
        #expect(refused(.loc02) { $0.audioLevel = AudioLevel(isVoice: true, attenuation: 0) })
        #expect(!refused(.loc04) { $0.timescale = 1 })
    }

    @Test("a marking that cannot be read is not stated")
    func unreadable() {
        for bytes in [[], [1, 2, 3, 4, 5]] as [Bytes] {
            let properties = Properties([KeyValue(type: 0x09, bytes: bytes)], profile: data(18))
            #expect(LOCProperties(properties, version: .loc04) == LOCProperties())
        }
        let properties = Properties([KeyValue(type: 0x04, integer: 1 << 24)], profile: data(18))
        #expect(LOCProperties(properties, version: .loc02).videoFrameMarking == nil)
    }

    @Test("Immutable Properties are looked into")
    func immutable() {
        let inner = Properties([KeyValue(type: 0x10, integer: 7)], profile: data(18))
        let all = Properties([KeyValue(type: 0x0B, bytes: inner.raw)], profile: data(18))
        #expect(LOCProperties(all, version: .loc04).timestamp == 7)
    }

    @Test("names tell the versions apart")
    func names() {
        #expect(LOCVersion.loc01.name(ofType: 0x02) == "Capture Timestamp")
        #expect(LOCVersion.loc02.name(ofType: 0x06) == "Timestamp")
        #expect(LOCVersion.loc01.name(ofType: 0x06) == "Audio Level")
        #expect(LOCVersion.newest.name(ofType: 0x10) == "Timestamp")
        #expect(LOCVersion.newest.name(ofType: 0x06) == nil)
    }
}
