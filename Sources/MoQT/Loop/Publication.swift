internal import MoQTCodec
internal import MoQTRelay
internal import MoQTSession
internal import Wire

/// The loop's side of a track that is published: its log, and how far its senders may go.
final class Publication {
    let log: TrackLog
    let window: SendWindow
    /// Somebody has asked for its objects.
    let subscribed: Reply<Void>
    /// Everything was sent to those who read it.
    let drained: Reply<Void>
    /// Nobody will send or wait any more.
    var isReleased = false

    /// The group in progress.
    private var subgroup: SubgroupLog?
    /// Bytes that readers are done with.
    private var consumed: UInt64 = 0

    init(_ log: TrackLog, _ ends: PublisherEnds) {
        self.log = log
        window = ends.window
        subscribed = ends.subscribed
        drained = ends.drained
    }

    func publish(_ object: OutgoingObject, _ now: Instant) {
        guard log.end == nil else { return }
        if subgroup?.group != object.location.group { finishGroup() }
        let subgroup =
            subgroup
            ?? log.openFedSubgroup(
                group: object.location.group,
                traits: SubgroupTraits(
                    priority: object.priority, hasProperties: !object.properties.isEmpty, endsGroup: true,
                    startsSubgroup: object.location.object == 0))
        self.subgroup = subgroup
        subgroup.receivedWire(object.cost)
        log.begin(
            LoggedObject(
                id: object.location.object, properties: object.properties,
                payloadLength: UInt64(object.payload.count), arrived: now),
            in: subgroup)
        log.append(object.payload, to: subgroup)
    }

    private func finishGroup() {
        if let subgroup { log.finish(subgroup, .finished) }
        subgroup = nil
    }

    /// Takes note of what was read, and lets those go on who have waited for it.
    func settle(_ now: Instant, _ ticket: Ticket, _ core: Core) {
        log.cache.settle(now)
        while let credit = log.cache.nextCredit() { consumed += credit.byteCount }
        window.allow(consumed + window.size, ticket, core)
        if isDrained { drained.set(.success(())) }
    }

    // MARK: - Ending

    /// No more objects will come.
    func end(_ code: PublishDoneCode, _ reason: String) {
        window.end(MoQTError(.call, reason: "the track has ended"))
        if code == .trackEnded { finishGroup() }
        log.end(code, reason: reason)
    }

    /// It has ended, and nobody reads it any more.
    private var isDrained: Bool { log.end != nil && log.subscriptions.isEmpty }

    /// The same, and nobody waits for that.
    var isOver: Bool { isReleased && isDrained }

    /// The session is over.
    func fail(_ error: MoQTError) {
        window.end(error)
        subscribed.set(.failure(error))
        drained.set(.failure(error))
    }
}

/// What a publication and its senders have in common.
struct PublisherEnds: Sendable {
    let window: SendWindow
    let subscribed = Reply<Void>()
    let drained = Reply<Void>()
}
