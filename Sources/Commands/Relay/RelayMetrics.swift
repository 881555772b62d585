internal import Endpoint
internal import EventLoop
internal import MoQTCodec
internal import MoQTRelay
internal import MoQTSession
internal import Operations
internal import Wire

/// How a loop is when its figures are asked for.
struct LoopState {
    let pulse: Pulse
    /// Its figures are of now; otherwise they are those that it gave last.
    let hasAnswered: Bool
}

/// What `/metrics` shows.
enum RelayMetrics {
    /// - Parameters:
    ///   - figures: of each loop, in the order of `loops`.
    ///   - limited: how often limits were in the way that are no loop's.
    static func text(
        _ figures: [LoopFigures], _ loops: [LoopState], _ limited: LimitCounts, _ registry: Registry.Figures? = nil
    ) -> String {
        var total = LoopFigures()
        for part in figures { total += part }
        var metrics = MetricsText()
        metrics.family("moqt_build_info", .gauge, "Version of the program, as a label of the constant 1.") {
            $0.add(1, ["version": Version.number])
        }
        metrics.add(total.connections)
        metrics.add(sessionsOf: total.relay)
        metrics.add(total.relay.traffic)
        metrics.add(limited + total.connections.limited + total.relay.traffic.limited)
        metrics.add(total.relay.cache)
        metrics.add("moqt_relays", .gauge, "Open connections of this relay's to other relays.", total.relays)
        if let registry { metrics.add(registry) }
        metrics.add(loops)
        if let usage = ProcessUsage() { metrics.add(usage) }
        return metrics.text
    }
}

extension MetricsText {
    fileprivate mutating func add(_ connections: ConnectionCounts) {
        add("moqt_connections", .gauge, "Open QUIC connections.", connections.open)
        add("moqt_handshakes", .gauge, "QUIC connections whose handshake is under way.", connections.handshakes)
        add(
            "moqt_connections_accepted_total", .counter, "QUIC connections that were begun by clients.",
            connections.accepted)
        add(
            "moqt_connections_refused_total", .counter,
            "QUIC connections that were refused because there were too many, or while draining.", connections.refused)
        add(
            "moqt_retries_total", .counter, "Clients that were told to prove their address first, by a QUIC Retry.",
            connections.retries)
    }

    fileprivate mutating func add(sessionsOf relay: RelaySnapshot) {
        family("moqt_sessions", .gauge, "Open sessions by draft and transport.") { samples in
            for (kind, count) in relay.sessions.sorted(by: {
                ($0.key.draft, $0.key.transport.name) < ($1.key.draft, $1.key.transport.name)
            }) {
                samples.add(
                    count, ["draft": Drafts.number(of: kind.draft), "transport": kind.transport.name])
            }
        }
        family("moqt_sessions_closed_total", .counter, "Sessions that ended, by who ended them and with which code.") {
            samples in
            for (origin, name) in [(SessionClose.Origin.us, "relay"), (.peer, "peer"), (.transport, "transport")] {
                for (code, count) in relay.closes[origin]?.byName ?? [] {
                    samples.add(count, ["by": name, "code": code])
                }
            }
        }
        add("moqt_subscriptions", .gauge, "Subscriptions of clients.", relay.requests.subscriptions)
        add(
            "moqt_publications", .gauge,
            "Tracks that publishers send: subscriptions of the relay's own, and PUBLISHes.",
            relay.requests.upstreams)
        add("moqt_fetches", .gauge, "FETCHes that are being answered.", relay.requests.fetches)
        add("moqt_tracks", .gauge, "Tracks that are published, wanted or kept.", relay.trackCount)
        add("moqt_namespaces", .gauge, "Namespaces that are published.", relay.namespaces)
    }

    fileprivate mutating func add(_ traffic: Traffic) {
        add(
            "moqt_objects_received_total", .counter, "Objects from publishers whose first byte arrived.",
            traffic.received.objects)
        add(
            "moqt_received_bytes_total", .counter,
            "Bytes of objects from publishers, with the headers of their streams.",
            traffic.received.bytes)
        family("moqt_objects_sent_total", .counter, "Objects handed to connections, by what carries them.") {
            $0.add(traffic.sent.streamObjects, ["carrier": "subgroup"])
            $0.add(traffic.sent.datagramObjects, ["carrier": "datagram"])
            $0.add(traffic.sent.fetchedObjects, ["carrier": "fetch"])
        }
        add(
            "moqt_sent_bytes_total", .counter,
            "Bytes of objects handed to connections, with the headers of their streams.",
            traffic.sent.bytes)
        add(
            "moqt_datagrams_dropped_total", .counter, "Objects in datagrams that were not sent.",
            traffic.sent.droppedDatagrams)
        family("moqt_streams_reset_total", .counter, "Data streams to clients that were reset, by code.") { samples in
            for (code, count) in traffic.sent.resets.byName { samples.add(count, ["code": code]) }
        }
        family("moqt_subscriptions_ended_total", .counter, "Subscriptions of clients that PUBLISH_DONE ended, by code.")
        {
            samples in
            for (code, count) in traffic.sent.endings.byName { samples.add(count, ["code": code]) }
        }
        family("moqt_requests_refused_total", .counter, "Requests of clients that were refused, by code.") { samples in
            for (code, count) in traffic.refused.byName { samples.add(count, ["code": code]) }
        }
        add(
            "moqt_inexpressible_total", .counter,
            "Requests and parts of tracks that were withheld because the client's draft has no words for them.",
            traffic.sent.inexpressible)
        histogram(
            "moqt_relay_latency_seconds",
            "Time from an object's first byte coming in to handing it to a connection.",
            bounds: LatencyHistogram.bounds.map { Double($0) / 1e6 }, counts: traffic.sent.latency.counts,
            sum: traffic.sent.latency.sum.seconds)
    }

    fileprivate mutating func add(_ limited: LimitCounts) {
        family("moqt_limit_reached_total", .counter, "Times that a limit was in a client's way, by limit.") { samples in
            for limit in Limit.allCases { samples.add(limited[limit], ["limit": limit.rawValue]) }
        }
    }

    fileprivate mutating func add(_ cache: CacheFigures) {
        add("moqt_cache_bytes", .gauge, "Bytes held for subscribers and later ones.", cache.used)
        add("moqt_cache_limit_bytes", .gauge, "Bytes that are held at most, unless readers need more.", cache.limit)
        add("moqt_cache_objects", .gauge, "Objects held.", cache.objects)
        add(
            "moqt_cache_evicted_objects_total", .counter, "Objects given up for want of room or time.",
            cache.evictedObjects)
        add("moqt_cache_evicted_bytes_total", .counter, "Bytes given up for want of room or time.", cache.evictedBytes)
    }

    fileprivate mutating func add(_ registry: Registry.Figures) {
        add("moqt_registry_up", .gauge, "Whether the cluster's registry answers.", registry.isUp ? 1 : 0)
        family("moqt_registry_claims", .gauge, "Namespaces that this relay registers as its own, by what came of it.") {
            $0.add(registry.held, ["state": "held"])
            $0.add(registry.taken, ["state": "taken"])
            $0.add(registry.pending, ["state": "pending"])
        }
        family("moqt_registry_lookups_total", .counter, "Namespaces that were looked up, by what came of it.") {
            $0.add(registry.found, ["result": "found"])
            $0.add(registry.missed, ["result": "missed"])
            $0.add(registry.failed, ["result": "failed"])
        }
    }

    fileprivate mutating func add(_ loops: [LoopState]) {
        family("moqt_loop_busy_seconds_total", .counter, "Time that an event loop has spent working, not waiting.") {
            samples in
            for (number, loop) in loops.enumerated() { samples.add(loop.pulse.busy.seconds, ["loop": "\(number)"]) }
        }
        family("moqt_loop_wakes_total", .counter, "Times that an event loop found something to do.") { samples in
            for (number, loop) in loops.enumerated() { samples.add(loop.pulse.wakes, ["loop": "\(number)"]) }
        }
        family("moqt_loop_up", .gauge, "Whether an event loop answers; its part of the sums is old when it does not.") {
            samples in
            for (number, loop) in loops.enumerated() { samples.add(loop.hasAnswered ? 1 : 0, ["loop": "\(number)"]) }
        }
    }

    /// By the names that Prometheus' own libraries give them.
    fileprivate mutating func add(_ usage: ProcessUsage) {
        add(
            "process_cpu_seconds_total", .counter, "User and system time that the process has used.",
            usage.processor.seconds)
        add("process_resident_memory_bytes", .gauge, "Memory of the process that is in RAM.", usage.residentBytes)
        add("process_open_fds", .gauge, "File descriptors that are open.", usage.descriptors)
        add("process_start_time_seconds", .gauge, "When the process began, in Unix time.", usage.started)
    }
}
