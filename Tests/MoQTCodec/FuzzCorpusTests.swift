import Foundation
import FuzzBodies
import Testing

/// What `make fuzz` found worth keeping, and what it found wrong.
struct FuzzCorpusTests {
    @Test(arguments: FuzzTarget.allCases)
    func `every input of the corpus holds`(_ target: FuzzTarget) throws {
        let corpus = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../Fuzz/Corpus/\(target.rawValue).hex")
        let lines = try String(contentsOf: corpus, encoding: .utf8).split(separator: "\n")
        #expect(!lines.isEmpty)
        for line in lines {
            #expect(throws: Never.self, "\(line)") { try target.run(hex(String(line))) }
        }
    }
}
