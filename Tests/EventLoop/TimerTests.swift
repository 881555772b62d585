import Testing
import Wire

@testable import EventLoop

@Suite struct TimerTests {
    private func loop() throws -> (EventLoop, (UInt64) -> Instant) {
        let loop = try EventLoop()
        let start = loop.now
        return (loop, { start + .milliseconds($0) })
    }

    @Test func `timers fire by deadline and, at one deadline, in the order they were set`() throws {
        let (loop, at) = try loop()
        var fired: [Int] = []
        for (number, delay) in [3, 1, 2, 1, 0].enumerated() {
            loop.once(at: at(UInt64(delay))) { fired.append(number) }
        }
        #expect(loop.run(until: at(5000)) { fired.count == 5 })
        #expect(fired == [4, 1, 3, 2, 0])
    }

    @Test func `a timer never fires before its deadline`() throws {
        let (loop, at) = try loop()
        var fired: Instant?
        loop.once(at: at(3)) { fired = loop.now }
        loop.run(until: at(5000)) { fired != nil }
        #expect(try #require(fired) >= at(3))
    }

    @Test func `rescheduling moves a timer both ways, and it fires once per setting`() throws {
        let (loop, at) = try loop()
        var fired: [String] = []
        let late = loop.schedule(at: at(60_000)) { fired.append("late") }
        let early = loop.schedule(at: at(0)) { fired.append("early") }
        loop.reschedule(late, at: at(1))
        loop.reschedule(early, at: at(2))
        #expect(loop.run(until: at(5000)) { fired.count == 2 })
        #expect(fired == ["late", "early"])
        loop.reschedule(late, at: loop.now)
        loop.runOnce(until: at(5000))
        #expect(fired == ["late", "early", "late"])
    }

    @Test func `an unset or cancelled timer does not fire, and its number is not mistaken for the next one's`() throws {
        let (loop, at) = try loop()
        var fired: [String] = []
        let unset = loop.schedule(at: at(0)) { fired.append("unset") }
        let cancelled = loop.schedule(at: at(0)) { fired.append("cancelled") }
        loop.reschedule(unset, at: nil)
        loop.cancel(cancelled)
        let next = loop.schedule(at: nil) { fired.append("next") }
        loop.reschedule(cancelled, at: at(0))
        loop.runOnce(until: at(0))
        #expect(fired == [])
        loop.reschedule(next, at: at(0))
        loop.runOnce(until: at(5000))
        #expect(fired == ["next"])
    }

    @Test func `a timer that its handler sets to the past waits for the next wake`() throws {
        let (loop, at) = try loop()
        var count = 0
        var timer: TimerID?
        timer = loop.schedule(at: at(0)) {
            count += 1
            if let timer { loop.reschedule(timer, at: at(0)) }
        }
        defer { if let timer { loop.cancel(timer) } }
        loop.runOnce(until: at(5000))
        #expect(count == 1)
        loop.runOnce(until: at(5000))
        #expect(count == 2)
    }

    @Test(arguments: [UInt64(1), 2, 3]) func `the heap agrees with sorting, through random settings and removals`(
        seed: UInt64
    ) {
        var random = Xorshift(state: seed)
        var heap = TimerHeap()
        var model: [TimerID: (deadline: UInt64, order: Int)] = [:]
        let ids = (0..<200).map { _ in heap.insert(once: false) {} }
        for order in 0..<4000 {
            guard let id = ids.randomElement(using: &random) else { continue }
            if order % 5 == 0 {
                heap.set(id, at: nil)
                model[id] = nil
            } else {
                let deadline = UInt64.random(in: 0..<100, using: &random)
                heap.set(id, at: Instant(nanoseconds: deadline))
                model[id] = (deadline, order)
            }
            #expect(heap.earliest?.nanoseconds == model.values.map(\.deadline).min())
        }
        let expected = model.sorted { ($0.value.deadline, $0.value.order) < ($1.value.deadline, $1.value.order) }
        for (_, value) in expected {
            #expect(heap.earliest?.nanoseconds == value.deadline)
            #expect(heap.popDue(Instant(nanoseconds: value.deadline), setBy: .max) != nil)
        }
        #expect(heap.earliest == nil)
    }
}

/// A generator of the same numbers for the same seed.
private struct Xorshift: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return state
    }
}
