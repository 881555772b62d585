import MoQTCodec
import Testing
import Wire

@testable import MoQT

/// A draft and a transport, for tests of every combination.
struct Way: Sendable, CustomTestStringConvertible {
    var draft: String
    var transport: TestTransport
    var testDescription: String { "\(draft), \(transport)" }

    static let all = Profile.all.flatMap { profile in
        TestTransport.allCases.map { Way(draft: profile.alpn, transport: $0) }
    }
    /// One of each family, on either transport.
    static let some = [
        Way(draft: "moq-00", transport: .quic), Way(draft: "moqt-16", transport: .webTransport),
        Way(draft: "moqt-18", transport: .quic), Way(draft: "moqt-22", transport: .webTransport),
    ]
}

extension TestRelay {
    func connect(
        _ way: Way = Way(draft: "moqt-18", transport: .quic), _ change: (inout ConnectOptions) -> Void = { _ in }
    ) async throws -> MoQT.Session {
        var options = ConnectOptions()
        options.trust = .insecure
        options.drafts = [way.draft]
        change(&options)
        return try await MoQT.Session.connect(to: url(way.transport), options)
    }
}

func track(_ text: String) throws -> FullTrackName { try FullTrackName(text: text) }

/// `count` bytes that differ from object to object.
func payload(_ group: UInt64, _ object: UInt64, _ count: Int) -> Bytes {
    Bytes((0..<count).map { UInt8(truncatingIfNeeded: UInt64($0) &* 31 &+ group &* 7 &+ object) })
}

/// The error that `body` throws.
func failure(
    _ body: () async throws -> Void, sourceLocation: SourceLocation = #_sourceLocation
) async throws -> MoQTError {
    do { try await body() } catch let error as MoQTError { return error }
    return try #require(nil as MoQTError?, "nothing was thrown", sourceLocation: sourceLocation)
}

extension MoQT.Subscription {
    /// Takes so many objects.
    func take(_ count: Int) async throws {
        let objects = objects.makeAsyncIterator()
        for _ in 0..<count { #expect(try await objects.next() != nil) }
    }

    /// The rest of the objects.
    func rest() async throws -> [Object] {
        var all: [Object] = []
        for try await object in objects { all.append(object) }
        return all
    }
}

extension TrackFetch {
    func rest() async throws -> [FetchItem] {
        var all: [FetchItem] = []
        for try await item in items { all.append(item) }
        return all
    }
}

extension TrackPublisher {
    /// Publishes groups of objects of a size; each object can be told from every other.
    func send(groups: Range<UInt64>, objects: UInt64, of size: Int) async throws {
        for group in groups {
            for object in 0..<objects { try await send(group: group, object: object, payload(group, object, size)) }
        }
    }
}
