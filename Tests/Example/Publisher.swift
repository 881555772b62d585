import MoQT
import MoQTCodec
import Wire

/// Makes an object of each line of stdin, once somebody has subscribed.
func publish(to url: String, _ track: FullTrackName, _ options: ConnectOptions) async throws {
    let session = try await Session.connect(to: url, options)
    let publisher = try await session.publish(track)
    try await publisher.subscribed()
    var object: UInt64 = 0
    while let line = readLine() {
        try await publisher.send(group: 0, object: object, Bytes(Array(line.utf8)))
        object += 1
    }
    try await publisher.finish()
    await session.close()
}
