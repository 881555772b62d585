internal import MoQTCodec
internal import Wire

/// What is known of a track's locations: that their objects are held, or that there are none.
extension TrackLog {
    /// Objects that arrived before are not given away any more (draft-18 "MAX CACHE DURATION").
    func oldest(at now: Instant) -> Instant {
        guard let duration = cacheDuration else { return Instant(nanoseconds: 0) }
        return Instant(nanoseconds: now.nanoseconds - min(now.nanoseconds, duration.nanoseconds))
    }

    /// What arrived then may still be given away.
    func isFresh(_ arrived: Instant, _ now: Instant) -> Bool { cacheDuration == nil || arrived >= oldest(at: now) }

    /// Objects of a group from a location through another, in order.
    func held(from start: Location, through end: Location, _ now: Instant) -> [HeldObject] {
        guard let group = groups[start.group] else { return [] }
        return group.held(
            from: start.object, through: end.group > start.group ? .max : end.object, since: oldest(at: now))
    }

    /// The first object of the range that is held; nil: none is.
    func firstHeld(in range: ClosedRange<Location>) -> Location? {
        for id in groupIDs[groupIDs.firstIndex(atLeast: range.lowerBound.group)...] {
            guard id <= range.upperBound.group else { return nil }
            let held = held(from: range.firstLocation(of: id), through: range.upperBound, cache.clock)
            if let first = held.first { return Location(group: id, object: first.id) }
        }
        return nil
    }

    /// Every object of the range is held, or does not exist.
    func isKnown(_ range: ClosedRange<Location>, _ now: Instant) -> Bool {
        firstUnknown(in: range, now) == nil
    }

    /// The first location of the range of which nothing is known; nil: there is none.
    func firstUnknown(in range: ClosedRange<Location>, _ now: Instant) -> Location? {
        var place = range.lowerBound
        while true {
            if let none = absent.range(of: place) {
                guard none.upperBound < range.upperBound else { return nil }
                place = none.upperBound.next
                continue
            }
            let held = held(from: place, through: range.upperBound, now)
            guard held.first?.id == place.object else { return place }
            for object in held {
                let location = Location(group: place.group, object: object.id)
                if location != place {
                    guard let none = absent.range(of: place) else { return place }
                    guard none.upperBound.next >= location else { return none.upperBound.next }
                }
                guard location < range.upperBound else { return nil }
                place = location.next
            }
        }
    }

    /// The last location before the first one from `place` on of which something is known, or `end`.
    func endOfUnknown(from place: Location, through end: Location, _ now: Instant) -> Location {
        var last = end
        if let none = absent.first(from: place) { last = min(last, none.previous) }
        for id in groupIDs[groupIDs.firstIndex(atLeast: place.group)...] {
            guard id <= last.group else { break }
            let start = id == place.group ? place : Location(group: id, object: 0)
            guard let object = held(from: start, through: last, now).first else { continue }
            return Location(group: id, object: object.id).previous
        }
        return last
    }

    /// What of a range nothing is known, in `order`: within a group ascending; `limit` ranges at most.
    func unknown(
        in range: ClosedRange<Location>, _ order: GroupOrder, limit: Int, _ now: Instant
    ) -> [ClosedRange<Location>] {
        order == .ascending ? ascending(in: range, limit, now) : descending(in: range, limit, now)
    }

    private func ascending(
        in range: ClosedRange<Location>, _ limit: Int, _ now: Instant
    ) -> [ClosedRange<Location>] {
        var found: [ClosedRange<Location>] = []
        var rest = range
        while found.count < limit, let start = firstUnknown(in: rest, now) {
            let end = endOfUnknown(from: start, through: range.upperBound, now)
            found.append(start...end)
            guard end < range.upperBound else { break }
            rest = end.next...range.upperBound
        }
        return found
    }

    /// Group by group; groups without anything known become one range.
    private func descending(
        in range: ClosedRange<Location>, _ limit: Int, _ now: Instant
    ) -> [ClosedRange<Location>] {
        var found: [ClosedRange<Location>] = []
        var upper = range.upperBound
        while found.count < limit {
            let group = Location.all(of: upper.group)
            let lower = max(group.lowerBound, range.lowerBound)
            if groups[upper.group] != nil || absent.last(through: upper).map({ $0 >= lower }) ?? false {
                if let none = absent.range(of: upper), none.lowerBound < lower {
                    guard none.lowerBound > range.lowerBound else { break }
                    upper = none.lowerBound.previous
                    continue
                }
                found += ascending(in: lower...upper, limit - found.count, now)
            } else {
                let below = groupIDs.firstIndex(atLeast: upper.group)
                var start = range.lowerBound
                if below > 0 { start = max(start, Location(group: groupIDs[below - 1] + 1, object: 0)) }
                if let none = absent.last(through: upper), none >= range.lowerBound {
                    start = max(start, none.object == .max ? none.next : Location(group: none.group + 1, object: 0))
                }
                found.append(start...upper)
                guard start > range.lowerBound else { break }
                upper = start.previous
                continue
            }
            guard lower > range.lowerBound else { break }
            upper = lower.previous
        }
        return found
    }
}
