import Testing
import Wire

@testable import QUIC

@Suite struct EventQueueTests {
    private let stream = StreamID(rawValue: 3)
    private let bytes = Bytes([1, 2, 3, 4])

    private func described(_ queue: inout EventQueue) -> [String] {
        var words: [String] = []
        while let event = queue.next() {
            switch event {
            case .streamData(_, let data, let fin): words.append("\(data.array)\(fin ? " fin" : "")")
            case .datagram(let data): words.append("datagram \(data.array)")
            default: words.append("\(event)")
            }
        }
        return words
    }

    @Test func successiveDataIsOneEvent() {
        var queue = EventQueue()
        let sequence = queue.append(.streamData(stream, bytes.slice(from: 0, count: 1), fin: false))
        let second = queue.extend(sequence, data: bytes.slice(from: 1, count: 1), fin: false)
        #expect(second)
        let third = queue.extend(sequence, data: bytes.slice(from: 2, count: 2), fin: true)
        #expect(third)
        let told = described(&queue)
        #expect(told == ["[1, 2, 3, 4] fin"])
    }

    @Test func dataDoesNotOvertakeADatagram() {
        var queue = EventQueue()
        let first = queue.append(.streamData(stream, bytes.slice(from: 0, count: 1), fin: false))
        queue.append(.datagram(bytes))
        let overtakes = queue.extend(first, data: bytes.slice(from: 1, count: 1), fin: false)
        #expect(!overtakes)
        let next = queue.append(.streamData(stream, bytes.slice(from: 1, count: 1), fin: false))
        let joins = queue.extend(next, data: bytes.slice(from: 2, count: 1), fin: false)
        #expect(joins)
        let told = described(&queue)
        #expect(told == ["[1]", "datagram [1, 2, 3, 4]", "[2, 3]"])
    }
}
