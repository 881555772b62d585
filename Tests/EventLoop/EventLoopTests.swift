import Glibc
import Testing
import Wire

@testable import EventLoop

@Suite struct EventLoopTests {
    @Test func `a descriptor is reported as long as it is ready, once per wake`() throws {
        let loop = try EventLoop()
        let pipe = try Pipe()
        var found: [Interest] = []
        _ = try loop.register(pipe.reading, .readable) { found.append($0) }
        loop.runOnce(until: loop.now)
        #expect(found == [])
        pipe.write("x")
        for _ in 0..<2 { loop.runOnce(until: loop.now + .seconds(5)) }
        #expect(found == [.readable, .readable])
    }

    @Test func `interest can change, and a cancelled handler is silent`() throws {
        let loop = try EventLoop()
        let pipe = try Pipe()
        var found: [Interest] = []
        let registration = try loop.register(pipe.writing, []) { found.append($0) }
        loop.runOnce(until: loop.now)
        #expect(found == [])
        try loop.modify(registration, .writable)
        loop.runOnce(until: loop.now)
        #expect(found == [.writable])
        loop.cancel(registration)
        loop.cancel(registration)
        loop.runOnce(until: loop.now)
        #expect(found == [.writable])
    }

    @Test func `the end of the other side is reported without being asked for`() throws {
        let loop = try EventLoop()
        var pipe: Pipe? = try Pipe()
        var found: [Interest] = []
        let reading = dup(try #require(pipe).reading)
        defer { close(reading) }
        _ = try loop.register(reading, []) { found.append($0) }
        pipe = nil
        loop.runOnce(until: loop.now + .seconds(5))
        #expect(found == [.failed])
    }

    @Test func `a handler cancelled earlier in the wake is not called, even if its place is taken`() throws {
        let loop = try EventLoop()
        let pipes = [try Pipe(), try Pipe(), try Pipe()]
        var registrations: [Registration] = []
        var called = 0
        let third = pipes[2].reading
        for pipe in pipes.prefix(2) {
            pipe.write("x")
            registrations.append(
                try loop.register(pipe.reading, .readable) { _ in
                    called += 1
                    registrations.forEach(loop.cancel)
                    _ = try? loop.register(third, .readable) { _ in called += 100 }
                })
        }
        loop.runOnce(until: loop.now)
        #expect(called == 1)
    }

    @Test func `a regular file and a descriptor watched already are errors`() throws {
        let loop = try EventLoop()
        let file = open("/proc/self/exe", O_RDONLY)
        defer { close(file) }
        let refused = #expect(throws: SystemError.self) { try loop.register(file, .readable) { _ in } }
        #expect(refused?.errno == EPERM)
        let pipe = try Pipe()
        _ = try loop.register(pipe.reading, .readable) { _ in }
        let twice = #expect(throws: SystemError.self) { try loop.register(pipe.reading, .readable) { _ in } }
        #expect(twice?.errno == EEXIST)
    }

    @Test func `deferred work runs after events and timers, once, and what it defers runs in the next wake`() throws {
        let loop = try EventLoop()
        let pipe = try Pipe()
        var order: [String] = []
        pipe.write("x")
        let registration = try loop.register(pipe.reading, .readable) { _ in
            order.append("event")
            loop.afterEvents {
                order.append("deferred")
                loop.afterEvents { order.append("next") }
            }
        }
        loop.once(at: loop.now) { order.append("timer") }
        loop.runOnce(until: nil)
        #expect(order == ["event", "timer", "deferred"])
        loop.cancel(registration)
        loop.runOnce(until: nil)
        #expect(order == ["event", "timer", "deferred", "next"])
    }

    @Test func `run ends at the end of the wake that stops it`() throws {
        let loop = try EventLoop()
        var deferred = false
        loop.once(at: loop.now) {
            loop.stop()
            loop.afterEvents { deferred = true }
        }
        loop.run()
        #expect(deferred)
    }

    @Test func `waiting for a condition ends at its deadline`() throws {
        let loop = try EventLoop()
        let deadline = loop.now + .milliseconds(5)
        #expect(!loop.run(until: deadline) { false })
        #expect(loop.now >= deadline)
    }
}

/// A pipe that does not block.
final class Pipe {
    let reading: CInt
    let writing: CInt

    init() throws {
        var ends: [CInt] = [0, 0]
        try #require(pipe(&ends) == 0)
        (reading, writing) = (ends[0], ends[1])
    }

    deinit {
        close(reading)
        close(writing)
    }

    func write(_ text: String) { _ = Glibc.write(writing, text, text.utf8.count) }
}
