/// A place in a track: an object in a group (draft-18 "Location Structure"). Ordered by group, then object.
public struct Location: Comparable, Hashable, Sendable {
    /// Group ID, any 64-bit value.
    public var group: UInt64
    /// Object ID within the group, any 64-bit value.
    public var object: UInt64

    /// Of Group ID and Object ID.
    public init(group: UInt64, object: UInt64) {
        self.group = group
        self.object = object
    }

    /// {0, 0}, the first place of a track.
    public static let zero = Self(group: 0, object: 0)

    /// Earlier in the track: a smaller group, or in the same group a smaller object.
    public static func < (a: Self, b: Self) -> Bool {
        a.group < b.group || (a.group == b.group && a.object < b.object)
    }
}

extension Location: CustomStringConvertible {
    /// As the draft writes it: `{group, object}`.
    public var description: String { "{\(group), \(object)}" }
}

/// Where a fetched range ends, inclusively (draft-18 "Standalone Fetch", End Location).
public struct RangeEnd: Hashable, Sendable {
    /// The last group of the range.
    public var group: UInt64
    /// The last object of that group; nil means the whole group.
    public var object: UInt64?

    /// The object of the group, or when nil the whole group.
    public init(group: UInt64, object: UInt64? = nil) {
        self.group = group
        self.object = object
    }

    /// No Location is both at `start` or later, and within the range.
    public func isBefore(_ start: Location) -> Bool {
        guard group == start.group, let object else { return group < start.group }
        return object < start.object
    }
}

/// The order in which groups are sent (draft-18 "GROUP ORDER Parameter").
public enum GroupOrder: UInt8, Hashable, Sendable {
    case ascending = 1, descending = 2
}

/// What an object says of itself (draft-18 "Object Status").
public enum ObjectStatus: UInt64, Hashable, Sendable {
    /// An ordinary object, possibly empty.
    case normal = 0
    /// There is no object with this Object ID, nor will there be. Only drafts 14 and 15 have it.
    case doesNotExist = 1
    /// No object of the group has this Object ID or a larger one.
    case endOfGroup = 3
    /// No object of the track is at this Location or beyond.
    case endOfTrack = 4
}
