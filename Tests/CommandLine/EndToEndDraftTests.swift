import Foundation
import MoQTCodec
import Testing

/// One publisher through one relay to a subscriber of every draft at once.
@Suite struct EndToEndDraftTests {
    @Test("a track arrives byte for byte between any two drafts", arguments: Profile.spoken.map(\.number))
    func anyTwoDrafts(_ draft: Int) throws {
        let relay = try RunningRelay(), folder = try WorkFolder()
        let source = noise(1 << 20), original = try folder.file("source", source)
        let pub = try relay.pub(
            "test--data", "--draft", "\(draft)", "--as", "raw", "--object-size", "16Ki", "--group-size", "8", "-",
            input: .open)
        let numbers = Profile.spoken.map(\.number)
        let subs = try numbers.map { number in
            try relay.sub(
                "test--data", "--wait", "60", "-vv", "--draft", "\(number)", "-o", folder.path("copy\(number)"))
        }
        // Not every draft lets the relay hold a subscription until there is a publisher.
        for sub in subs { _ = try sub.waitForLine(on: .stderr) { $0.contains("received SUBSCRIBE_OK") } }
        pub.write(source)
        pub.closeInput()
        #expect(try pub.wait().isQuietSuccess)
        for (sub, number) in zip(subs, numbers) {
            let finished = try sub.wait()
            #expect(finished.status == 0, "to draft \(number): \(finished.stderr)")
            let isSame = FileManager.default.contentsEqual(atPath: original, andPath: folder.path("copy\(number)"))
            #expect(isSame, "to draft \(number)")
        }
    }
}
