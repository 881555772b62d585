import MoQTCodec
import Testing
import Wire

@testable import Commands

@Suite struct ObjectAssemblerTests {
    @Test func objectsAreGivenAsSoonAsTheyAreWhole() {
        var track = Assembly()
        track.open(0, group: 0)
        track.object(0, 0)
        #expect(track.given() == ["0/0"])
        track.object(0, 1, size: 0)
        #expect(track.given() == ["0/1"])
        #expect(track.assembler.deadline == nil)
    }

    @Test func aLaterGroupWaitsForTheEarlier() {
        var track = Assembly()
        track.open(0, group: 0, endsGroup: true)
        track.object(0, 0)
        track.stream(1, group: 1, [0, 1])
        track.stream(2, group: 2, [0])
        #expect(track.given() == ["0/0"])
        track.object(0, 1)
        #expect(track.given() == ["0/1"])
        track.end(0)
        #expect(track.given() == ["1/0", "1/1", "2/0"])
        #expect(track.assembler.groupsDone == 3)
    }

    /// draft-22 "Closing Subgroup Streams": a subgroup of which objects were left out is reset.
    @Test func whatIsLeftOutOnPurposeIsNotWaitedFor() {
        var track = Assembly()
        track.assembler.isFiltered = true
        track.open(0, group: 0, endsGroup: true)
        track.object(0, 3)
        track.object(0, 7)
        #expect(track.given() == ["0/3", "0/7"])
        track.end(0, finished: false)
        track.open(1, group: 1)
        track.object(1, 3)
        #expect(track.given() == ["1/3"])
        #expect(track.assembler.deadline == nil)
    }

    @Test func groupsThatArriveBackwardsAreGivenForwards() {
        var track = Assembly()
        for group in (0..<4 as Range<UInt64>).reversed() { track.stream(group, group: group, [0, 1]) }
        #expect(track.given() == ["0/0", "0/1", "1/0", "1/1", "2/0", "2/1", "3/0", "3/1"])
    }

    @Test func endOfGroupEndsAGroupWithoutALaterOne() {
        var track = Assembly()
        track.open(0, group: 0)
        track.object(0, 0)
        track.object(0, 1, size: 0, status: .endOfGroup)
        track.end(0)
        #expect(track.assembler.groupsDone == 1)
        #expect(track.given() == ["0/0", "0/1"])
    }

    @Test func aGroupWithoutAnEndIsOverWhenALaterOneBegins() {
        var track = Assembly()
        track.stream(0, group: 0, [0], endsGroup: false)
        #expect(track.assembler.groupsDone == 0)
        track.open(1, group: 1)
        #expect(track.assembler.groupsDone == 1)
    }

    @Test func theSubgroupsOfAGroupAreMerged() {
        var track = Assembly()
        track.open(0, group: 0, subgroup: 0)
        track.open(1, group: 0, subgroup: 1)
        track.object(1, 1)
        track.object(1, 3)
        #expect(track.given() == [])
        track.object(0, 0)
        #expect(track.given() == ["0/0", "0/1"])
        track.object(0, 2)
        #expect(track.given() == ["0/2", "0/3"])
    }

    @Test func aSubgroupThatComesLateLosesNothing() {
        var track = Assembly()
        track.stream(0, group: 0, [0, 2])
        track.stream(2, group: 1, [0])
        #expect(track.given() == ["0/0"])
        track.stream(1, group: 0, subgroup: 1, [1], endsGroup: false)
        #expect(track.given() == ["0/1", "0/2", "1/0"])
        #expect(track.assembler.late == 0)
    }

    @Test func theFirstObjectNamesItsSubgroupWhenTheHeaderDoesNot() {
        var track = Assembly()
        track.assembler.begins(at: Location(group: 0, object: 4))
        track.open(0, group: 0, subgroup: nil)
        track.object(0, 4)
        track.object(0, 5)
        #expect(track.assembler.ready.map(\.subgroup) == [4, 4])
    }

    @Test func onlyAGroupLimitsWorthIsGiven() {
        var track = Assembly(groupLimit: 2)
        track.stream(3, group: 3, [0])
        track.stream(2, group: 2, [0])
        track.stream(1, group: 1, [0])
        track.stream(0, group: 0, [0, 1])
        #expect(track.given() == ["0/0", "0/1", "1/0"])
        #expect(track.assembler.isComplete)
    }

    @Test func unorderedObjectsAreGivenAsTheyCome() {
        var track = Assembly(isUnordered: true)
        track.open(0, group: 5)
        track.object(0, 3)
        track.stream(1, group: 2, [1, 0])
        #expect(track.given() == ["5/3", "2/1", "2/0"])
        track.takeCredit()
        #expect(track.credited == track.received)
        #expect(track.finishedStreams == 1)
    }

    @Test func datagramsAreGivenUnlessALaterOneWas() {
        var track = Assembly(groupLimit: 2)
        for (group, object) in [(0, 0), (0, 2), (0, 1), (1, 0), (2, 0)] as [(UInt64, UInt64)] {
            let datagram = ObjectDatagram(
                trackAlias: TrackAlias(rawValue: 1), location: Location(group: group, object: object),
                content: .payload([1]))
            track.assembler.datagram(ReceivedObject(datagram), of: 1, track.now)
        }
        #expect(track.given() == ["0/0", "0/2", "1/0"])
        #expect(track.assembler.late == 1)
        #expect(track.assembler.isComplete)
    }
}

@Suite struct ObjectAssemblerPatienceTests {
    @Test func aMissingGroupIsWaitedForAndThenSkipped() {
        var track = Assembly()
        track.stream(0, group: 0, [0])
        track.stream(2, group: 2, [0])
        #expect(track.given() == ["0/0"])
        #expect(track.assembler.deadline == track.now + Assembly.patience)
        track.pass(.seconds(1))
        track.stream(3, group: 3, [0])
        #expect(track.given() == [])
        track.pass(.seconds(1))
        #expect(track.given() == ["2/0", "3/0"])
    }

    @Test func aMissingGroupThatComesInTimeIsGivenInItsPlace() {
        var track = Assembly()
        track.stream(0, group: 0, [0])
        track.stream(2, group: 2, [0])
        track.pass(.milliseconds(1999))
        track.stream(1, group: 1, [0])
        #expect(track.given() == ["0/0", "1/0", "2/0"])
        #expect(track.assembler.deadline == nil)
    }

    @Test func missingGroupsDoNotAddUp() {
        var track = Assembly()
        track.stream(0, group: 0, [0])
        for group in [10, 20, 30] as [UInt64] {
            track.stream(group, group: group, [0])
            track.pass(.seconds(1))
        }
        #expect(track.given() == ["0/0", "10/0", "20/0"])
        track.pass(.seconds(1))
        #expect(track.given() == ["30/0"])
    }

    @Test func whatComesAfterItsTurnIsLate() {
        var track = Assembly()
        track.stream(1, group: 1, [0])
        track.pass(Assembly.patience)
        #expect(track.given() == ["1/0"])
        track.stream(0, group: 0, [0, 1])
        #expect(track.given() == [] && track.assembler.late == 2)
        track.takeCredit()
        #expect(track.credited == track.received && track.finishedStreams == 2)
    }

    @Test func theGroupWhereTheSubscriptionBeginsIsNotWaitedFor() {
        var track = Assembly()
        track.assembler.begins(at: Location(group: 7, object: 3))
        track.open(0, group: 7)
        track.object(0, 3)
        #expect(track.given() == ["7/3"])
    }

    @Test func aMissingObjectIsWaitedForAndThenSkipped() {
        var track = Assembly()
        track.open(0, group: 0)
        track.object(0, 2)
        #expect(track.given() == [])
        track.pass(Assembly.patience)
        #expect(track.given() == ["0/2"])
    }

    @Test func aTrackThatLeavesIDsOutIsWaitedForOnce() {
        var track = Assembly()
        track.open(0, group: 0)
        track.object(0, 2)
        track.pass(Assembly.patience)
        track.object(0, 4)
        track.object(0, 9)
        #expect(track.given() == ["0/2", "0/4", "0/9"])
    }

    @Test func aPriorObjectIDGapIsNotWaitedFor() throws {
        var track = Assembly()
        let profile = try #require(Profile.named("moqt-18"))
        let gap = Properties([KeyValue(type: PropertyType.priorObjectIDGap, integer: 3)], profile: profile)
        track.open(0, group: 0)
        track.object(0, 0)
        track.object(0, 4, properties: gap)
        #expect(track.given() == ["0/0", "0/4"])
    }

    @Test func theRestOfACutStreamIsWaitedFor() {
        var track = Assembly()
        track.open(0, group: 0)
        track.object(0, 0)
        track.stream(1, group: 1, [0])
        track.end(0, finished: false)
        #expect(track.given() == ["0/0"])
        track.pass(Assembly.patience)
        #expect(track.given() == ["1/0"])
    }

    @Test func theRestOfACutStreamOfALiveTrackIsGone() {
        var track = Assembly()
        track.assembler.isLive = true
        track.open(0, group: 0)
        track.object(0, 0)
        track.stream(1, group: 1, [0])
        track.end(0, finished: false)
        #expect(track.given() == ["0/0", "1/0"])
    }

    @Test func whenNoMoreWillComeEverythingIsGiven() {
        var track = Assembly()
        track.stream(3, group: 3, [0, 4])
        track.open(5, group: 5)
        track.object(5, 0)
        #expect(track.given() == [])
        track.assembler.finish(track.now)
        #expect(track.given() == ["3/0", "3/4", "5/0"])
        track.takeCredit()
        #expect(track.credited == track.received)
    }
}
