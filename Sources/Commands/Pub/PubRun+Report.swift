internal import CommandLine
internal import EventLoop
internal import MoQTRelay
internal import Wire

/// What pub says of its progress.
extension PubRun {
    private var groups: UInt64 { publication?.groups ?? 0 }
    private var objects: UInt64 { publication?.objects ?? 0 }
    private var bytes: UInt64 { publication?.bytes ?? 0 }

    func progress(_ now: Instant) -> String {
        let seconds = max((now - began).seconds, 0.001)
        let size = "\(Double(bytes).withPrefix)B", rate = "\((Double(bytes) * 8 / seconds).withPrefix)b/s"
        return "\(Int(seconds)) s, \(groups) groups, \(objects) objects, \(size), \(rate), "
            + "\(publisher.subscriberCount) subscriptions"
    }

    func writeSummary(_ status: ExitStatus) throws(WriteError) {
        var line = JSONLine()
        line.add("kind", "summary")
        line.add("groups", groups)
        line.add("objects", objects)
        line.add("bytes", bytes)
        line.add("seconds", (EventLoop.clock() - began).seconds)
        line.add("status", status.rawValue)
        let writer = ByteWriter.standardOutput
        try line.write(to: writer)
        try writer.flush()
    }
}
