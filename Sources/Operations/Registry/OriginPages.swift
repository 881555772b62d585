internal import EventLoop
package import Wire

/// moq-api's HTTP interface to a store: `/origin/KEY` with GET, POST, PATCH and DELETE. For any number of threads, one
/// after the other.
package final class OriginPages: Sendable {
    private let store: Guarded<Handed>
    private let lifetime: Interval
    private let isWritable: Bool

    /// Touched by one thread at a time only.
    private struct Handed: @unchecked Sendable {
        let store: any OriginStore
    }

    /// - Parameter isWritable: what others say is stored; otherwise they may ask only.
    package init(_ store: sending any OriginStore, lifetime: Interval, isWritable: Bool = true) {
        self.isWritable = isWritable
        self.store = Guarded(Handed(store: store))
        self.lifetime = lifetime
    }

    /// What GET gives at a path; nil: it is not one of these.
    package func page(_ path: String) -> HTTPResponse? {
        guard let key = Self.key(path) else { return nil }
        return answer { (store) throws(OriginStoreError) in
            guard let url = try store.origin(of: key) else { return .text("no relay has it\n", status: 404) }
            return .json(Origin(url: url).json)
        }
    }

    /// What another method does at a path; nil: nothing.
    package func change(_ request: HTTPRequest) -> HTTPResponse? {
        guard let key = Self.key(request.path) else { return nil }
        guard isWritable else { return .text("it can be read only\n", status: 403) }
        switch request.method {
        case "DELETE":
            return answer { (store) throws(OriginStoreError) in
                try store.remove(key) ? .text("") : .text("no relay has it\n", status: 404)
            }
        case "POST", "PATCH":
            guard let origin = Origin(json: request.body) else {
                return .text("expected {\"url\":\"…\"}\n", status: 400)
            }
            return request.method == "POST" ? claim(key, origin.url) : renew(key, origin.url)
        default: return nil
        }
    }

    private func claim(_ key: String, _ url: String) -> HTTPResponse {
        answer { [lifetime] (store) throws(OriginStoreError) in
            try store.claim(key, for: url, lifetime) ? .text("") : .text("another relay has it\n", status: 409)
        }
    }

    private func renew(_ key: String, _ url: String) -> HTTPResponse {
        answer { [lifetime] (store) throws(OriginStoreError) in
            switch try store.renew(key, for: url, lifetime) {
            case .renewed: .text("")
            case .missing: .text("no relay has it\n", status: 404)
            case .taken: .text("another relay has it\n", status: 409)
            }
        }
    }

    private func answer(_ body: (any OriginStore) throws(OriginStoreError) -> HTTPResponse) -> HTTPResponse {
        store.withLock { handed in
            do throws(OriginStoreError) { return try body(handed.store) } catch {
                return .text("the registry is away: \(error)\n", status: 500)
            }
        }
    }

    private static func key(_ path: String) -> String? {
        let prefix = "/origin/"
        guard path.hasPrefix(prefix), path.utf8.count > prefix.utf8.count else { return nil }
        return String(path.dropFirst(prefix.count))
    }
}
