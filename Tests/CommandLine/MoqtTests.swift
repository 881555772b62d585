import Foundation
import Testing

/// The runner itself, on programs whose behaviour is known.
@Suite struct MoqtTests {
    private func shell(_ script: String, input: Moqt.Input = .none) throws -> Moqt {
        try Moqt(["-c", script], input: input, program: "/bin/sh")
    }

    @Test func capturesBothStreamsAndTheStatus() throws {
        let finished = try shell("echo out; echo err >&2; exit 3").wait()
        #expect(finished.text == "out\n")
        #expect(finished.stderr == "err\n")
        #expect(finished.status == 3)
    }

    @Test func feedsBytesAndEndsTheInput() throws {
        let bytes = (0..<300_000).map { UInt8(truncatingIfNeeded: $0) }
        #expect(try shell("cat", input: .bytes(bytes)).wait().stdout == bytes)
    }

    @Test func waitsForLinesOfARunningProcess() throws {
        let run = try shell("while read line; do echo got $line; done; printf tail", input: .open)
        run.write("a\nb\n")
        #expect(try run.waitForLine { $0.hasSuffix("b") } == "got b")
        #expect(run.isRunning)
        run.closeInput()
        #expect(try run.waitForLine() == "tail")
        #expect(throws: Moqt.Failure.self) { try run.waitForLine() }
    }

    @Test func reportsASignalAsAShellDoes() throws {
        let run = try shell("echo ready; exec cat", input: .open)
        _ = try run.waitForLine()
        run.send(SIGINT)
        let finished = try run.wait()
        #expect(finished.status == 130)
        #expect(finished.signal == SIGINT)
    }

    @Test func killsWhatOutlivesItsDeadline() throws {
        let run = try shell("exec cat", input: .open)
        #expect(throws: Moqt.Failure.self) { try run.wait(deadline: 0.05) }
        #expect(try run.wait().signal == SIGKILL)
    }

    @Test func leavesBrokenPipesToTheProcess() throws {
        let run = try Moqt(["-c", "echo x"], output: .brokenPipe, program: "/bin/sh")
        #expect(try run.wait().status != 0)
    }
}
