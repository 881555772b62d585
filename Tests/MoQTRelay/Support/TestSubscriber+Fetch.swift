@testable import MoQTRelay
import MoQTCodec
import MoQTSession
import Testing
import Wire

extension TestSubscriber {
    /// FETCH of track "a".
    @discardableResult
    func fetch(
        _ start: Location, _ end: RangeEnd, _ set: (inout Parameters) -> Void = { _ in }
    ) throws -> RequestID {
        var parameters = Parameters()
        set(&parameters)
        let id = try peer.session.fetch(.standalone(track: track("a"), start: start, end: end), parameters)
        if parameters.groupOrder == .descending { ledger.descending.insert(id) }
        peer.flush()
        return id
    }

    /// The same of whole groups; nil, and an issue, when it can't be said.
    @discardableResult
    func fetch(_ groups: ClosedRange<UInt64>, _ set: (inout Parameters) -> Void = { _ in }) -> RequestID? {
        do {
            return try fetch(Location(group: groups.lowerBound, object: 0), RangeEnd(group: groups.upperBound), set)
        } catch {
            Issue.record("\(error)")
            return nil
        }
    }
}

/// The first objects of each group.
func places(_ groups: ClosedRange<UInt64>, _ objects: Int) -> [Location] {
    groups.flatMap { group in (0..<objects).map { Location(group: group, object: UInt64($0)) } }
}
