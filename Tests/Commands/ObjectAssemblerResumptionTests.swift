import MoQTCodec
import Testing
import Wire

@testable import Commands

@Suite struct ObjectAssemblerJoiningTests {
    @Test func aJoiningFetchFillsInBeforeWhatIsLive() {
        var track = Assembly()
        track.assembler.begins(at: Location(group: 4, object: 3))
        track.assembler.fills(from: Location(group: 4, object: 0), to: Location(group: 4, object: 2))
        track.open(0, group: 4)
        track.object(0, 3)
        track.stream(1, group: 5, [0])
        #expect(track.given() == [])
        track.openFetch(2)
        for id in 0..<3 as Range<UInt64> { track.fetched(2, Location(group: 4, object: id)) }
        #expect(track.given() == ["4/0", "4/1", "4/2", "4/3"])
        track.end(2)
        track.assembler.filled(track.now)
        track.end(0)
        #expect(track.given() == ["5/0"])
    }

    /// The subscription begins after the largest object, and its objects may be first to arrive
    /// (draft-18 "Joining an Ongoing Track").
    @Test func theTrackBeginsWhereTheFetchDoes() {
        var track = Assembly()
        track.assembler.fills(from: Location(group: 4, object: 0), to: Location(group: 4, object: 2))
        track.assembler.begins(at: Location(group: 4, object: 3))
        track.open(1, group: 4)
        track.object(1, 3)
        #expect(track.given() == [])
        track.openFetch(0)
        for id in 0...2 { track.fetched(0, Location(group: 4, object: UInt64(id))) }
        track.end(0)
        track.assembler.filled(track.now)
        #expect(track.given() == ["4/0", "4/1", "4/2", "4/3"])
    }

    @Test func whatAFetchDoesNotBringIsNotWaitedFor() {
        var track = Assembly()
        track.assembler.fills(from: Location(group: 4, object: 0), to: Location(group: 4, object: 5))
        track.open(0, group: 4)
        track.object(0, 6)
        track.openFetch(2)
        track.fetched(2, Location(group: 4, object: 3))
        #expect(track.given() == [])
        track.assembler.filled(track.now)
        #expect(track.given() == ["4/3", "4/6"])
    }

    @Test func aLaterGroupWaitsForTheFetchHoweverLongItTakes() {
        var track = Assembly()
        track.assembler.fills(from: Location(group: 4, object: 0), to: Location(group: 4, object: 0))
        track.stream(0, group: 5, [0])
        track.pass(.seconds(60))
        #expect(track.given() == [])
        track.openFetch(1)
        track.fetched(1, Location(group: 4, object: 0))
        track.assembler.filled(track.now)
        #expect(track.given() == ["4/0", "5/0"])
    }

    @Test func anObjectThatBothFetchAndSubscriptionBringIsGivenOnce() {
        var track = Assembly()
        track.assembler.fills(from: Location(group: 0, object: 0), to: Location(group: 0, object: 1))
        track.open(0, group: 0)
        track.object(0, 1)
        track.openFetch(1)
        track.fetched(1, Location(group: 0, object: 0))
        track.fetched(1, Location(group: 0, object: 1))
        #expect(track.given() == ["0/0", "0/1"])
    }
}

@Suite struct ObjectAssemblerResumptionTests {
    @Test func anotherSubscriptionGoesOnWithoutLossOrDuplicates() {
        var track = Assembly()
        track.open(0, group: 0)
        track.object(0, 0)
        track.open(1, group: 1)
        track.object(1, 0)
        track.end(0, finished: false)
        track.end(1, finished: false)
        track.assembler.interrupted()
        track.pass(.seconds(60))
        #expect(track.given() == ["0/0"])
        track.assembler.resumed(track.now)
        track.stream(2, group: 0, [1, 2])
        track.stream(3, group: 1, [0, 1])
        #expect(track.given() == ["0/1", "0/2", "1/0", "1/1"])
        track.takeCredit()
        #expect(track.credited == track.received && track.finishedStreams == 4)
    }

    @Test func whatWasMissedBetweenTwoSubscriptionsIsFetched() {
        var track = Assembly()
        track.stream(0, group: 0, [0])
        track.open(1, group: 1)
        track.object(1, 0)
        track.assembler.disconnected(1, track.now)
        track.assembler.fills(from: Location(group: 1, object: 1), to: Location(group: 3, object: 0))
        track.assembler.resumed(track.now)
        track.stream(0, group: 3, [1])
        track.stream(1, group: 4, [0])
        track.openFetch(2)
        track.fetched(2, Location(group: 1, object: 1))
        #expect(track.given() == ["0/0", "1/0", "1/1"])
        track.fetched(2, Location(group: 2, object: 0))
        track.fetched(2, Location(group: 3, object: 0))
        #expect(track.given() == ["2/0", "3/0", "3/1"])
        track.end(2)
        track.assembler.filled(track.now)
        #expect(track.given() == ["4/0"])
        #expect(track.assembler.deadline == nil)
    }

    @Test func anotherConnectionGoesOnAndOwesForItsOwnStreams() {
        var track = Assembly()
        track.open(0, group: 0)
        track.object(0, 0)
        track.open(1, group: 1)
        track.object(1, 0)
        track.assembler.disconnected(1, track.now)
        track.assembler.resumed(track.now)
        track.session = 2
        // The new connection numbers its streams from 0 again.
        track.stream(0, group: 0, [1])
        track.stream(1, group: 1, [0, 1])
        #expect(track.given() == ["0/0", "0/1", "1/0", "1/1"])
        #expect(track.credit(1) == 5 + 2 * 5)
    }

    @Test func twoSubscriptionsOverlapAndEachObjectIsGivenOnce() {
        var track = Assembly()
        track.open(0, group: 0)
        for id in 0...2 as ClosedRange<UInt64> { track.object(0, id) }
        // Another session brings what follows 0/1, and is at 0/4.
        track.assembler.fills(from: Location(group: 0, object: 2), to: Location(group: 0, object: 4))
        track.object(0, 3)
        track.session = 2
        track.openFetch(0)
        for id in 2...4 as ClosedRange<UInt64> { track.fetched(0, Location(group: 0, object: id)) }
        track.open(1, group: 0)
        track.object(1, 5)
        track.end(0)
        track.assembler.filled(track.now)
        track.assembler.left(1, track.now)
        track.object(1, 6)
        track.end(1)
        track.stream(2, group: 1, [0])
        #expect(track.given() == ["0/0", "0/1", "0/2", "0/3", "0/4", "0/5", "0/6", "1/0"])
        #expect(track.assembler.deadline == nil && track.assembler.late == 0)
    }

    @Test func whatTheNextSubscriptionHasNotBegunToBringIsWaitedFor() {
        var track = Assembly()
        track.open(0, group: 0)
        track.object(0, 0)
        track.assembler.left(1, track.now)
        track.session = 2
        track.stream(1, group: 1, [0])
        #expect(track.given() == ["0/0"])
        track.stream(0, group: 0, [1])
        #expect(track.given() == ["0/1", "1/0"])
    }

    @Test func whatIsNeverSentAgainIsSkippedAfterAll() {
        var track = Assembly()
        track.open(0, group: 0)
        track.object(0, 0)
        track.assembler.disconnected(1, track.now)
        track.pass(.seconds(60))
        track.assembler.resumed(track.now)
        track.stream(0, group: 9, [0])
        #expect(track.given() == ["0/0"])
        track.pass(Assembly.patience)
        #expect(track.given() == ["9/0"])
    }
}

@Suite struct ObjectAssemblerCreditTests {
    @Test func nothingIsCreditedForAGroupBeforeItsTurn() {
        var track = Assembly()
        track.open(0, group: 0)
        track.object(0, 0)
        track.stream(1, group: 1, [0, 1])
        #expect(track.credit(0) == 10)
        #expect(track.credit(1) == 0)
        #expect(track.finishedStreams == 0)
        track.end(0)
        #expect(track.credit(1) == 15)
        #expect(track.finishedStreams == 2)
    }

    @Test func aFetchIsCreditedAtOnce() {
        var track = Assembly()
        track.assembler.fills(from: Location(group: 4, object: 0), to: Location(group: 4, object: 2))
        track.openFetch(0)
        track.fetched(0, Location(group: 4, object: 2))
        #expect(track.credit(0) == 6)
        track.end(0)
        track.takeCredit()
        #expect(track.finishedStreams == 1)
    }

    /// Every order of three streams of two groups, every way to end them.
    @Test func everythingReceivedIsCreditedOnce() {
        var random = SystemRandomNumberGenerator()
        for _ in 0..<200 {
            var track = Assembly()
            var open: [(stream: UInt64, next: UInt64)] = []
            for stream in Array(0..<12 as Range<UInt64>).shuffled(using: &random) {
                track.open(stream, group: stream / 2, subgroup: stream % 2, endsGroup: Bool.random())
                open.append((stream, stream % 2))
                while let index = open.indices.randomElement(using: &random), Int.random(in: 0..<3) > 0 {
                    track.object(open[index].stream, open[index].next, size: Int.random(in: 0..<4))
                    open[index].next += 2
                    if Bool.random() { track.end(open.remove(at: index).stream, finished: Bool.random()) }
                }
                track.pass(.milliseconds(UInt64.random(in: 0..<1500)))
            }
            for (stream, _) in open { track.end(stream) }
            track.assembler.finish(track.now)
            track.takeCredit()
            #expect(track.credited == track.received)
            #expect(track.finishedStreams == 12)
            let locations = track.assembler.ready.map(\.location)
            #expect(locations == locations.sorted() && Set(locations).count == locations.count)
        }
    }

    @Test func aStreamNobodyKnowsIsCreditedToo() {
        var track = Assembly()
        track.object(0, 0)
        track.end(0)
        #expect(track.credit(0) == 5 && track.finishedStreams == 1)
    }
}
