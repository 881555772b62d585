import Testing
import Wire

@testable import Commands

@Suite struct LogTests {
    @Test func `a session has its share of lines in each second, and the rest is counted`() {
        var budget = LogBudget()
        let start = Instant(nanoseconds: 7_000_000_000)
        for _ in 0..<10 {
            let line = budget.take(start, limit: 10)
            #expect(line.isLogged && line.withheld == 0)
        }
        for _ in 0..<3 {
            let line = budget.take(start + .milliseconds(999), limit: 10)
            #expect(!line.isLogged && line.withheld == 0)
        }
        #expect(budget.withheld == 3)
        let next = budget.take(start + .seconds(1), limit: 10)
        #expect(next.isLogged && next.withheld == 3 && budget.withheld == 0)
    }

    @Test func `text names session and request before the message`() {
        #expect(LogEntry("message").text == "message")
        #expect(LogEntry("message", session: 3).text == "session 3: message")
        #expect(LogEntry("message", session: 3, request: 4).text == "session 3: request 4: message")
    }
}
