internal import MoQTCodec

/// A track that several loops of one relay receive: each passes on to the others what its own clients publish, so that
/// nothing crosses twice and nothing goes round.
extension TrackLog {
    /// A client brings what so far came from another loop only: the other loops get it from here too.
    func own(_ log: SubgroupLog) {
        log.isOwn = true
        for subscription in subscriptions where subscription.downlink.isSibling { subscription.attach(log) }
    }

    /// No client brings the subgroup any more. What other loops still bring they pass on themselves.
    func disown(_ log: SubgroupLog) {
        guard log.end == .open, !log.writers.isEmpty else { return }
        log.isOwn = false
        for cursor in log.cursors.members where cursor.subscription.downlink.isSibling { cursor.cutShort() }
    }

    /// No client publishes the track any more, though others of the relay's loops may have it.
    func endForSiblings(_ code: PublishDoneCode, reason: String) {
        for subscription in subscriptions where subscription.downlink.isSibling { subscription.finish(code, reason) }
    }
}
