import CommandLine
import Commands
import MoQTCodec
import Testing
import Wire

/// `--filter` of `moqt sub` and `moqt fetch`, as it is read.
@Suite struct FilterTests {
    private func sub(_ line: String) throws -> SubSettings {
        let words = ("moqt://h " + line).split(separator: " ").map(String.init)
        guard case .run(let settings) = try SubCommand.command.parse(words, environment: { _ in nil }) else {
            throw UsageError("interrupted")
        }
        return settings
    }

    private func fetch(_ line: String) throws -> FetchSettings {
        let words = ("moqt://h a--b 0 " + line).split(separator: " ").map(String.init)
        guard case .run(let settings) = try FetchCommand.command.parse(words, environment: { _ in nil }) else {
            throw UsageError("interrupted")
        }
        return settings
    }

    @Test(
        "each kind has a name",
        arguments: [
            ("object=1-2", RangeFilter(.objectID, [1...2])),
            ("subgroup=7", RangeFilter(.subgroupID, [7...7])),
            ("priority=0-127", RangeFilter(.publisherPriority, [0...127])),
            ("priority=200-", RangeFilter(.publisherPriority, [200...255])),
            ("property:64=5-", RangeFilter(.objectProperty, propertyType: 64, [5...(.max)])),
            ("property:0x3C=5", RangeFilter(.objectProperty, propertyType: 0x3C, [5...5])),
        ])
    func kinds(_ text: String, _ filter: RangeFilter) throws {
        #expect(try sub("a--b --filter \(text)").filters == [filter])
        #expect(try fetch("--filter \(text)").filters == [filter])
    }

    @Test(
        "ranges are put in order, and those that touch together",
        arguments: [
            ("30-,0-9,20", [0...9, 20...20, 30...(.max)]), ("5-6,1-4", [1...6]), ("1-9,3-4,9-12", [1...12]),
            ("0-18446744073709551615,3-", [0...(.max)]),
        ] as [(String, [ClosedRange<UInt64>])])
    func ranges(_ text: String, _ ranges: [ClosedRange<UInt64>]) throws {
        #expect(try sub("a--b --filter object=\(text)").filters == [RangeFilter(.objectID, ranges)])
    }

    @Test("several filters are kept in order")
    func several() throws {
        let filters = try sub("a--b --filter property:2=1 --filter object=0 --filter property:4=1").filters
        #expect(filters.map(\.kind) == [.objectProperty, .objectID, .objectProperty])
        #expect(filters.allSatisfy { $0.setID == 0 })
    }

    @Test(
        "what cannot be asked for is refused",
        arguments: [
            ("a--b --filter 7", "--filter: expected \(form), got '7'"),
            (
                "a--b --filter group=7",
                "--filter: expected object, subgroup, priority or property:TYPE before the =, got 'group'"
            ),
            ("a--b --filter object=", "--filter: expected N, N-M or N-, got ''"),
            ("a--b --filter object=1,,2", "--filter: expected N, N-M or N-, got ''"),
            ("a--b --filter object=-3", "--filter: expected N, N-M or N-, got '-3'"),
            ("a--b --filter object=1-2-3", "--filter: expected N, N-M or N-, got '1-2-3'"),
            ("a--b --filter object=9-8", "--filter: the range ends before it starts, got '9-8'"),
            ("a--b --filter priority=0-256", "--filter: expected numbers up to 255, got '0-256'"),
            ("a--b --filter priority=300-", "--filter: the range ends before it starts, got '300-'"),
            (
                "a--b --filter property:3=1",
                "--filter: expected an even property type, decimal or 0x and hexadecimal, got '3'"
            ),
            (
                "a--b --filter property:0x=1",
                "--filter: expected an even property type, decimal or 0x and hexadecimal, got '0x'"
            ),
            (
                "a--b --filter property:x=1",
                "--filter: expected an even property type, decimal or 0x and hexadecimal, got 'x'"
            ),
            ("a--b --filter object=1 --filter object=2", "--filter: a kind is given twice; one takes several ranges"),
            ("live --filter object=1", "NAME: expected a track (NAMESPACE--TRACK) with --filter, got 'live'"),
        ])
    func refusals(_ line: String, _ message: String) {
        let error = #expect(throws: UsageError.self) { try sub(line) }
        #expect(error?.line == message)
    }

    @Test("fetch refuses the same") func fetchRefusals() {
        let error = #expect(throws: UsageError.self) { try fetch("--filter priority=1 --filter priority=2") }
        #expect(error?.line == "--filter: a kind is given twice; one takes several ranges")
    }

    @Test("a relay takes 64 ranges, or as many as it is told") func relay() throws {
        func settings(_ words: String...) throws -> RelaySettings? {
            if case .run(let settings) = try RelayCommand.command.parse(words, environment: { _ in nil }) {
                settings
            } else {
                nil
            }
        }
        #expect(try settings()?.limits[.filterRanges] == 64)
        #expect(try settings("--max-filter-ranges", "0")?.limits[.filterRanges] == 0)
        #expect(throws: UsageError.self) { try settings("--max-filter-ranges", "257") }
    }
}

private let form = "object, subgroup, priority or property:TYPE, then = and RANGES such as 0-9,20,30-"
