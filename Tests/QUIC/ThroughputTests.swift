import Foundation
import QUIC
import Testing
import Wire

/// Figures, not rules: runs only when MOQT_BENCHMARK is set, and then best with `swift test -c release`.
@Suite(.enabled(if: ProcessInfo.processInfo.environment["MOQT_BENCHMARK"] != nil), .serialized)
struct ThroughputTests {
    /// Offers one stream without end.
    struct Hose: SendSource {
        let stream: StreamID
        let bytes: Bytes
        var sentCount = 0

        mutating func nextStream() -> StreamID? { stream }
        mutating func gather(_ stream: StreamID, into list: inout [Bytes]) -> Bool {
            list.append(bytes)
            return false
        }
        mutating func sent(_ stream: StreamID, byteCount: Int, fin: Bool) { sentCount += byteCount }
        mutating func blocked(_ stream: StreamID) {}
        mutating func refused(_ stream: StreamID) {}
    }

    @Test("bytes per processor second of one stream, both ends together")
    func oneStream() throws {
        let pair = try Pair { client, server in
            server.unidirectionalStreamWindow = 64 << 20
            server.connectionWindow = 64 << 20
        }
        #expect(pair.connect())
        pair.run(for: .seconds(3))
        let client = pair.client.connection!, server = pair.server.connection!
        let id = try #require(client.openStream(.unidirectional))
        var hose = Hose(stream: id, bytes: Bytes(pattern(65_536)))
        var nothing = NothingToSend(), received = 0, events = 0, now = pair.now
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 65_536, alignment: 16)
        defer { buffer.deallocate() }
        let inverse = { (path: NetworkPath) in NetworkPath(local: path.remote, remote: path.local) }
        let target = 1 << 30
        let start = processorSeconds()
        do {
            // Time is virtual, so that pacing does not wait for the machine.
            while received < target, now < pair.now + .seconds(600) {
                now = now + .microseconds(20)
                for connection in [client, server] { connection.timeReached(now) }
                while let sent = client.write(into: buffer, from: &hose, now: now) {
                    each(sent, buffer) {
                        _ = pair.endpoint.received($0, on: inverse(sent.path), ecn: sent.ecn, now: now)
                    }
                    while let event = server.nextEvent() {
                        events += 1
                        guard case .streamData(id, let bytes, _) = event else { continue }
                        received += bytes.count
                        server.extendStreamCredit(id, by: bytes.count)
                    }
                    now = now + .microseconds(20)
                }
                while let sent = server.write(into: buffer, from: &nothing, now: now) {
                    each(sent, buffer) { client.received($0, on: inverse(sent.path), ecn: sent.ecn, now: now) }
                    while client.nextEvent() != nil {}
                }
            }
        }
        #expect(received >= target)
        let seconds = processorSeconds() - start
        let packets = client.statistics.datagramsSent
        print("one stream: \(Int(Double(received) / seconds / 1e6)) MB/s, \(packets) packets, \(events) events")
    }

    private func each(
        _ sent: Transmission, _ buffer: UnsafeMutableRawBufferPointer, _ body: (UnsafeRawBufferPointer) -> Void
    ) {
        for start in stride(from: 0, to: sent.byteCount, by: sent.segmentSize) {
            let end = min(start + sent.segmentSize, sent.byteCount)
            body(UnsafeRawBufferPointer(rebasing: buffer[start..<end]))
        }
    }

    @Test("time and memory of half-open connections")
    func halfOpen() throws {
        let pair = try Pair(
            endpointSettings: {
                var s = ServerSettings(); s.retry = .never; return s
            }())
        var connections: [Connection] = []
        let before = residentBytes()
        let start = processorSeconds()
        do {
            for index in 0..<10_000 {
                let path = Pair.path(port: UInt16(1000 + index))
                let client = try Connection.client(
                    on: path, serverName: "localhost", credentials: Self.trust,
                    settings: QUICSettings(protocols: ["moqt-18"]), now: pair.now)
                withUnsafeTemporaryAllocation(byteCount: 65_536, alignment: 16) { buffer in
                    var nothing = NothingToSend()
                    while let sent = client.write(into: buffer, from: &nothing, now: pair.now) {
                        let result = pair.endpoint.received(
                            UnsafeRawBufferPointer(rebasing: buffer[..<sent.byteCount]),
                            on: NetworkPath(local: path.remote, remote: path.local), ecn: .notCapable, now: pair.now)
                        if case .created(let connection) = result { connections.append(connection) }
                    }
                }
            }
        }
        let after = residentBytes()
        let microseconds = Int((processorSeconds() - start) * 100)
        print(
            "half-open: \(connections.count), \((after - before) / 10_000) bytes, \(microseconds) µs each with its client"
        )
        for connection in connections {
            connection.timeReached(pair.now + .seconds(11))
            #expect(connection.isClosed)
            pair.endpoint.remove(connection)
        }
        #expect(pair.endpoint.connectionCount == 0 && pair.endpoint.handshakeCount == 0)
    }

    private static let trust = try! ClientCredentials(.insecure)

    /// Processor time, which other programs on the machine do not lengthen.
    private func processorSeconds() -> Double { Double(clock()) / Double(CLOCKS_PER_SEC) }

    private func residentBytes() -> Int {
        let text = (try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8)) ?? ""
        let fields = text.split(separator: " ")
        return fields.count > 1 ? (Int(fields[1]) ?? 0) * 4096 : 0
    }
}
