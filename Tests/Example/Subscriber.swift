import MoQT
import MoQTCodec
import Wire

/// Prints where each object of a track stands, and its payload as text.
func subscribe(to url: String, _ track: FullTrackName, _ options: ConnectOptions) async throws {
    let session = try await Session.connect(to: url, options)
    let subscription = try await session.subscribe(to: track, from: .groupsBack(0), wait: .seconds(10))
    for try await object in subscription.objects {
        print(object.location, String(decoding: object.payload.array, as: UTF8.self))
    }
    await session.close()
}
