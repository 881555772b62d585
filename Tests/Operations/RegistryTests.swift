import EventLoop
import Operations
import Testing
import Wire

/// Origins in memory, for any number of threads; what is claimed lives for ever.
private final class MemoryOrigins: OriginStore, Sendable {
    let urls = Guarded<[String: String]>([:])
    /// It does not answer.
    let isAway = Guarded(false)

    private func check() throws(OriginStoreError) {
        if isAway.withLock({ $0 }) { throw OriginStoreError("away") }
    }

    func origin(of key: String) throws(OriginStoreError) -> String? {
        try check()
        return urls.withLock { $0[key] }
    }

    func claim(_ key: String, for url: String, _ lifetime: Interval) throws(OriginStoreError) -> Bool {
        try check()
        return urls.withLock { urls in
            if urls[key] == nil { urls[key] = url }
            return urls[key] == url
        }
    }

    func renew(_ key: String, for url: String, _ lifetime: Interval) throws(OriginStoreError) -> Renewal {
        try check()
        return urls.withLock { $0[key].map { $0 == url ? .renewed : .taken } ?? .missing }
    }

    func remove(_ key: String) throws(OriginStoreError) -> Bool {
        try check()
        return urls.withLock { $0.removeValue(forKey: key) != nil }
    }
}

@Suite struct RegistryTests {
    private let store = MemoryOrigins()

    private func registry(_ url: String? = "moqt://here", lifetime: Interval = .seconds(600)) throws -> Registry {
        try Registry({ [store] in store }, url: url, lifetime: lifetime) { _, _ in }
    }

    private func find(_ keys: String..., in registry: Registry) throws -> Registry.Lookup? {
        let answer = try Gathering<Registry.Lookup>(count: 1)
        registry.find(keys) { answer.answer(0, $0) }
        return answer.wait(.seconds(20))[0]
    }

    private func stored(_ key: String) -> String? { store.urls.withLock { $0[key] } }

    private func becomes(_ condition: () -> Bool) -> Bool {
        let end = EventLoop.clock() + .seconds(20)
        while EventLoop.clock() < end { if condition() { return true } }
        return false
    }

    @Test func `a namespace is claimed as long as somebody wants it`() throws {
        let registry = try registry()
        var claims = [registry.claim("a"), registry.claim("a")]
        #expect(becomes { stored("a") == "moqt://here" })
        claims.removeLast()
        #expect(try find("b", in: registry) == .nobody)
        #expect(stored("a") == "moqt://here")
        claims = []
        #expect(becomes { stored("a") == nil })
    }

    @Test func `who has no URL claims nothing`() throws {
        let registry = try registry(nil)
        let claim = registry.claim("a")
        #expect(try withExtendedLifetime(claim) { try find("a", in: registry) } == .nobody)
        #expect(stored("a") == nil)
    }

    @Test func `what another relay has is waited for, and never taken away`() throws {
        let registry = try registry(lifetime: .seconds(1))
        store.urls.withLock { $0["a"] = "moqt://there" }
        let claim = registry.claim("a")
        #expect(becomes { registry.figures.taken == 1 })
        #expect(stored("a") == "moqt://there")
        store.urls.withLock { $0["a"] = nil }
        #expect(becomes { registry.figures.held == 1 })
        #expect(stored("a") == "moqt://here")
        withExtendedLifetime(claim) {}
        registry.stop()
        #expect(stored("a") == nil)
    }

    @Test func `the first of several keys counts, and what is here is nowhere else`() throws {
        let registry = try registry()
        store.urls.withLock { $0 = ["a": "moqt://there", "b": "moqt://here", "c": "moqt://far"] }
        #expect(try find("x", "a", "c", in: registry) == .at("moqt://there"))
        #expect(try find("x", "b", "c", in: registry) == .nobody)
    }

    @Test func `while the registry is away what was found is believed, and claims are made when it is back`() throws {
        let registry = try registry()
        store.urls.withLock { $0 = ["a": "moqt://there"] }
        #expect(try find("a", in: registry) == .at("moqt://there"))
        store.isAway.withLock { $0 = true }
        #expect(try find("a", in: registry) == .at("moqt://there"))
        #expect(try find("b", in: registry) == .unknown)
        let claim = registry.claim("c")
        #expect(becomes { registry.figures.pending == 1 && !registry.figures.isUp })
        store.isAway.withLock { $0 = false }
        #expect(becomes { registry.figures.held == 1 && registry.figures.isUp })
        withExtendedLifetime(claim) {}
    }

    @Test func `who is retired has nothing any more, and finds what others have`() throws {
        let registry = try registry()
        let claim = registry.claim("a")
        #expect(becomes { stored("a") != nil })
        registry.retire()
        #expect(becomes { stored("a") == nil })
        let late = registry.claim("b")
        #expect(try find("b", in: registry) == .nobody)
        #expect(stored("b") == nil)
        withExtendedLifetime((claim, late)) {}
    }

    // MARK: - HTTP

    private func server() throws -> HTTPServer {
        let pages = OriginPages(store, lifetime: .seconds(600))
        return try HTTPServer(.loopback(.ipv4, port: 0), changing: { pages.change($0) }) { pages.page($0) }
    }

    @Test func `the HTTP interface is moq-api's`() throws {
        let server = try server(), path = "/origin/:6c"
        func ask(_ method: String, _ url: String = "") throws -> HTTPAnswer {
            try HTTPAnswer(server.address, method, path, body: url.isEmpty ? "" : "{\"url\":\"\(url)\"}")
        }
        #expect(try ask("GET").status == 404)
        #expect(try ask("PATCH", "moqt://a").status == 404)
        #expect(try ask("DELETE").status == 404)
        #expect(try ask("POST", "moqt://a").status == 200)
        #expect(try ask("POST", "moqt://a").status == 200)
        #expect(try ask("POST", "moqt://b").status == 409)
        #expect(try ask("PATCH", "moqt://a").status == 200)
        #expect(try ask("PATCH", "moqt://b").status == 409)
        #expect(try ask("GET").body == "{\"url\":\"moqt://a\"}")
        #expect(try ask("PUT", "moqt://a").status == 405)
        #expect(try HTTPAnswer(server.address, "POST", path, body: "moqt://a").status == 400)
        #expect(try HTTPAnswer(server.address, "POST", path, body: String(repeating: "x", count: 70_000)).status == 413)
        #expect(try ask("DELETE").status == 200)
        #expect(try HTTPAnswer(server.address, "GET", "/origin/").status == 404)
        store.isAway.withLock { $0 = true }
        #expect(try ask("GET").status == 500)
    }

    @Test func `an HTTP interface that is for reading changes nothing`() throws {
        let pages = OriginPages(store, lifetime: .seconds(600), isWritable: false)
        let server = try HTTPServer(.loopback(.ipv4, port: 0), changing: { pages.change($0) }) { pages.page($0) }
        for method in ["POST", "PATCH", "DELETE"] {
            let answer = try HTTPAnswer(server.address, method, "/origin/:6c", body: "{\"url\":\"moqt://a\"}")
            #expect(answer.status == 403)
        }
        #expect(try HTTPAnswer(server.address, "GET", "/origin/:6c", body: "").status == 404)
    }

    @Test func `a store behind the HTTP interface is as the store itself`() throws {
        let server = try server(), origins = HTTPOrigins("http://\(server.address)/")
        let life = Interval.seconds(600)
        #expect(try origins.origin(of: ":6c") == nil)
        #expect(try origins.renew(":6c", for: "moqt://a", life) == .missing)
        #expect(try !origins.remove(":6c"))
        #expect(try origins.claim(":6c", for: "moqt://a", life))
        #expect(try origins.claim(":6c", for: "moqt://a", life))
        #expect(try !origins.claim(":6c", for: "moqt://b", life))
        #expect(try origins.renew(":6c", for: "moqt://a", life) == .renewed)
        #expect(try origins.renew(":6c", for: "moqt://b", life) == .taken)
        #expect(try origins.origin(of: ":6c") == "moqt://a")
        #expect(try origins.remove(":6c"))
        store.isAway.withLock { $0 = true }
        #expect(throws: OriginStoreError("HTTP status 500")) { try origins.origin(of: ":6c") }
    }

    // MARK: - Text

    @Test(arguments: ["moqt://a/", "a \"quoted\" \\ one", "\u{1}\n\u{FC}"])
    func `an origin is read as it was written`(_ url: String) {
        #expect(Origin(json: Array(Origin(url: url).json.utf8)) == Origin(url: url))
    }

    @Test(arguments: ["", "{}", "{\"url\":1}", "[]", "{\"url\":\"a\""])
    func `what is no origin is none`(_ json: String) { #expect(Origin(json: Array(json.utf8)) == nil) }

    @Test func `where Redis is`() throws {
        let plain = try #require(RedisLocation("redis://host"))
        #expect(plain.place == .host("host", port: 6379) && plain.password == nil && plain.database == 0)
        let full = try #require(RedisLocation("redis://me:s:e@c@[::1]:7000/3"))
        #expect(full.place == .host("::1", port: 7000) && full.user == "me" && full.password == "s:e@c")
        #expect(full.database == 3 && "\(full)" == "redis://[::1]:7000")
        #expect(RedisLocation("redis://:secret@host/")?.password == "secret")
        #expect(RedisLocation("redis+unix:///run/redis.sock")?.place == .socket(path: "/run/redis.sock"))
        let socket = try #require(RedisLocation("redis+unix://me:s?e@/run/redis.sock?db=3"))
        #expect(socket.place == .socket(path: "/run/redis.sock") && socket.user == "me" && socket.password == "s?e")
        #expect(socket.database == 3 && "\(socket)" == "redis+unix:///run/redis.sock")
        for text in [
            "redis://", "redis://:1", "redis://host:x", "redis://host/x", "redis+unix://x", "redis+unix:///x?db=y",
            "rediss://host",
            "http://x", "",
        ] {
            #expect(RedisLocation(text) == nil, "\(text)")
        }
    }
}
