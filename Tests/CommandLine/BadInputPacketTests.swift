import Foundation
import QUIC
import Testing
import Wire

/// A relay under packets that are no QUIC, and under connections that are opened and left.
@Suite struct BadInputPacketTests {
    /// SplitMix64, so that a run can be repeated.
    struct Seeded: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var word = state
            word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
            word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
            return word ^ (word >> 31)
        }

        mutating func bytes(_ range: ClosedRange<Int>) -> [UInt8] {
            (0..<Int.random(in: range, using: &self)).map { _ in UInt8(truncatingIfNeeded: next()) }
        }
    }

    @Test("2,000 datagrams of noise, and of first packets cut off or changed, stop nobody")
    func noise() throws {
        let relay = try BusyRelay()
        let flights = try FirstFlights(to: relay.address)
        var random = Seeded(state: 42)
        let initial = try flights.next()
        for number in 0..<2000 {
            switch number % 4 {
            case 0: flights.send(random.bytes(1...1500))
            case 1: flights.send(Array(initial.prefix(Int.random(in: 1..<initial.count, using: &random))))
            case 2:
                var changed = initial
                for _ in 0...Int.random(in: 0...8, using: &random) {
                    changed[Int.random(in: changed.indices, using: &random)] ^= UInt8.random(
                        in: 1...255, using: &random)
                }
                flights.send(changed)
            default:
                // The version and the ids stay readable, so that what follows them is looked at.
                flights.send(Array(initial.prefix(40)) + random.bytes(1160...1160))
            }
        }
        try relay.goesOn()
        try relay.answersAnother()
        #expect(try relay.peakMemory < BusyRelay.memoryLimit)
    }

    @Test("10,000 connections opened and left: others still connect, and memory stays within its limit")
    func openedAndLeft() throws {
        let relay = try BusyRelay()
        let flights = try FirstFlights(to: relay.address)
        for number in 1...10_000 {
            flights.send(try flights.next())
            if number % 2500 == 0 { try relay.answersAnother() }
        }
        try relay.goesOn()
        #expect(try relay.peakMemory < BusyRelay.memoryLimit)
    }
}
