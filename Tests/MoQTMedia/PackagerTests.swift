import MoQTMedia
import Testing
import Wire

struct PackagerTests {
    private func places(_ packager: inout Packager, _ samples: [MediaSample]) -> [[UInt64]] {
        samples.map {
            let object = packager.package($0)
            return [UInt64(object.track), object.group, object.object]
        }
    }

    @Test func aVideoRandomAccessPointStartsAGroup() {
        var packager = Packager([Example.video], firstGroup: 7)
        let samples = [true, false, false, true, false, true].enumerated().map {
            Example.sample(0, Int64($0.offset) * 3000, sync: $0.element)
        }
        #expect(
            places(&packager, samples)
                == [[0, 7, 0], [0, 7, 1], [0, 7, 2], [0, 8, 0], [0, 8, 1], [0, 9, 0]])
    }

    @Test func samplesBeforeTheFirstRandomAccessPointAreAGroup() {
        var packager = Packager([Example.video])
        let samples = [false, false, true].enumerated().map {
            Example.sample(0, Int64($0.offset) * 3000, sync: $0.element)
        }
        #expect(places(&packager, samples) == [[0, 0, 0], [0, 0, 1], [0, 1, 0]])
    }

    @Test func audioFollowsTheGroupsOfVideoInTime() {
        var packager = Packager([Example.video, Example.audio])
        let samples = [
            Example.sample(1, 0), Example.sample(0, 0),
            Example.sample(0, 90_000, cts: 90_000),  // presented at 2 s
            Example.sample(1, 48_000), Example.sample(1, 95_999), Example.sample(1, 96_000),
        ]
        #expect(
            places(&packager, samples)
                == [[1, 0, 0], [0, 0, 0], [0, 1, 0], [1, 0, 1], [1, 0, 2], [1, 1, 0]])
    }

    @Test func audioThatMissedGroupsJoinsTheLatest() {
        var packager = Packager([Example.video, Example.audio])
        let video = (0..<100).map { Example.sample(0, $0 * 90_000) }
        _ = places(&packager, [Example.sample(1, 0)] + video)
        #expect(
            places(&packager, [Example.sample(1, 48_000 * 98), Example.sample(1, 48_000 * 99)])
                == [[1, 98, 0], [1, 99, 0]])
    }

    @Test func audioAloneHasAGroupForEachSecond() {
        var packager = Packager([Example.audio])
        let groups = (0..<200).map { packager.package(Example.sample(0, $0 * 1024)).group }
        #expect(Set(groups) == [0, 1, 2, 3, 4])
        #expect(groups == groups.sorted())
    }

    @Test func objectsSayTheirDecodeTime() {
        var packager = Packager([Example.video])
        #expect(packager.package(Example.sample(0, 90_000 * 3 + 45_000)).time == 3_500_000)
    }
}
