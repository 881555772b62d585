import EventLoop
import Glibc
import Testing
import Wire

@testable import Operations

@Suite struct WatchdogTests {
    private let wake = Instant(nanoseconds: 5)

    @Test func `looks count while one wake goes on`() {
        var count = SpinCount()
        for expected in 1...3 {
            count.look(wake, isRunning: true)
            #expect(count.looks == expected)
        }
        count.look(wake + .seconds(1), isRunning: true)
        #expect(count.looks == 1)
        count.look(nil, isRunning: false)
        #expect(count.looks == 0)
    }

    @Test func `a loop that is blocked is not counted, nor is it forgotten what was`() {
        var count = SpinCount()
        count.look(wake, isRunning: true)
        count.look(wake, isRunning: false)
        #expect(count.looks == 1)
        count.look(wake, isRunning: true)
        #expect(count.looks == 2)
    }

    @Test func `a loop that spins ends the process, and it is said where`() async {
        let result = await #expect(processExitsWith: .signal(SIGABRT), observing: [\.standardErrorContent]) {
            let loop = try EventLoop()
            loop.afterEvents { while true { _ = EventLoop.clock() } }
            let watchdog = Watchdog(
                [loop.pulse], tick: .milliseconds(1), patience: .milliseconds(20), alive: nil,
                report: { words in _ = (words + "\n").withCString { write(STDERR_FILENO, $0, strlen($0)) } })
            try watchdog.start()
            loop.run()
        }
        let words = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
        #expect(words.contains("loop 0 has been spinning for 0.02 s"), "\(words)")
        // Of the runtime or of the watchdog, whoever traces aborts.
        #expect(words.contains("0x"), "\(words)")
        #expect(words.contains("WatchdogTests"), "\(words)")
    }

    @Test func `a process whose loops wait is alive`() async {
        await #expect(processExitsWith: .exitCode(7)) {
            let loop = try EventLoop()
            let looks = try Gathering<Bool>(count: 1)
            let watchdog = Watchdog(
                [loop.pulse], tick: .milliseconds(1), patience: .milliseconds(2), alive: { looks.answer(0, true) },
                report: { _ in })
            try watchdog.start()
            try Worker.start("end") {
                _ = looks.wait(.seconds(20))
                exit(7)
            }
            loop.run()
        }
    }
}
