internal import MoQTCodec
package import Wire

/// Writes what one incoming stream carries into a track's log, without repeating what another stream brought.
///
/// Two publishers of a track, or one that was restarted, send the same objects (draft-18 "Multiple Publishers"):
/// whichever brings a byte first wins, and the other's copy of it is skipped.
package final class SubgroupWriter {
    package let track: TrackLog
    let group: UInt64
    let subgroup: UInt64
    let traits: SubgroupTraits
    let source: CreditSource
    /// The part of the subgroup that it writes; nil: all that this stream carries is known.
    var log: SubgroupLog?
    /// Number in the log of the object that is arriving, and how much of it this stream has brought; nil: it is skipped.
    private var arriving: (index: Int, offset: UInt64)?
    /// The last object that began on this stream.
    private(set) var previous: UInt64?
    /// Bytes of the stream that have arrived.
    private(set) var received: UInt64 = 0

    package init(track: TrackLog, group: UInt64, subgroup: UInt64, traits: SubgroupTraits, source: CreditSource) {
        self.track = track
        self.group = group
        self.subgroup = subgroup
        self.traits = traits
        self.source = source
        join()
    }

    /// All that this stream carries is known.
    package var isDuplicate: Bool { log == nil }

    /// Whether flow-control credit for this stream follows the log's readers; otherwise it is given at once.
    package var creditFollowsReaders: Bool { log?.source?.isSame(as: source) ?? false }

    /// Readers, not the publisher, keep more from coming.
    var isHeldBack: Bool { creditFollowsReaders && log.map { $0.wireReceived > $0.wireCredited } ?? false }

    /// Takes part in the subgroup as the track has it now, or opens a new part of it.
    func join() {
        let group = track.groups[group]
        let latest = group?.latest[subgroup]
        switch latest?.end {
        case .finished: log = group?.isWholeFromStart(subgroup) ?? true ? nil : latest
        case .open: log = latest
        case .reset, nil:
            guard !track.isClosed, latest != nil || !track.hasForgotten(self.group, from: source.peerNumber) else {
                break
            }
            var traits = traits
            if latest != nil {
                traits.startsSubgroup = false
                group?.keepParts(of: subgroup)
            }
            log = track.openSubgroup(
                group: self.group, subgroup: subgroup, traits: traits, resumesAfter: latest?.wholeThrough,
                isOwn: !source.isSibling)
            log?.timeouts = latest?.timeouts
            log?.source = source
            log?.isUnplaced = group?.parts[subgroup] != nil
        }
        if let log { write(to: log) }
    }

    private func write(to part: SubgroupLog) {
        part.writers.append(self)
        if !part.isOwn, !source.isSibling { track.own(part) }
    }

    /// Goes on in another part.
    func move(to part: SubgroupLog) {
        guard part !== log else { return }
        leave()
        log = part
        write(to: part)
    }

    func leave() {
        guard let log else { return }
        let isSource = creditFollowsReaders
        if isSource { track.cache.release(log) }
        log.writers.removeAll { $0 === self }
        if log.end == .open {
            // What is left open has somebody who writes it.
            if log.writers.isEmpty {
                track.finish(log, .reset(.internalError))
            } else if isSource {
                log.source = log.writers.first?.source
            }
        }
        disown(log)
        self.log = nil
        arriving = nil
    }

    /// It brings no more to a part.
    private func disown(_ log: SubgroupLog) {
        guard !source.isSibling, log.isOwn, log.writers.allSatisfy(\.source.isSibling) else { return }
        track.disown(log)
    }

    /// Its session is gone: what it wrote to is not held any more.
    func letGo() {
        log?.writers.removeAll { $0 === self }
        log = nil
    }

    func isFed(by other: CreditSource) -> Bool { source.isSame(as: other) }

    /// An object begins; `wireBytes` of the stream were its header.
    package func begin(_ object: LoggedObject, wireBytes: Int) {
        if case .reset = log?.end {
            leave()
            join()
        }
        arriving = place(object)
        previous = object.id
        receivedWire(wireBytes)
    }

    private func place(_ object: LoggedObject) -> (index: Int, offset: UInt64)? {
        guard let log, !track.isClosed else { return nil }
        guard log.takes(object.id, after: previous) else { return findPlace(for: object) }
        track.begin(object, in: log)
        return (log.objectCount - 1, 0)
    }

    /// Bytes of the stream besides payload.
    package func receivedWire(_ count: Int) {
        received += UInt64(count)
        guard creditFollowsReaders, let log else { return }
        log.receivedWire(count)
        track.markForCredit(log)
    }

    package func append(_ payload: Bytes) {
        receivedWire(payload.count)
        guard let (index, offset) = arriving, let log else { return }
        arriving = (index, offset + UInt64(payload.count))
        guard !track.isClosed, log.end == .open, index == log.objectCount - 1 else { return arriving = nil }
        let known = log[index].received
        guard offset <= known, offset + UInt64(payload.count) > known else { return }
        track.append(payload.slice(from: Int(known - offset)), to: log)
    }

    /// The stream ended. A reset by one of several publishers ends nothing for the others.
    package func end(_ end: SubgroupLog.End) {
        guard let log else { return }
        defer {
            log.writers.removeAll { $0 === self }
            disown(log)
            if creditFollowsReaders { track.markForCredit(log) }
        }
        guard !track.isClosed, log.end == .open else { return }
        let isAlone = log.writers.count == 1
        let reach = previous ?? log.resumesAfter ?? 0
        let hasAll = log.endsBefore == nil && log.isLastWhole && reach <= log.wholeThrough ?? 0
        if end == .finished, hasAll, isAlone || (previous != nil && previous == log.lastID) {
            track.finish(log, .finished)
        } else if isAlone {
            track.finish(log, end == .finished ? .reset(.internalError) : end)
        } else if creditFollowsReaders {
            // From here on the readers hold back another of the streams.
            track.cache.release(log)
            log.source = log.writers.first { $0 !== self }?.source
        }
    }
}
