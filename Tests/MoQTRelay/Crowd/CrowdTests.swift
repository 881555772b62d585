import Foundation
import Testing

@Suite struct CrowdTests {
    private static let scenes = Scene.allCases
    private static let environment = ProcessInfo.processInfo.environment
    /// Of each scene; `MOQT_SEEDS` asks for more.
    private static let seeds = environment["MOQT_SEEDS"].flatMap { UInt64($0) } ?? 5

    /// The first of them.
    private static let first = environment["MOQT_SEED"].flatMap { UInt64($0) } ?? 0

    @Test(arguments: Self.scenes, [1, 2, 4])
    func `whoever comes and goes, nothing is lost, doubled or left behind`(scene: Scene, loops: Int) {
        var failed: [UInt64] = []
        for seed in Self.first..<Self.first + Self.seeds {
            let crowd = Crowd(scene, seed: seed, loops: loops)
            guard !crowd.run().isEmpty else { continue }
            if failed.isEmpty { Issue.record("\(crowd.description)") }
            failed.append(seed)
        }
        #expect(failed.isEmpty, "\(failed.count) of \(Self.seeds) seeds of \(scene), \(loops) loops")
    }

    /// As far as the language gives dictionaries the same order in every run, which `make test` asks it to.
    @Test(.enabled(if: Self.environment["SWIFT_DETERMINISTIC_HASHING"] != nil), arguments: Self.scenes)
    func `the same seed gives the same course of events`(scene: Scene) {
        for seed in 0..<3 as Range<UInt64> {
            let runs = (0..<2).map { _ in
                let crowd = Crowd(scene, seed: seed, loops: 1 + Int(seed))
                _ = crowd.run()
                return crowd.trace.hash
            }
            #expect(runs[0] == runs[1], "seed \(seed)")
        }
    }
}
