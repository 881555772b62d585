internal import MoQTCodec
internal import MoQTRelay
internal import Wire

/// A track that is being fed: its log, and the group in progress.
final class PubTrack {
    let log: TrackLog
    private let settings: PubSettings
    /// Where the next object goes, unless it says so itself.
    private var next: Location
    private var groupBegan = Instant(nanoseconds: 0)
    private var subgroup: SubgroupLog?
    /// Bytes that the object in progress still lacks.
    private var missing: UInt64 = 0
    /// The object in progress, when it goes in a datagram.
    private var datagram: [UInt8] = []

    private(set) var groups: UInt64 = 0
    private(set) var objects: UInt64 = 0
    private(set) var bytes: UInt64 = 0
    private var lastGroup: UInt64?

    /// Payload of the largest datagram that UDP could carry: what is longer is not even gathered.
    private static let datagramLimit: UInt64 = 65_535

    init(_ log: TrackLog, _ settings: PubSettings, firstGroup: UInt64) {
        self.log = log
        self.settings = settings
        next = Location(group: firstGroup, object: 0)
    }

    private var traits: SubgroupTraits { SubgroupTraits(priority: priority, endsGroup: true) }
    /// Nil: the track's default.
    private var priority: UInt8? { settings.priority == 128 ? nil : settings.priority }

    // MARK: - Objects

    func begin(_ object: FedObject, _ now: Instant) {
        place(object.location, now)
        if lastGroup != next.group {
            lastGroup = next.group
            groups += 1
        }
        objects += 1
        missing = object.payloadLength
        let logged = LoggedObject(id: next.object, payloadLength: object.payloadLength, arrived: now)
        if settings.datagrams {
            datagram = []
        } else {
            let subgroup = subgroup ?? log.openFedSubgroup(group: next.group, traits: traits)
            self.subgroup = subgroup
            subgroup.receivedWire(FedObject.overhead)
            log.begin(logged, in: subgroup)
        }
        add(object.payload, now)
    }

    /// More payload of the object in progress.
    func append(_ payload: Bytes, _ now: Instant) { add(payload, now) }

    private func add(_ payload: Bytes, _ now: Instant) {
        bytes += UInt64(payload.count)
        missing -= min(missing, UInt64(payload.count))
        if settings.datagrams {
            if UInt64(datagram.count + payload.count) <= Self.datagramLimit { payload.append(to: &datagram) }
            if missing == 0 { sendDatagram(now) }
        } else if let subgroup, !payload.isEmpty {
            subgroup.receivedWire(payload.count)
            log.append(payload, to: subgroup)
        }
        if missing == 0 { completed() }
    }

    private func sendDatagram(_ now: Instant) {
        let object = LoggedObject(id: next.object, payloadLength: UInt64(datagram.count), arrived: now)
        log.append(
            LoggedDatagram(object: object, payload: Bytes(datagram), priority: priority, endsGroup: isLastOfGroup),
            group: next.group)
    }

    // MARK: - Groups

    private func place(_ location: Location?, _ now: Instant) {
        if let location {
            if location.group != next.group { endGroup() }
            next = location
        } else if case .interval(let interval) = settings.grouping, next.object > 0, now - groupBegan >= interval {
            startNextGroup()
        }
        if next.object == 0 { groupBegan = now }
    }

    /// By count; a group that ends by time does not know its last object.
    private var isLastOfGroup: Bool {
        guard settings.format != .media, case .objects(let count) = settings.grouping else { return false }
        return next.object + 1 == count
    }

    private func completed() {
        if isLastOfGroup { startNextGroup() } else { next.object += 1 }
    }

    private func startNextGroup() {
        endGroup()
        next = Location(group: next.group + 1, object: 0)
    }

    private func endGroup() {
        guard let subgroup else { return }
        log.finish(subgroup, missing == 0 ? .finished : .reset(.internalError))
        self.subgroup = nil
    }

    /// No more objects will come. An object that is not whole is cut off.
    func end() { endGroup() }
}
