internal import MoQTCodec
internal import MoQTMedia
internal import Wire

/// What the reading thread tells the loop, in order.
enum FeedItem: Sendable {
    /// The input can be read; `movie` is empty for what is not media.
    case opened(movie: [MediaTrack], notes: [String])
    case object(FedObject)
    /// More of the payload of the object last begun.
    case payload(Bytes)
    /// The input has ended, or cannot be read on.
    case ended(InputFailure?)
}

/// The beginning of an object.
struct FedObject: Sendable {
    /// What an object is taken to hold in memory besides its payload, in bytes.
    static let overhead = 128

    /// Index among the tracks that are fed.
    var track = 0
    /// Where media goes; nil: grouped as the options say.
    var location: Location?
    /// In bytes.
    var payloadLength: UInt64
    /// The first bytes of the payload, or all of it.
    var payload: Bytes
}

/// Why input is not read to its end.
enum InputFailure: Error {
    /// The loop wants no more.
    case stopped
    /// In words for one line, the input's name included.
    case unusable(String)
}
