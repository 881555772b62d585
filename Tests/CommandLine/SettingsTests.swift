import CommandLine
import Commands
import Credentials
import EventLoop
import MoQTCodec
import Testing
import Wire

private func settings<S>(_ command: Command<S>, _ line: String, environment: [String: String] = [:]) throws -> S {
    let words = line.split(separator: " ").map(String.init)
    guard case .run(let settings) = try command.parse(words, environment: { environment[$0] }) else {
        throw UsageError("interrupted")
    }
    return settings
}

private func pub(_ line: String) throws -> PubSettings { try settings(PubCommand.command, "moqt://h " + line) }
private func sub(_ line: String) throws -> SubSettings { try settings(SubCommand.command, "moqt://h " + line) }
private func relay(_ line: String) throws -> RelaySettings { try settings(RelayCommand.command, line) }

private let spokenDrafts = Profile.spoken.map { String($0.number) }.joined(separator: ", ")

private func complaint(_ body: () throws -> Void) -> String? {
    do {
        try body()
        return nil
    } catch {
        return (error as? UsageError)?.line ?? "\(error)"
    }
}

@Suite struct PubSettingsTests {
    @Test func aNamespaceIsMediaAndATrackGoesByItsInput() throws {
        #expect(try pub("live m.mp4").format == .media)
        #expect(try pub("live--t").format == .lines)
        #expect(try pub("live--t -").format == .lines)
        #expect(try pub("live--t f").format == .raw)
        #expect(try pub("live--t f --as frames").format == .frames)
        #expect(try pub("live--t").inputs == [.standardInput])
        #expect(try pub("live--t a - b").inputs == [.file("a"), .standardInput, .file("b")])
    }

    @Test func mediaFilesAreSentInRealTime() throws {
        let file = try pub("live m.mp4")
        #expect(file.realtime && !file.isLive && file.start == .subscriber && file.deliveryTimeout == .seconds(30))
        let flatOut = try pub("live m.mp4 --no-realtime")
        #expect(!flatOut.realtime && flatOut.deliveryTimeout == nil)
        let pipe = try pub("live -")
        #expect(!pipe.realtime && pipe.start == .subscriber && pipe.deliveryTimeout == nil)
        let live = try pub("live - --realtime")
        #expect(live.isLive && live.start == .now && live.deliveryTimeout == .seconds(30))
        #expect(try pub("live - --realtime --start subscriber").start == .subscriber)
        #expect(try pub("live m.mp4 --delivery-timeout 0").deliveryTimeout == nil)
        #expect(try pub("live m.mp4 --delivery-timeout 1500").deliveryTimeout == .milliseconds(1500))
    }

    @Test func objectsHaveDefaults() throws {
        let plain = try pub("a--b f")
        #expect(plain.grouping == .objects(256) && plain.objectSize == 65536 && plain.priority == 128)
        #expect(plain.firstGroup == nil && plain.passes == 1 && plain.rate == nil && plain.announce == .always)
        let told = try pub("a--b f --group-ms 500 --object-size 1Mi --rate 0.5 --loop forever --first-group 7")
        #expect(told.grouping == .interval(.milliseconds(500)) && told.objectSize == 1 << 20)
        #expect(told.rate == 0.5 && told.passes == nil && told.firstGroup == 7)
        #expect(try pub("a--b f --group-ms 500 --group-size 3").grouping == .objects(3))
    }

    @Test(
        "names and options that do not go together are refused",
        arguments: [
            ("live --as lines", "NAME: expected a track (NAMESPACE--TRACK) with --as lines, got 'live'"),
            ("a--b --as media", "NAME: expected a namespace with --as media, got 'a--b'"),
            ("live a.mp4 b.mp4", "FILE: expected one input with --as media, got 2"),
            ("live a.mp4 --rate 3", "--rate: not with --as media"),
            ("live a.mp4 --group-size 3", "--group-size or --group-ms: not with --as media"),
            ("live a.mp4 --datagrams", "--datagrams: not with --as media"),
            ("a--b --object-size 3", "--object-size: only with --as raw"),
            ("a--b f --realtime", "--realtime: a file of raw has no time stamps; --rate paces it"),
            ("a--b - --loop 2", "--loop: stdin cannot be read again"),
            ("a--b - -", "FILE: expected '-' at most once"),
            ("a--b --cert x", "--cert: expected --key beside it"),
            ("a--b --key x", "--key: expected --cert beside it"),
            ("a-.62", "NAME: the escape at byte 2 stands for a character that needs none, got 'a-.62'"),
            ("a--b-c", "NAME: byte 4 must be written as '.' and two hex digits, got 'a--b-c'"),
            ("--name x", "--name: expected --namespace beside it, got nothing"),
            ("a--b --loop 0", "--loop: expected forever or a number 1 or more, got '0'"),
            ("a--b --rate 0", "--rate: expected a number more than 0, at most 1000000, got '0'"),
            ("a--b --priority 256", "--priority: expected a number from 0 to 255, got '256'"),
        ])
    func refusals(_ line: String, _ message: String) {
        #expect(complaint { _ = try pub(line) } == message)
    }

    @Test func plainNamesReplaceTheOperand() throws {
        let named = try pub("--namespace example.net --namespace team --name a/b f")
        #expect(named.inputs == [.file("f")])
        guard case .track(let track) = named.name else {
            Issue.record("no track")
            return
        }
        #expect(track.description == "example.2enet-team--a.2fb")
        #expect(try pub("--namespace live m.mp4").format == .media)
    }
}

@Suite struct SubSettingsTests {
    @Test func hasItsDefaults() throws {
        let plain = try sub("a--b")
        #expect(plain.written == OutputSettings() && plain.from == .now && plain.written.format == .raw)
        #expect(
            plain.objectLimit == nil && plain.wait == nil && plain.join == nil && plain.to == nil && !plain.unordered)
    }

    @Test func knowsWhereToWrite() throws {
        #expect(try sub("a--b -o f").written.destination == .file("f"))
        #expect(try sub("a--b -od/").written.destination == .directory("d/"))
        #expect(try sub("a--b -o -").written.destination == .standardOutput)
    }

    @Test func choosesTracks() throws {
        let chosen = try sub("live --video 2 --audio none --track x --track y")
        #expect(chosen.video == .number(2) && chosen.audio == .none && chosen.tracks == ["x", "y"])
    }

    @Test(
        "options that would do nothing are refused",
        arguments: [
            ("a--b --from x", "--from: expected now, next, start, -N or GROUP:OBJECT, got 'x'"),
            ("a--b --list", "NAME: expected a namespace with --list, got 'a--b'"),
            ("a--b --audio none", "NAME: expected a namespace with --audio, got 'a--b'"),
            ("live --as lines", "NAME: expected a track (NAMESPACE--TRACK) with --as, got 'live'"),
            ("live --json", "NAME: expected a track (NAMESPACE--TRACK) with --json without --list, got 'live'"),
            ("live -o d/", "NAME: expected a track (NAMESPACE--TRACK) with --output DIR/, got 'live'"),
            ("a--b --json -o d/", "--output: not with --json, got 'd/'"),
            ("a--b --json -F %g", "--template: not with --json"),
            ("a--b -F %z", "-F: expected %n, %g, %o, %s, %t, %p or %%, got '%z'"),
            ("a--b -F x%", "-F: expected %n, %g, %o, %s, %t, %p or %%, got '%'"),
            ("a--b -F \\q", "-F: expected \\n, \\t, \\r, \\0 or \\\\, got '\\\\q'"),
            ("a--b -n 0", "-n: expected a number 1 or more, got '0'"),
            ("a--b --video 1", "NAME: expected a namespace with --video, got 'a--b'"),
            ("live --video 0", "--video: expected none or a number from 1 to 1000000, got '0'"),
        ])
    func refusals(_ line: String, _ message: String) {
        #expect(complaint { _ = try sub(line) } == message)
    }

    @Test func listingMayBeJSON() throws {
        #expect(try sub("live --list --json").list)
    }
}

@Suite struct RelaySettingsTests {
    @Test func hasItsDefaults() throws {
        let plain = try relay("")
        #expect(plain.listeners.map(\.description) == ["[::]:4443"])
        #expect(plain.cacheSize == 256 << 20 && plain.cacheTime == nil && plain.defaultDeliveryTimeout == nil)
        #expect(plain.drainTime == .seconds(10) && plain.limits[.connections] == 10_000)
        #expect(plain.maximumSubscriberLag == nil)
    }

    @Test func limitsHowFarBehindSubscribersAre() throws {
        #expect(try relay("--max-subscriber-lag 2.5").maximumSubscriberLag == .milliseconds(2500))
    }

    @Test func listensWhereItIsTold() throws {
        let told = try relay("--listen 127.0.0.1:0 --listen [::1]:4443 --listen :5")
        #expect(told.listeners.map(\.description) == ["127.0.0.1:0", "[::1]:4443", "[::]:5"])
    }

    @Test(
        "bad values are refused",
        arguments: [
            ("--listen 4443", "--listen: expected ADDR:PORT in numbers, such as [::]:4443, got '4443'"),
            ("--listen localhost:1", "--listen: expected ADDR:PORT in numbers, such as [::]:4443, got 'localhost:1'"),
            (
                "--listen 127.0.0.1:70000",
                "--listen: expected ADDR:PORT in numbers, such as [::]:4443, got '127.0.0.1:70000'"
            ),
            ("--cert a", "--cert: expected --key beside it"),
            (
                "--cache-size 1T",
                "--cache-size: expected bytes, from 0 to 1125899906842624, with k, M, G, Ki, Mi or Gi, got '1T'"
            ),
            ("x", "expected no more operands, got 'x'"),
        ])
    func refusals(_ line: String, _ message: String) {
        #expect(complaint { _ = try relay(line) } == message)
    }
}

@Suite struct ConnectionSettingsTests {
    @Test func hasItsDefaults() throws {
        let connection = try sub("a--b").connection
        #expect(connection.connectTimeout == .seconds(10) && connection.common.idleTimeout == .seconds(30))
        #expect(connection.common.drafts == Drafts.known && connection.retries == 0 && connection.maximumTime == nil)
    }

    @Test func takesDraftsByNumberAndByName() throws {
        #expect(try sub("a--b --draft 18").connection.common.drafts == ["moqt-18"])
        #expect(try sub("a--b --draft moqt-18,18").connection.common.drafts == ["moqt-18"])
    }

    @Test func resolvesAsCurlDoes() throws {
        let connection = try sub("a--b --resolve h:443:127.0.0.1 --resolve [::1]:5:[::2] --resolve x:6:::3").connection
        #expect(connection.resolutions.map(\.address.description) == ["127.0.0.1:443", "[::2]:5", "[::3]:6"])
        #expect(connection.resolutions.map(\.name.host) == ["h", "::1", "x"])
    }

    @Test func readsFingerprintsWithAndWithoutColons() throws {
        let hex = String(repeating: "0aF9", count: 16)
        let spaced = stride(from: 0, to: 64, by: 2).map { String(hex.dropFirst($0).prefix(2)) }.joined(separator: ":")
        for text in [hex, spaced] {
            #expect(try sub("a--b --fingerprint \(text)").connection.fingerprint?.description == hex.lowercased())
        }
    }

    @Test func theKeyLogCanComeFromTheEnvironment() throws {
        let line = "moqt://h a--b"
        let fromThere = try settings(SubCommand.command, line, environment: ["SSLKEYLOGFILE": "/k"])
        #expect(fromThere.connection.common.keylogFile == "/k")
    }

    @Test(
        "bad values are refused",
        arguments: [
            ("--draft 13", "--draft: expected drafts out of \(spokenDrafts), got '13'"),
            ("--draft 18,", "--draft: expected drafts out of \(spokenDrafts), got ''"),
            ("--transport tcp", "--transport: expected quic, webtransport or auto, got 'tcp'"),
            ("--cc vegas", "--cc: expected cubic, bbr or reno, got 'vegas'"),
            ("--fingerprint 00", "--fingerprint: expected 64 hex digits (SHA-256), got '00'"),
            ("--resolve h:443", "--resolve: expected HOST:PORT:ADDR with a numeric address, got 'h:443'"),
            ("--resolve h:443:name", "--resolve: expected HOST:PORT:ADDR with a numeric address, got 'h:443:name'"),
            (
                "--connect-timeout 0",
                "--connect-timeout: expected seconds or a number with ms, s or m, more than 0, got '0'"
            ),
            ("--color blue", "--color: expected auto, always or never, got 'blue'"),
        ])
    func refusals(_ line: String, _ message: String) {
        #expect(complaint { _ = try sub("a--b " + line) } == message)
    }
}

@Suite struct MoQTURLTests {
    @Test func partsAreCutAsWritten() throws {
        let url = try MoQTURL("moqt://relay.example:4443/app/x?k=v&w#msf:y?z")
        #expect(url.host == "relay.example" && url.port == 4443 && url.authority == "relay.example:4443")
        #expect(url.path == "/app/x" && url.query == "k=v&w" && url.fragment == "msf:y?z")
        #expect(
            url.pathAndQuery == "/app/x?k=v&w" && url.description == "moqt://relay.example:4443/app/x?k=v&w#msf:y?z")
    }

    @Test(
        "hosts and default ports",
        arguments: [
            ("moqt://h", "h", 443, ""), ("moqt://h/", "h", 443, "/"), ("moqt://127.0.0.1:1", "127.0.0.1", 1, ""),
            ("moqt://[::1]", "::1", 443, ""), ("moqt://[::1]:65535/a", "::1", 65535, "/a"),
            ("moqt://h?q", "h", 443, "?q"),
        ])
    func hosts(_ text: String, _ host: String, _ port: UInt16, _ path: String) throws {
        let url = try MoQTURL(text)
        #expect(url.host == host && url.port == port && url.pathAndQuery == path)
    }

    @Test(
        "what is no such URL is refused",
        arguments: [
            "", "h", "h:443", "moqt:", "moqt://", "moqt:///path", "moqt://:443", "moqt://h:", "moqt://h:0",
            "moqt://h:65536",
            "moqt://h:x", "moqt://h:-1", "moqt://::1", "moqt://[::1", "moqt://[h]:1", "moqt://h /x", "moqt://h/\u{e9}",
            "http://h",
            "moqt://h\n", "MOQT://h", "moqt://h:+1",
        ])
    func refusals(_ text: String) {
        let form = "moqt:// or https://HOST[:PORT][/PATH][?QUERY]"
        #expect(throws: UsageError.expected(form, got: text)) { try MoQTURL(text) }
    }

    @Test("https means WebTransport")
    func webTransport() throws {
        let url = try MoQTURL("https://h/x?y#z")
        #expect(
            url.isWebTransport && url.port == 443 && url.pathAndQuery == "/x?y" && url.description == "https://h/x?y#z")
        #expect(try !MoQTURL("moqt://h").isWebTransport)
    }

    @Test func userNamesAreRefused() {
        #expect(complaint { _ = try MoQTURL("moqt://u@h") } == "expected no user name in a URL, got 'moqt://u@h'")
    }
}
