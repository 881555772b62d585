import Commands
import Foundation
import MoQTCodec
import Testing

/// Requests that a relay wants moved, one by one, go on where it says, and nothing is lost (draft-18 "GOAWAY").
@Suite struct EndToEndRequestMoveTests {
    /// Where a request is to go.
    enum Way: Sendable, CaseIterable {
        /// To the relay's other address, at leisure or in a hurry: the new session, or even GOAWAY, comes too late then.
        case elsewhere, elsewhereAtOnce
        /// To the session that it is in.
        case here, hereAtOnce

        static let atLeisure = [elsewhere, here]

        var isHurried: Bool { [.elsewhereAtOnce, .hereAtOnce].contains(self) }
        var timeout: UInt64 { isHurried ? 1 : 0 }
        var isAway: Bool { [.elsewhere, .elsewhereAtOnce].contains(self) }
    }

    /// Draft-18 has one subscription of a track in a session, later ones may have several.
    struct Case: Sendable, CustomStringConvertible {
        let draft: String
        let way: Way
        var description: String { "\(draft), \(way)" }

        static let all = ["moqt-18", "moqt-22"].flatMap { draft in Way.allCases.map { Case(draft: draft, way: $0) } }
        static let atLeisure = ["moqt-18", "moqt-19", "moqt-22"].flatMap { draft in
            Way.atLeisure.map { Case(draft: draft, way: $0) }
        }
    }

    /// A relay and how its clients come to it.
    struct Scene {
        let relay: MovingRelay
        let draft: String
        let transport: String

        init(_ draft: String, _ transport: String = "quic", refusesFetches: Bool = false) throws {
            relay = try MovingRelay(draft, refusesFetches: refusesFetches)
            (self.draft, self.transport) = (draft, transport)
        }

        func start(_ command: String, _ arguments: String..., input: Moqt.Input = .none) throws -> Moqt {
            try Moqt([command, relay.url(0, transport), "-k", "-v", "--draft", draft] + arguments, input: input)
        }

        func move(_ kind: RequestKind, _ name: String? = nil, _ way: Way = .elsewhere) {
            relay.move(
                .init(kind: kind, name: name, uri: way.isAway ? relay.url(1, transport) : "", timeout: way.timeout))
        }

        /// At which of the addresses that was asked for, in order.
        func addresses(_ kind: RequestKind, _ name: String) -> [Int] {
            relay.asked.filter { $0.kind == kind && $0.name == name }.map(\.address)
        }
    }

    private func lines(_ range: ClosedRange<Int>) -> String { range.map { "\($0)\n" }.joined() }

    private func subscribed(_ sub: Moqt, _ name: String = "a--b") throws {
        _ = try sub.waitForLine(on: .stderr) { $0.contains("subscribed to \(name)") }
    }

    // MARK: - Subscriptions

    @Test("a subscription between two objects", arguments: Case.all)
    func quietTrack(_ trial: Case) throws {
        let (draft, way) = (trial.draft, trial.way)
        for transport in ["quic", "webtransport"] {
            let scene = try Scene(draft, transport)
            let sub = try scene.start("sub", "a--b", "--wait", "60", "--as", "lines")
            let pub = try scene.start("pub", "a--b", "--group-size", "3", "-", input: .open)
            try subscribed(sub)
            pub.write(lines(1...8))
            _ = try sub.waitForLine { $0 == "8" }
            scene.move(.subscribe, "a--b", way)
            try subscribed(sub)
            pub.write(lines(9...20))
            pub.closeInput()
            let finished = try sub.wait()
            #expect(finished.status == 0 && finished.text == lines(1...20), "\(finished.stderr)")
            #expect(try pub.wait().status == 0)
            if !way.isHurried { #expect(scene.addresses(.subscribe, "a--b").last == (way.isAway ? 1 : 0)) }
        }
    }

    @Test("a subscription as fast as it can, there and back", arguments: Case.atLeisure)
    func busyTrack(_ trial: Case) throws {
        let (draft, way) = (trial.draft, trial.way)
        let scene = try Scene(draft)
        let sub = try scene.start("sub", "a--b", "--wait", "60", "--as", "lines")
        let all = lines(1...8_000)
        // A track that is over could not be subscribed to again.
        let pub = try scene.start("pub", "a--b", "--group-size", "100", "-", input: .open)
        pub.write(all)
        _ = try sub.waitForLine { $0 == "500" }
        scene.move(.subscribe, "a--b", way)
        _ = try sub.waitForLine { $0 == "4000" }
        scene.relay.move(.init(kind: .subscribe, uri: scene.relay.url(0, "quic")))
        _ = try sub.waitForLine { $0 == "8000" }
        pub.closeInput()
        let finished = try sub.wait()
        #expect(finished.status == 0 && finished.text == all, "\(finished.stderr.suffix(2000))")
        #expect(try pub.wait().status == 0)
    }

    @Test("a relay that does not have what was missed")
    func lostInBetween() throws {
        let scene = try Scene("moqt-18", refusesFetches: true)
        let sub = try scene.start("sub", "a--b", "--wait", "60", "--as", "lines")
        let pub = try scene.start("pub", "a--b", "--group-size", "100", "-", input: .open)
        try subscribed(sub)
        let long = String(repeating: "x", count: 3_000)
        pub.write((1...5_000).map { "\($0) \(long)\n" }.joined())
        _ = try sub.waitForLine { $0.hasPrefix("50 ") }
        scene.move(.subscribe, "a--b", .here)
        _ = try sub.waitForLine(on: .stderr) {
            $0.contains("warning: a--b: of what was published before, some is missing")
        }
        pub.closeInput()
        let finished = try sub.wait()
        #expect(finished.status == 1)
        #expect(finished.stderr.contains("moqt sub: a--b: objects were lost from one subscription to the next"))
        #expect(finished.text.hasPrefix("1 x"))
    }

    @Test("only the track that is to", arguments: Case.all)
    func oneTrack(_ trial: Case) throws {
        let (draft, way) = (trial.draft, trial.way)
        let scene = try Scene(draft), folder = try WorkFolder()
        let movie = try [UInt8](Data(contentsOf: URL(fileURLWithPath: SourceMovie.fragmented.path())))
        let copy = folder.path("copy.mp4"), name = "test-movie--video0"
        let sub = try scene.start("sub", "test-movie", "--wait", "60", "-o", copy)
        let pub = try scene.start("pub", "test-movie", "-", input: .open)
        pub.write(Array(movie.prefix(movie.count / 2)))
        try subscribed(sub, name)
        scene.move(.subscribe, name, way)
        try subscribed(sub, name)
        pub.write(Array(movie.dropFirst(movie.count / 2)))
        pub.closeInput()
        #expect(try pub.wait().status == 0)
        let finished = try sub.wait()
        #expect(finished.status == 0, "\(finished.stderr)")
        let original = try Packets(of: SourceMovie.fragmented.path(), "framehash", "-c", "copy")
        #expect(original.isSame(as: try Packets(of: copy, "framehash", "-c", "copy")))
        #expect(!finished.stderr.contains("moves test-movie--audio"))
        let audio = Set(scene.relay.asked.filter { $0.kind == .subscribe && $0.name != name }.map(\.address))
        #expect(audio == [0])
        if !way.isHurried { #expect(scene.addresses(.subscribe, name).contains(way.isAway ? 1 : 0)) }
    }

    @Test("a subscription that nobody takes elsewhere goes on where it is")
    func unreachable() throws {
        let scene = try Scene("moqt-18")
        let sub = try scene.start("sub", "a--b", "--wait", "60", "--as", "lines")
        let pub = try scene.start("pub", "a--b", "-", input: .open)
        pub.write(lines(1...3))
        _ = try sub.waitForLine { $0 == "3" }
        scene.relay.move(.init(kind: .subscribe, uri: "moqt://127.0.0.1:9"))
        _ = try sub.waitForLine(on: .stderr) { $0.contains("wants a request moved") }
        scene.relay.move(.init(kind: .subscribe, uri: "ftp://nowhere"))
        pub.write(lines(4...9))
        pub.closeInput()
        let finished = try sub.wait()
        #expect(finished.status == 0 && finished.text == lines(1...9), "\(finished.stderr)")
        #expect(try pub.wait().status == 0)
    }

    // MARK: - Other requests

    @Test("what is published", arguments: Case.all)
    func publisher(_ trial: Case) throws {
        let (draft, way) = (trial.draft, trial.way)
        // A publisher whose only subscription is taken away goes on without it.
        for kind in way.isHurried ? [RequestKind.publishNamespace] : [.publishNamespace, .publish] {
            let scene = try Scene(draft)
            let sub = try scene.start("sub", "a--b", "--wait", "60", "--as", "lines")
            let options = kind == .publish ? ["--publish"] : []
            let pub = try Moqt(
                ["pub", scene.relay.url(0, "quic"), "-k", "-v", "--draft", draft, "a--b", "--group-size", "3", "-"]
                    + options, input: .open)
            try subscribed(sub)
            pub.write(lines(1...8))
            _ = try sub.waitForLine { $0 == "8" }
            scene.move(kind, nil, way)
            if way == .elsewhere {
                _ = try pub.waitForLine(on: .stderr) { $0.contains("session 2 is ready") }
                _ = try pub.waitForLine(on: .stderr) { $0.contains("the namespace was accepted") }
            }
            pub.write(lines(9...20))
            pub.closeInput()
            let finished = try sub.wait()
            #expect(finished.status == 0 && finished.text == lines(1...20), "\(kind): \(finished.stderr)")
            #expect(try pub.wait().status == 0)
            #expect(way != .elsewhere || scene.relay.asked.contains { $0.kind == kind && $0.address == 1 })
        }
    }

    @Test("a fetch", arguments: Case.all)
    func fetch(_ trial: Case) throws {
        let (draft, way) = (trial.draft, trial.way)
        let scene = try Scene(draft)
        let sub = try scene.start("sub", "a--b", "--wait", "60", "--as", "lines")
        let pub = try scene.start("pub", "a--b", "--group-size", "100", "-", input: .open)
        try subscribed(sub)
        let all = lines(1...20_000)
        pub.write(all)
        _ = try sub.waitForLine { $0 == "20000" }
        let fetch = try scene.start("fetch", "a--b", "0..199", "--as", "lines")
        _ = try fetch.waitForLine { $0 == "10" }
        scene.move(.fetch, nil, way)
        let finished = try fetch.wait()
        #expect(finished.status == 0 && finished.text == all, "\(finished.stderr)")
    }

    @Test("namespaces that are announced and watched", arguments: Case.all)
    func announcements(_ trial: Case) throws {
        let (draft, way) = (trial.draft, trial.way)
        let scene = try Scene(draft)
        let hold = try scene.start("announce", "live")
        let watch = try scene.start("announce", "--watch")
        for client in [hold, watch] { _ = try client.waitForLine(on: .stderr) { $0.contains("accepted") } }
        #expect(try watch.waitForLine() == "+ live")
        for (client, kind) in [(hold, RequestKind.publishNamespace), (watch, .subscribeNamespace)] {
            scene.move(kind, nil, way)
            _ = try client.waitForLine(on: .stderr) { $0.contains("accepted") }
            if way == .elsewhere { _ = try client.waitForLine(on: .stderr) { $0.contains("leaves session") } }
        }
        hold.send(SIGTERM)
        _ = try hold.wait()
        _ = try watch.waitForLine { $0 == "- live" }
        watch.send(SIGTERM)
        _ = try watch.wait()
    }

    @Test(
        "a watcher whose new requests overtake the end of the old ones asks again",
        arguments: ["moqt-18", "moqt-19", "moqt-22"], ["--watch", "--tracks"])
    func overtaken(_ draft: String, _ option: String) throws {
        // Of two requests the first alone, both, and one of those that follow.
        for overlaps in 1...3 {
            let scene = try Scene(draft)
            let hold = try scene.start("announce", "live")
            let watch = try scene.start("announce", option)
            _ = try watch.waitForLine { $0 == "+ live" }
            let asked = scene.addresses(.subscribeNamespace, "").count
            scene.relay.move(.init(kind: .subscribeNamespace, overlaps: overlaps))
            let late = try scene.start("announce", "other")
            // What the old request was told of came before it was sent away.
            _ = try watch.waitForLine { $0 == "+ other" }
            #expect(scene.addresses(.subscribeNamespace, "").count > asked + 1)
            for client in [hold, late] {
                client.send(SIGTERM)
                _ = try client.wait()
            }
            _ = try watch.waitForLine { $0 == "- other" }
            watch.send(SIGTERM)
            #expect(try watch.wait().status == 143)
        }
    }
}
