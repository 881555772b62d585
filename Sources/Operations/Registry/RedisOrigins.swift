internal import CHiredis
internal import Glibc
package import Wire

/// Origins in Redis, under moq-api's keys: `origin.KEY` is a string with JSON, which expires.
package final class RedisOrigins: OriginStore {
    private let location: RedisLocation
    /// Nil while there is no connection.
    private var connection: UnsafeMutablePointer<redisContext>?
    /// How long connecting and an answer may take.
    private static let patience = timeval(tv_sec: 1, tv_usec: 0)

    package init(_ location: RedisLocation) { self.location = location }

    deinit { disconnect() }

    // MARK: - OriginStore

    package func origin(of key: String) throws(OriginStoreError) -> String? {
        guard let json = try ask("GET", Self.name(key)).text else { return nil }
        return Origin(json: json)?.url
    }

    package func claim(_ key: String, for url: String, _ lifetime: Interval) throws(OriginStoreError) -> Bool {
        let seconds = String(max(1, Int(lifetime.seconds.rounded(.up))))
        let answer = try ask("SET", Self.name(key), Origin(url: url).json, "NX", "EX", seconds)
        if answer != .none { return true }
        return try renew(key, for: url, lifetime) == .renewed
    }

    package func renew(_ key: String, for url: String, _ lifetime: Interval) throws(OriginStoreError) -> Renewal {
        guard let stored = try ask("GET", Self.name(key)).text else { return .missing }
        guard Origin(json: stored)?.url == url else { return .taken }
        let seconds = String(max(1, Int(lifetime.seconds.rounded(.up))))
        return try ask("EXPIRE", Self.name(key), seconds) == .number(1) ? .renewed : .missing
    }

    package func remove(_ key: String) throws(OriginStoreError) -> Bool {
        try ask("DEL", Self.name(key)) == .number(1)
    }

    private static func name(_ key: String) -> String { "origin.\(key)" }

    // MARK: - Connection

    private enum Answer: Hashable {
        case none, number(Int64), text([UInt8])

        var text: [UInt8]? { if case .text(let bytes) = self { bytes } else { nil } }
    }

    /// Connects if need be. A connection that has failed is not used again.
    private func ask(_ words: String...) throws(OriginStoreError) -> Answer {
        let connection = if let connection { connection } else { try connect() }
        do throws(OriginStoreError) { return try Self.send(words, to: connection) } catch {
            disconnect()
            throw error
        }
    }

    private func connect() throws(OriginStoreError) -> UnsafeMutablePointer<redisContext> {
        let made =
            switch location.place {
            case .host(let host, let port): redisConnectWithTimeout(host, CInt(port), Self.patience)
            case .socket(let path): redisConnectUnixWithTimeout(path, Self.patience)
            }
        guard let made else { throw OriginStoreError("no memory for a connection") }
        do throws(OriginStoreError) {
            if let error = CHiredis_error(made) { throw OriginStoreError(String(cString: error)) }
            redisSetTimeout(made, Self.patience)
            if let password = location.password {
                _ = try Self.send(["AUTH"] + (location.user.map { [$0] } ?? []) + [password], to: made)
            }
            if location.database > 0 { _ = try Self.send(["SELECT", "\(location.database)"], to: made) }
        } catch {
            redisFree(made)
            throw error
        }
        connection = made
        return made
    }

    private func disconnect() {
        if let connection { redisFree(connection) }
        connection = nil
    }

    private static func send(
        _ words: [String], to connection: UnsafeMutablePointer<redisContext>
    ) throws(OriginStoreError) -> Answer {
        let copies = words.map { strdup($0) }
        defer { for copy in copies { free(copy) } }
        var arguments = copies.map { UnsafePointer($0) }
        var lengths = words.map(\.utf8.count)
        let raw = redisCommandArgv(connection, CInt(words.count), &arguments, &lengths)
        guard let raw else {
            let error = CHiredis_error(connection).map { String(cString: $0) }
            throw OriginStoreError(error ?? "the connection failed")
        }
        defer { freeReplyObject(raw) }
        return try answer(raw.assumingMemoryBound(to: redisReply.self).pointee)
    }

    private static func answer(_ reply: redisReply) throws(OriginStoreError) -> Answer {
        let text = reply.str.map { Array(UnsafeRawBufferPointer(start: $0, count: Int(reply.len))) } ?? []
        switch reply.type {
        case REDIS_REPLY_NIL: return .none
        case REDIS_REPLY_INTEGER: return .number(reply.integer)
        case REDIS_REPLY_STRING, REDIS_REPLY_STATUS: return .text(text)
        case REDIS_REPLY_ERROR: throw OriginStoreError(String(decoding: text, as: UTF8.self))
        default: throw OriginStoreError("an answer of type \(reply.type)")
        }
    }
}
