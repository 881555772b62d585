internal import MoQTCodec
internal import MoQTMedia
internal import MoQTRelay
internal import Wire

/// The tracks of one command: one, or those of a movie with their catalog.
final class Publication {
    /// In the order of the feeder's track indices.
    private(set) var tracks: [PubTrack] = []
    /// Their logs, behind that of the catalog.
    private(set) var logs: [TrackLog] = []
    /// Whose object is in progress.
    private var current = 0

    private let settings: PubSettings
    private let firstGroup: UInt64
    private let publisher: Publisher

    /// - Parameter movie: empty unless media is published.
    init(
        _ movie: [MediaTrack], _ settings: PubSettings, firstGroup: UInt64, by publisher: Publisher, _ now: Instant
    ) {
        self.settings = settings
        self.firstGroup = firstGroup
        self.publisher = publisher
        switch settings.name {
        case .track(let name): add(name)
        case .namespace(let namespace):
            addCatalog(of: movie, in: namespace, now)
            for track in movie { if let name = Self.name(track.name, in: namespace) { add(name) } }
        }
    }

    /// Nil for a namespace that leaves no room for it.
    private static func name(_ track: String, in namespace: TrackNamespace) -> FullTrackName? {
        try? FullTrackName(namespace: namespace, name: TrackName(utf8: track))
    }

    private func add(_ name: FullTrackName) {
        let properties = properties
        let log = publisher.addTrack(name, properties: properties, delivery: Delivery(properties))
        logs.append(log)
        tracks.append(PubTrack(log, settings, firstGroup: firstGroup))
    }

    /// Track Properties (draft-18 "Properties").
    private var properties: Properties {
        var entries: [KeyValue] = []
        if let timeout = settings.deliveryTimeout {
            // OBJECT_DELIVERY_TIMEOUT
            entries.append(KeyValue(type: 0x02, integer: max(1, timeout.millisecondsRoundedUp)))
        }
        if settings.groupOrder == .desc {
            // DEFAULT_PUBLISHER_GROUP_ORDER
            entries.append(KeyValue(type: 0x22, integer: UInt64(GroupOrder.descending.rawValue)))
        }
        return Properties(entries, profile: .draft18)
    }

    /// The catalog is one object, there for all who come.
    private func addCatalog(of movie: [MediaTrack], in namespace: TrackNamespace, _ now: Instant) {
        guard let name = Self.name(Catalog.trackName, in: namespace) else { return }
        let log = publisher.addTrack(name, properties: Properties(), delivery: .lossless, isKept: true)
        let payload = Bytes(Catalog(of: movie, isLive: settings.isLive).json())
        let subgroup = log.openSubgroup(group: firstGroup, subgroup: 0, traits: SubgroupTraits(endsGroup: true))
        log.begin(LoggedObject(id: 0, payloadLength: UInt64(payload.count), arrived: now), in: subgroup)
        log.append(payload, to: subgroup)
        log.finish(subgroup, .finished)
        logs.append(log)
    }

    // MARK: - Feeding

    func begin(_ object: FedObject, _ now: Instant) {
        guard tracks.indices.contains(object.track) else { return }
        current = object.track
        tracks[current].begin(object, now)
    }

    /// More payload of the object last begun.
    func append(_ payload: Bytes, _ now: Instant) { tracks[current].append(payload, now) }

    /// No more will come; it is not `isWhole` when the input broke off.
    func end(isWhole: Bool) {
        for track in tracks { track.end() }
        for log in logs {
            if isWhole {
                log.end(.trackEnded, reason: "")
            } else {
                log.end(.internalError, reason: "the input broke off")
            }
        }
    }

    // MARK: - Figures

    var groups: UInt64 { tracks.reduce(0) { $0 + $1.groups } }
    var objects: UInt64 { tracks.reduce(0) { $0 + $1.objects } }
    var bytes: UInt64 { tracks.reduce(0) { $0 + $1.bytes } }
}
