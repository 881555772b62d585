internal import CommandLine
internal import EventLoop
internal import Glibc
internal import MediaFiles
internal import MoQTCodec
internal import MoQTMedia
internal import Wire

/// Reads the inputs on a thread of its own, because files and pipes block, and posts what is in them.
struct Feeder: Sendable {
    let settings: PubSettings
    /// Group of the first media object.
    let firstGroup: UInt64
    let gate: FeedGate
    let mailbox: Mailbox<FeedItem>

    func start() throws(SystemError) {
        try Worker.start("input") { run() }
    }

    private func run() {
        do {
            var sink = FeedSink(gate: gate, mailbox: mailbox, pace: pace)
            if settings.format == .media { try feedMovie(to: &sink) } else { try feedBytes(to: &sink) }
            mailbox.post(.ended(nil))
        } catch {
            mailbox.post(.ended(error))
        }
    }

    private var pace: Pacer.Pace {
        if settings.format == .media { return settings.realtime ? .timeStamps : .none }
        return settings.rate.map { .rate($0) } ?? .none
    }

    // MARK: - Lines, frames, raw

    private func feedBytes(to sink: inout FeedSink) throws(InputFailure) {
        for input in settings.inputs { try checkReadable(input) }
        try sink.opened()
        var pass: UInt64 = 0
        while settings.passes.map({ pass < $0 }) ?? true {
            let before = sink.posted
            for input in settings.inputs { try feed(input, to: &sink) }
            // Nothing comes of nothing, however often it is read.
            guard sink.posted > before else { return }
            pass += 1
        }
    }

    private func feed(_ input: PubSettings.Input, to sink: inout FeedSink) throws(InputFailure) {
        switch settings.format {
        case .lines:
            var reader = try InputReader(input)
            try LinesInput.feed(&reader, to: &sink)
        case .frames:
            var reader = try InputReader(input)
            try FramesInput.feed(&reader, to: &sink)
        case .raw, .media, .auto:
            var reader = try InputReader(input, slabSize: RawInput.slabSize(objectSize: settings.objectSize))
            try RawInput.feed(&reader, objectSize: settings.objectSize, to: &sink)
        }
    }

    /// Finds out before anything is sent.
    private func checkReadable(_ input: PubSettings.Input) throws(InputFailure) {
        guard case .file(let path) = input else { return }
        var info = stat()
        guard stat(path, &info) == 0, access(path, R_OK) == 0 else { throw .system(path.printable(), errno) }
        if info.st_mode & S_IFMT == S_IFDIR { throw .system(path.printable(), EISDIR) }
    }

    // MARK: - Media

    private func feedMovie(to sink: inout FeedSink) throws(InputFailure) {
        let movie = try Movie(settings)
        try sink.opened(movie: movie.tracks, notes: movie.notes)
        var packager = Packager(movie.tracks, firstGroup: firstGroup)
        while let sample = try movie.next() {
            let object = packager.package(sample)
            try sink.begin(FedObject(object), time: object.time)
        }
    }
}

extension FedObject {
    init(_ object: MediaObject) {
        self.init(
            track: object.track, location: Location(group: object.group, object: object.object),
            payloadLength: UInt64(object.payload.count), payload: object.payload)
    }
}

/// A movie from a file, perhaps again and again, or from stdin.
private struct Movie {
    private enum Source {
        case once(MediaInput)
        case repeated(LoopingInput)
    }

    private let source: Source
    private let name: String

    init(_ settings: PubSettings) throws(InputFailure) {
        switch settings.inputs[0] {
        case .standardInput:
            name = "stdin"
            source = try Self.open(name) { () throws(MediaFileError) in
                .once(try MediaInput.open(descriptor: STDIN_FILENO))
            }
        case .file(let path):
            name = path.printable()
            source = try Self.open(name) { () throws(MediaFileError) in
                if settings.passes == 1 { return .once(try MediaInput.open(path: path)) }
                return .repeated(try LoopingInput(path: path, rounds: settings.passes.map { Int(clamping: $0) }))
            }
        }
    }

    private static func open(
        _ name: String, _ body: () throws(MediaFileError) -> Source
    ) throws(InputFailure) -> Source {
        do { return try body() } catch { throw .unusable("\(name): \(error)") }
    }

    var tracks: [MediaTrack] {
        switch source {
        case .once(let input): input.tracks
        case .repeated(let input): input.tracks
        }
    }

    var notes: [String] {
        switch source {
        case .once(let input): input.notes
        case .repeated(let input): input.notes
        }
    }

    func next() throws(InputFailure) -> MediaSample? {
        do {
            switch source {
            case .once(let input): return try input.nextSample()
            case .repeated(let input): return try input.nextSample()
            }
        } catch {
            throw .unusable("\(name): \(error)")
        }
    }
}
