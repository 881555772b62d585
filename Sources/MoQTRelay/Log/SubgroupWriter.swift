internal import MoQTCodec
package import Wire

/// Writes what one incoming stream carries into a track's log, without repeating what another stream brought.
///
/// Two publishers of a track, or one that was restarted, send the same objects (draft-18 "Multiple Publishers"):
/// whichever brings a byte first wins, and the other's copy of it is skipped.
package final class SubgroupWriter {
    package let track: TrackLog
    private let group: UInt64
    private let subgroup: UInt64
    private let traits: SubgroupTraits
    private let source: CreditSource
    /// The part of the subgroup that it writes; nil: all that this stream carries is known.
    private var log: SubgroupLog?
    /// Number in the log of the object that is arriving, and how much of it this stream has brought; nil: it is skipped.
    private var arriving: (index: Int, offset: UInt64)?
    /// The last object that began on this stream.
    private var previous: UInt64?

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

    /// Takes part in the subgroup as the track has it now, or opens a new part of it.
    private func join() {
        let latest = track.groups[group]?.latest[subgroup]
        switch latest?.end {
        case .finished: log = nil
        case .open: log = latest
        case .reset, nil:
            guard !track.isClosed, latest != nil || !track.hasForgotten(group, from: source.peerNumber) else { break }
            var traits = traits
            if latest != nil { traits.startsSubgroup = false }
            log = track.openSubgroup(
                group: group, subgroup: subgroup, traits: traits, resumesAfter: latest?.wholeThrough)
            log?.source = source
        }
        log?.writers.append(self)
    }

    private func leave() {
        guard let log else { return }
        if creditFollowsReaders { track.cache.release(log) }
        log.writers.removeAll { $0 === self }
        self.log = nil
        arriving = nil
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
        guard let log, log.end == .open, !track.isClosed else { return nil }
        if let resumesAfter = log.resumesAfter, object.id <= resumesAfter { return nil }
        if let last = log.lastID {
            guard object.id > last else { return copy(of: object, in: log) }
            guard log.isLastWhole, previous == last || object.id - 1 == last else {
                return skipAhead(to: object, in: log)
            }
        }
        track.begin(object, in: log)
        return (log.objectCount - 1, 0)
    }

    /// An object that another stream brought, or is bringing.
    private func copy(of object: LoggedObject, in log: SubgroupLog) -> (index: Int, offset: UInt64)? {
        guard object.id == log.lastID, !log.isLastWhole,
            log[log.objectCount - 1].payloadLength == object.payloadLength
        else { return nil }
        return (log.objectCount - 1, 0)
    }

    /// A stream that did not bring the last object proves nothing about a gap (draft-18 "Closing Subgroup Streams"):
    /// the other streams may fill it, and when there is none, the subgroup goes on in a new part.
    private func skipAhead(to object: LoggedObject, in log: SubgroupLog) -> (index: Int, offset: UInt64)? {
        guard log.writers.count == 1 else { return nil }
        track.finish(log, .reset(.internalError))
        leave()
        join()
        guard let log = self.log, log.lastID == nil else { return nil }
        track.begin(object, in: log)
        return (log.objectCount - 1, 0)
    }

    /// Bytes of the stream besides payload.
    package func receivedWire(_ count: Int) {
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
            if creditFollowsReaders { track.markForCredit(log) }
        }
        guard !track.isClosed, log.end == .open else { return }
        let isAlone = log.writers.count == 1
        let reach = previous ?? log.resumesAfter ?? 0
        let hasAll = log.isLastWhole && reach <= log.wholeThrough ?? 0
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
