internal import MoQTCodec
internal import MoQTRelay
internal import MoQTSession
internal import Wire

extension JSONLine {
    /// Members of a track.
    mutating func add(_ track: TrackSnapshot) {
        add("track", track.name.description)
        addArray("publishers") { line in
            for number in track.publishers { line.add(nil, number) }
        }
        add("subscribers", track.subscribers)
        add("waiting", track.waiting)
        if let largest = track.largest {
            add("largest") { line in
                line.add("group", largest.group)
                line.add("object", largest.object)
            }
        } else {
            addNull("largest")
        }
        add("groups_cached", track.groups)
        add("objects", track.objects)
        add("bytes", track.bytes)
        add("delivery", track.isLive ? "live" : "lossless")
    }

    /// Members of a session.
    mutating func add(_ session: SessionSnapshot) {
        add("session", session.number)
        if let remote = session.remote { add("address", "\(remote)") } else { addNull("address") }
        add("draft", Drafts.number(of: session.kind.draft))
        add("transport", session.kind.transport.name)
        if let name = session.implementation { add("implementation", name) } else { addNull("implementation") }
        add("rtt_ms", session.roundTrip.seconds * 1000)
        add("subscriptions", session.subscriptions)
        add("publications", session.upstreams)
        let traffic = session.traffic
        add("objects_received", traffic.received.objects)
        add("bytes_received", traffic.received.bytes)
        add("objects_sent", traffic.sent.objects)
        add("bytes_sent", traffic.sent.bytes)
        add("datagrams_dropped", traffic.sent.droppedDatagrams)
        add("resets") { line in
            for (name, count) in traffic.sent.resets.byName { line.add(name, count) }
        }
        add("refused") { line in
            for (name, count) in traffic.refused.byName { line.add(name, count) }
        }
        let latency = traffic.sent.latency
        if latency.total > 0 {
            add("mean_latency_ms", latency.sum.seconds * 1000 / Double(latency.total))
        } else {
            addNull("mean_latency_ms")
        }
    }
}

extension SessionConfiguration.Transport {
    /// As labels and programs read it.
    var name: String {
        switch self {
        case .quic: "quic"
        case .webTransport: "webtransport"
        }
    }
}

extension TrackSnapshot {
    /// One of each name, from what several loops know of it, in the order of their names.
    static func merged(_ parts: [TrackSnapshot]) -> [TrackSnapshot] {
        var tracks: [TrackSnapshot] = []
        var places: [FullTrackName: Int] = [:]
        for part in parts {
            guard let place = places[part.name] else {
                places[part.name] = tracks.count
                tracks.append(part)
                continue
            }
            tracks[place].add(part)
        }
        return tracks.map { ($0.name.description, $0) }.sorted { $0.0 < $1.0 }.map(\.1)
    }

    private mutating func add(_ part: TrackSnapshot) {
        publishers = Set(publishers + part.publishers).sorted()
        subscribers += part.subscribers
        waiting += part.waiting
        largest = [largest, part.largest].compactMap(\.self).max()
        // What came in is known to the loop that it came to, and to no other as well.
        groups = max(groups, part.groups)
        objects = max(objects, part.objects)
        bytes = max(bytes, part.bytes)
        isLive = isLive || part.isLive
    }
}
