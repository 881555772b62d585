internal import Wire

/// What fills a log from within this process, rather than from a session.
extension TrackLog {
    /// Starts subgroup 0 of a group, and with it a part of the credit that ``Cache/nextCredit()`` gives to the feeder:
    /// in the bytes that were counted with ``SubgroupLog/receivedWire(_:)``.
    package func openFedSubgroup(group: UInt64, traits: SubgroupTraits) -> SubgroupLog {
        let log = openSubgroup(group: group, subgroup: 0, traits: traits)
        log.source = CreditSource()
        return log
    }
}
