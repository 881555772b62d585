import Foundation
import MoQT
import MoQTCodec
import Testing
import Wire

/// Many subscribers of one publisher, on all loops of a relay.
@Suite("End to end, an audience", .timeLimit(.minutes(3))) struct EndToEndAudienceTests {
    /// Every byte of a track as one subscriber has it, in the order of its objects.
    private static func bytes(of subscription: Subscription) async throws -> [UInt8] {
        var objects: [Location: Bytes] = [:]
        for try await object in subscription.objects {
            #expect(
                objects.updateValue(object.payload, forKey: object.location) == nil, "\(object.location) came twice")
        }
        return objects.sorted { $0.key < $1.key }.flatMap(\.value.array)
    }

    @Test("a hundred subscribers have every byte, whatever loop they are on", arguments: [1, 2, 4])
    func audience(threads: Int) async throws {
        let relay = try RunningRelay(options: ["--threads", "\(threads)", "-v"])
        let pub = try relay.pub(
            "test--n", "-", "--as", "raw", "--object-size", "500", "--group-size", "7", input: .open)
        let name = try FullTrackName(namespace: TrackNamespace(utf8: "test"), name: TrackName(utf8: "n"))
        var options = ConnectOptions()
        options.trust = .insecure
        options.connectTimeout = .seconds(60)
        var subscriptions: [Subscription] = []
        // The first waits for the publisher; not every draft can say so.
        let drafts = ["moqt-22"] + (0..<99).map { Profile.spoken[$0 % Profile.spoken.count].alpn }
        for draft in drafts {
            options.drafts = [draft]
            let session = try await Session.connect(to: relay.url, options)
            subscriptions.append(try await session.subscribe(to: name, wait: .seconds(60)))
        }
        let bytes = noise(60_000, seed: UInt64(threads))
        pub.write(bytes)
        pub.closeInput()
        for subscription in subscriptions {
            #expect(try await Self.bytes(of: subscription) == bytes, "\(subscription.session.draft)")
        }
        #expect(try pub.wait().isQuietSuccess)
        for subscription in subscriptions { await subscription.session.close() }
        relay.process.send(SIGTERM)
        let finished = try relay.process.wait()
        #expect(finished.status == 0)
        #expect(finished.loops.count == (threads > 1 ? threads : 0))
    }
}

extension Moqt.Finished {
    /// The loops that sessions of a relay were on, by its log.
    var loops: Set<Substring> {
        Set(
            stderr.split(separator: "\n").filter { $0.contains(" on loop ") }.compactMap {
                $0.split(separator: " ").last
            })
    }
}
