import Glibc
import Testing
import Wire

@testable import EventLoop

@Suite struct PulseTests {
    @Test func `a loop is busy in a wake, and not while it waits`() throws {
        let loop = try EventLoop()
        #expect(loop.pulse.busySince == nil && loop.pulse.wakes == 0)
        var since: Instant?
        loop.afterEvents { since = loop.pulse.busySince }
        loop.runOnce(until: nil)
        #expect(since == loop.now && loop.pulse.busySince == nil && loop.pulse.wakes == 1)
    }

    @Test func `busy time is that of wakes`() throws {
        let loop = try EventLoop()
        var spent = Interval.zero
        loop.afterEvents {
            while EventLoop.clock() - loop.now < .microseconds(100) {}
            spent = EventLoop.clock() - loop.now
        }
        loop.runOnce(until: nil)
        #expect(loop.pulse.busy >= spent && spent >= .microseconds(100))
    }

    @Test func `a wake that goes on for the whole patience is a stall`() {
        let pulse = Pulse(), start = Instant(nanoseconds: 7)
        #expect(!pulse.isStalled(start + .seconds(100), after: .seconds(5)))
        pulse.woke(at: start)
        #expect(!pulse.isStalled(start + .milliseconds(4999), after: .seconds(5)))
        #expect(pulse.isStalled(start + .seconds(5), after: .seconds(5)))
        pulse.rests(from: start + .seconds(6))
        #expect(!pulse.isStalled(start + .seconds(100), after: .seconds(5)) && pulse.busy == .seconds(6))
    }

    @Test func `all answers are waited for, but not for ever`() throws {
        let all = try Gathering<Int>(count: 3)
        for number in 0..<3 { try Worker.start("answer") { all.answer(number, number * 10) } }
        #expect(all.wait(.seconds(20)) == [0, 10, 20])
        let some = try Gathering<Int>(count: 2)
        some.answer(1, 7)
        #expect(some.wait(.milliseconds(1)) == [nil, 7])
        // One that comes too late does no harm.
        some.answer(0, 6)
    }

    @Test func `a TCP port is taken once`() throws {
        let listener = try TCPListener(bind: .loopback(.ipv4, port: 0))
        #expect(listener.localAddress.port > 0)
        #expect(throws: SystemError.self) { try TCPListener(bind: listener.localAddress) }
        #expect(try TCPListener(bind: .any(.ipv6, port: 0)).localAddress.host == "::")
    }
}
