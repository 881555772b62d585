import Glibc
import Testing
import Wire

@testable import EventLoop

@Suite struct ThreadTests {
    @Test func `messages of each thread arrive in the order it posted them, all of them`() throws {
        let loop = try EventLoop()
        let mailbox = try Mailbox<(thread: Int, number: Int)>()
        var received: [[Int]] = [[], [], [], []]
        _ = try mailbox.attach(to: loop) { received[$0.thread].append($0.number) }
        for thread in 0..<4 {
            try Worker.start("poster") { for number in 0..<10_000 { mailbox.post((thread, number)) } }
        }
        #expect(loop.run(until: loop.now + .seconds(20)) { received.allSatisfy { $0.count == 10_000 } })
        #expect(received.allSatisfy { $0 == Array(0..<10_000) })
    }

    @Test func `messages posted before the mailbox is attached are kept`() throws {
        let loop = try EventLoop()
        let mailbox = try Mailbox<Int>()
        for number in 0..<3 { mailbox.post(number) }
        var received: [Int] = []
        let registration = try mailbox.attach(to: loop) { received.append($0) }
        loop.runOnce(until: loop.now + .seconds(5))
        #expect(received == [0, 1, 2])
        loop.cancel(registration)
        mailbox.post(3)
        loop.runOnce(until: loop.now)
        #expect(received == [0, 1, 2])
    }

    @Test func `a message posted by a handler is delivered in the next wake`() throws {
        let loop = try EventLoop()
        let mailbox = try Mailbox<Int>()
        var received: [Int] = []
        _ = try mailbox.attach(to: loop) {
            received.append($0)
            if $0 < 3 { mailbox.post($0 + 1) }
        }
        mailbox.post(1)
        loop.runOnce(until: loop.now + .seconds(5))
        #expect(received == [1])
        #expect(loop.run(until: loop.now + .seconds(5)) { received == [1, 2, 3] })
    }

    @Test func `signals reach their handler`() throws {
        // On a thread of its own: a signal to the thread needs no other thread of the test process to block it.
        let outcome = try Mailbox<Result<[Signal], SystemError>>()
        try Worker.start("signals") {
            outcome.post(Result { () throws(SystemError) in try Self.signalsToSelf() })
        }
        let loop = try EventLoop()
        var answer: Result<[Signal], SystemError>?
        _ = try outcome.attach(to: loop) { answer = $0 }
        loop.run(until: loop.now + .seconds(10)) { answer != nil }
        #expect(try #require(answer).get().sorted { $0.rawValue < $1.rawValue } == [.hangup, .interrupt, .terminate])
    }

    private static func signalsToSelf() throws(SystemError) -> [Signal] {
        let loop = try EventLoop()
        var received: [Signal] = []
        let signals = try Signals(loop) { received.append($0) }
        for signal in Signal.allCases { pthread_kill(pthread_self(), signal.rawValue) }
        loop.run(until: loop.now + .seconds(5)) { received.count == 3 }
        signals.cancel()
        return received
    }

    @Test func `a name is resolved on another thread and answered in the loop`() throws {
        let loop = try EventLoop()
        var answer: Result<[SocketAddress], AddressError>?
        try HostPort(host: "localhost", port: 4443).resolve(on: loop) { answer = $0 }
        #expect(answer == nil)
        loop.run(until: loop.now + .seconds(10)) { answer != nil }
        let addresses = try #require(answer).get()
        #expect(addresses.allSatisfy { ["127.0.0.1", "::1"].contains($0.host) && $0.port == 4443 })
    }
}
