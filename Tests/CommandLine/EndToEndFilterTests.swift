import Testing

/// `--filter`, from a publisher through a relay.
@Suite struct EndToEndFilterTests {
    private func lines(_ numbers: some Sequence<Int>) -> String { numbers.map { "\($0)\n" }.joined() }

    @Test("a subscriber of draft 22 has what it asks for of a publisher of draft 14, and one of draft 14 everything")
    func subscriptions() throws {
        let relay = try RunningRelay()
        let pub = try relay.pub("test--n", "--draft", "14", "--group-size", "8", "-", input: .open)
        func sub(_ draft: String, _ filters: [String]) throws -> Moqt {
            let options = ["--wait", "60", "-vv", "--as", "lines", "--draft", draft]
            return try Moqt(["sub", relay.url, "--fingerprint", relay.fingerprint, "test--n"] + options + filters)
        }
        let filtered = try sub("22", ["--filter", "object=1-2,5-"])
        let first = try sub("22", ["--filter", "object=0", "--filter", "subgroup=0"])
        let nothing = try sub("19", ["--filter", "property:0x40=0-"])
        let whole = try sub("14", [])
        // Not every draft lets the relay hold a subscription until there is a publisher.
        for sub in [filtered, first, nothing, whole] {
            _ = try sub.waitForLine(on: .stderr) { $0.contains("received SUBSCRIBE_OK") }
        }
        pub.write(lines(0..<800))
        pub.closeInput()
        #expect(try pub.wait().isQuietSuccess)
        func finished(_ sub: Moqt) throws -> String {
            let finished = try sub.wait()
            #expect(finished.status == 0, "\(finished.stderr)")
            return finished.text
        }
        #expect(try finished(filtered) == lines((0..<800).filter { [1, 2, 5, 6, 7].contains($0 % 8) }))
        #expect(try finished(first) == lines(stride(from: 0, to: 800, by: 8)))
        #expect(try finished(nothing) == "")
        #expect(try finished(whole) == lines(0..<800))
    }

    @Test("what is past is filtered too, by sub and by fetch", arguments: ["19", "22"]) func past(_ draft: String)
        throws
    {
        let relay = try RunningRelay()
        let sub = try relay.sub("test--n", "--wait", "60", "--as", "lines")
        let pub = try relay.pub("test--n", "--draft", "14", "--group-size", "4", "-", input: .open)
        pub.write(lines(0..<12))
        _ = try sub.waitForLine { $0 == "11" }
        let fetch = try Moqt([
            "fetch", relay.url, "--fingerprint", relay.fingerprint, "test--n", "0..1", "--filter", "object=0,2-",
            "--draft", draft, "--as", "lines",
        ])
        let fetched = try fetch.wait()
        #expect(fetched.isQuietSuccess && fetched.text == lines([0, 2, 3, 4, 6, 7]))
        let late = try relay.sub(
            "test--n", "--from", "start", "--filter", "object=3", "--as", "lines", "--draft", draft, "-n", "4")
        _ = try late.waitForLine { $0 == "11" }
        pub.write(lines(12..<17))
        #expect(try late.wait().text == lines([3, 7, 11, 15]))
        pub.closeInput()
        #expect(try pub.wait().status == 0 && sub.wait().text == lines(0..<17))
    }

    @Test("a server that takes no filters, or not so many, is not asked")
    func refusals() throws {
        let relay = try RunningRelay(at: "127.0.0.1:0", "--max-filter-ranges", "1")
        let old = try relay.sub("test--n", "--draft", "18", "--filter", "object=1").wait()
        #expect(old.isFailure(1) && old.stderr.contains("the peer takes no range filters"), "\(old.stderr)")
        let many = try relay.sub("test--n", "--filter", "object=1,3").wait()
        #expect(
            many.isFailure(1) && many.stderr.contains("2 ranges in filters, of which the peer takes 1"),
            "\(many.stderr)")
        let fetch = try Moqt([
            "fetch", relay.url, "--fingerprint", relay.fingerprint, "test--n", "0", "--filter", "object=1,3",
        ]).wait()
        #expect(fetch.isFailure(1) && fetch.stderr.contains("2 ranges in filters"), "\(fetch.stderr)")
    }
}
