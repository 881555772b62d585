import Endpoint
import EventLoop
import MoQTCodec
import MoQTRelay
import MoQTSession
import QUIC
import Testing
import Wire

/// More tracks than the peer lets streams be opened for (draft-18 "PUBLISH_BLOCKED").
@Suite struct BlockedTests {
    @Test("tracks beyond the peer's streams are named instead", arguments: Carrier.allCases)
    func blocked(_ carrier: Carrier) throws {
        let world = try Loopback(carrier)
        world.clientQUIC.bidirectionalStreams = 3
        let listener = try world.listen()
        let prefix = try TrackNamespace([Array("live".utf8)])
        world.server.recorder.react = { event, peer, _ in
            guard case .subscribeTracks(let request) = event else { return }
            peer.say { session in
                try session.accept(request.requestID)
                for number in 0..<8 {
                    _ = try session.publish(FullTrackName(namespace: prefix, name: TrackName(utf8: "\(number)")))
                }
            }
        }
        let dial = try world.connect(to: listener)
        var published: [String] = [], blocked: [String] = []
        world.client.recorder.react = { event, _, _ in
            switch event {
            case .publish(let offer): published.append("\(offer.track.name)")
            case .publishBlocked(_, let track): blocked.append("\(track.name)")
            default: break
            }
        }
        world.client.recorder.peer?.say { _ = try $0.subscribeTracks(prefix) }
        #expect(world.run { published.count + blocked.count == 8 })
        #expect(published.count == 3 && Set(published + blocked).count == 8)
        #expect(
            world.server.recorder.events.count {
                if case .requestCancelled(_, .excessiveLoad) = $0 { true } else { false }
            } == 5)
        dial.close()
    }
}
