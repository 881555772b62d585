public import MoQTCodec

/// How a track is published.
public struct PublishOptions: Sendable {
    /// Whether PUBLISH offers the track to the peer; otherwise it waits to be asked for it, which calls for
    /// ``Session/announce(_:)`` of its namespace.
    public var isOffered = true
    /// Objects older than this are dropped, and the publisher is not held up by who is slow; zero: nothing is lost, and
    /// the publisher goes at the pace of the slowest subscriber (draft-18 "OBJECT_DELIVERY_TIMEOUT Parameter").
    public var deliveryTimeout = Duration.zero
    /// Further Track Properties.
    public var properties: [KeyValue] = []
    /// Bytes that may have been sent and not be read yet by the slowest subscriber; 1 or more.
    public var window = 1 << 20
    /// Bytes of what was published that are kept for those who fetch it or come late. What readers of a track without
    /// delivery timeout still need is kept besides.
    public var cacheSize = 8 << 20

    /// The usual ones: the track is offered, and nothing of it is lost.
    public init() {}

    /// Track Properties, as drafts with differences between types have them.
    var trackProperties: Properties {
        var entries = properties
        let milliseconds = deliveryTimeout.wholeMilliseconds
        if milliseconds > 0 {
            entries.append(KeyValue(type: PropertyType.objectDeliveryTimeout, integer: milliseconds))
        }
        return Properties(entries.sorted { $0.type < $1.type }, profile: .draft18)
    }
}
