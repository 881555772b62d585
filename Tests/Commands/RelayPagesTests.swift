import EventLoop
import Foundation
import MoQTCodec
import MoQTRelay
import Testing
import Wire

@testable import Commands
@testable import Operations

/// What `moqt relay --http` serves, from loops on threads of their own.
@Suite struct RelayPagesTests {
    /// A loop that is told what to do by the test.
    private final class Hand: Sendable {
        let observed: ObservedLoop
        private let orders: Mailbox<@Sendable () -> Void>

        init(_ relay: @escaping @Sendable () -> Relay = { Relay(settings: .init(), cache: Cache(limit: 1000)) }) throws
        {
            let ready = try Gathering<ObservedLoop>(count: 1)
            let orders = try Mailbox<@Sendable () -> Void>()
            self.orders = orders
            try Worker.start("loop") {
                guard let loop = try? EventLoop(), let inquiries = try? Mailbox<RelayInquiry>() else { return }
                let relay = relay()
                _ = try? inquiries.attach(to: loop) { $0.answer(relay, [], []) }
                _ = try? orders.attach(to: loop) { $0() }
                ready.answer(0, ObservedLoop(pulse: loop.pulse, inquiries: inquiries))
                loop.run()
            }
            observed = try #require(ready.wait(.seconds(20))[0])
        }

        /// Holds the loop up until the answer is given to what is returned.
        func stall() throws -> Stall {
            let stall = try Stall()
            orders.post { stall.hold() }
            try #require(stall.began.wait(.seconds(20)) == [true])
            return stall
        }

        /// Returns when the loop has done all it was told.
        func sync() throws {
            let done = try Gathering<Bool>(count: 1)
            orders.post { done.answer(0, true) }
            try #require(done.wait(.seconds(20)) == [true])
        }
    }

    private final class Stall: Sendable {
        let began: Gathering<Bool>
        private let end: Gathering<Bool>

        init() throws { (began, end) = (try Gathering(count: 1), try Gathering(count: 1)) }

        func hold() {
            began.answer(0, true)
            _ = end.wait(.seconds(60))
        }

        func release() { end.answer(0, true) }
    }

    private static let digest = String(repeating: "a1", count: 32)

    private func pages(_ hands: [Hand], ahead: Interval = .zero) -> RelayPages {
        RelayPages(hands.map(\.observed), clock: { EventLoop.clock() + ahead }, fingerprint: { Self.digest })
    }

    @Test func `health is an outage while a loop makes no progress for five seconds`() throws {
        let hands = [try Hand(), try Hand()]
        let now = pages(hands), later = pages(hands, ahead: .seconds(6))
        // Loops that wait are well however long they do.
        for hand in hands { try hand.sync() }
        #expect(now.page("/health")?.status == 200)
        // The wake of the last order is over soon after.
        #expect(EventLoopWait.until { later.page("/health")?.status == 200 })
        let stall = try hands[1].stall()
        #expect(now.page("/health")?.status == 200)
        let answer = try #require(later.page("/health"))
        #expect(answer.status == 503)
        #expect(String(decoding: answer.body, as: UTF8.self) == "loop 1 has made no progress for 6 s\n")
        stall.release()
        try hands[1].sync()
        #expect(EventLoopWait.until { later.page("/health")?.status == 200 })
    }

    @Test func `pages say which loops are silent, and sums keep what was counted`() throws {
        let hands = [try Hand(), try Hand()]
        let pages = pages(hands)
        #expect(try text(pages, "/metrics").contains("\nmoqt_cache_limit_bytes 2000\n"))
        #expect(try text(pages, "/tracks") == #"{"tracks":[],"silent_loops":[]}"# + "\n")
        let stall = try hands[0].stall()
        #expect(try text(pages, "/tracks") == #"{"tracks":[],"silent_loops":[0]}"# + "\n")
        let metrics = try text(pages, "/metrics")
        #expect(metrics.contains("\nmoqt_loop_up{loop=\"0\"} 0\nmoqt_loop_up{loop=\"1\"} 1\n"))
        #expect(metrics.contains("\nmoqt_cache_limit_bytes 2000\n"))
        stall.release()
    }

    @Test(arguments: ["/fingerprint", "/certificate.sha256"])
    func `the fingerprint is for pages of any origin and nothing but digits`(_ path: String) throws {
        let answer = try #require(pages([try Hand()]).page(path))
        #expect(answer.status == 200 && answer.isForEveryOrigin && answer.body == Array(Self.digest.utf8))
    }

    @Test func `nothing else is there`() throws {
        let pages = pages([try Hand()])
        for path in ["/", "", "/metrics/", "/health2", "/Tracks", "metrics"] { #expect(pages.page(path) == nil) }
    }

    private func text(_ pages: RelayPages, _ path: String) throws -> String {
        String(decoding: try #require(pages.page(path)).body, as: UTF8.self)
    }
}

private enum EventLoopWait {
    /// Looks again and again until `condition` holds; false after twenty seconds.
    static func until(_ condition: () -> Bool) -> Bool {
        let end = EventLoop.clock() + .seconds(20)
        while EventLoop.clock() < end { if condition() { return true } }
        return false
    }
}
