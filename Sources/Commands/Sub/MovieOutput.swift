internal import CommandLine
internal import MoQTCodec
internal import MoQTMedia
internal import Wire

/// Writes the chosen tracks of a namespace with a catalog as one fragmented MP4, or lists them.
final class MovieOutput: SubOutput {
    private unowned let sub: SubRun
    private let namespace: TrackNamespace
    private var catalog: TrackReceiver?
    private var chosen: [TrackReceiver] = []
    private var writer: MovieWriter?
    private var finished: Set<Int> = []

    init(_ sub: SubRun, _ namespace: TrackNamespace) {
        self.sub = sub
        self.namespace = namespace
    }

    func start(_ now: Instant) {
        do throws(NameError) {
            let name = try FullTrackName(namespace: namespace, name: TrackName(utf8: Catalog.trackName))
            let settings = sub.settings.ofCatalog
            let catalog = TrackReceiver(name, .init(settings, ofMedia: true), settings)
            self.catalog = catalog
            sub.receive(catalog, now)
        } catch {
            sub.end(.usage, "NAME: \(error)")
        }
    }

    func progressed(_ track: TrackReceiver, _ now: Instant) {
        if track === catalog { return catalogProgressed(track, now) }
        guard let index = chosen.firstIndex(where: { $0 === track }) else { return }
        for object in track.takeReady() where object.status == .normal {
            sub.count(object, of: index)
            append(object, index)
        }
        if track.assembler.isComplete { track.cancel() }
        if track.isOver, finished.insert(index).inserted { writer?.finish(track: index) }
        drain()
        endIfOver()
    }

    private func append(_ object: ReceivedObject, _ index: Int) {
        do throws(WireError) {
            try writer?.append(object.wholePayload, track: index)
        } catch {
            sub.logger.warning("\(chosen[index].name) \(object.location): not CMAF, left out: \(error)")
        }
    }

    private func drain() {
        while let bytes = writer?.nextOutput() { sub.write([.bytes(bytes)]) }
    }

    private func endIfOver() {
        guard !chosen.isEmpty, chosen.allSatisfy(\.isOver) else { return }
        let failure = chosen.first { $0.end?.status != .success }
        guard let failure, let end = failure.end else { return sub.end(.success) }
        sub.end(end.status, end.words.map { "\(failure.name): \($0)" })
    }

    func conclude(_ now: Instant) {
        writer?.finish()
        drain()
    }

    // MARK: - Catalog

    private func catalogProgressed(_ track: TrackReceiver, _ now: Instant) {
        for object in track.takeReady() where object.status == .normal && writer == nil && chosen.isEmpty {
            do throws(WireError) {
                try use(Catalog(json: object.wholePayload), now)
            } catch {
                return sub.end(.protocolViolation, "\(track.name): the catalog is unreadable: \(error)")
            }
        }
        if chosen.isEmpty, let end = track.end {
            let status: ExitStatus = end.status == .success ? .timedOut : end.status
            sub.end(status, "\(track.name): \(end.words ?? "it ended without a catalog")")
        }
    }

    private func use(_ catalog: Catalog, _ now: Instant) throws(WireError) {
        if sub.settings.list { return list(catalog) }
        let selection = CatalogSelection(sub.settings)
        let tracks: [CatalogTrack]
        switch selection.choose(from: catalog) {
        case .success(let found): tracks = found
        case .failure(let error): return sub.end(.unusableInput, error.words)
        }
        var headers: [MovieHeader] = []
        for track in tracks { headers.append(try MovieHeader(track.initialization ?? Bytes())) }
        writer = MovieWriter(headers)
        for track in tracks {
            guard let name = try? FullTrackName(namespace: namespace, name: TrackName(utf8: track.name)) else {
                continue
            }
            chosen.append(TrackReceiver(name, .init(sub.settings, ofMedia: true), sub.settings))
        }
        for track in chosen { sub.receive(track, now) }
        drain()
    }

    private func list(_ catalog: Catalog) {
        for (index, track) in catalog.tracks.enumerated() {
            sub.write([.bytes(Bytes(Array(CatalogListing.line(index + 1, track, json: sub.logger.json).utf8)))])
        }
        sub.end(.success)
    }
}
