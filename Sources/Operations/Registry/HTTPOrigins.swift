internal import CCurl
internal import Glibc
package import Wire

/// Origins behind moq-api's HTTP interface: `/origin/KEY` with GET, POST, PATCH and DELETE. Lifetimes are the server's.
package final class HTTPOrigins: OriginStore {
    private let base: String
    private let handle: OpaquePointer?
    private static let connectMilliseconds = 1000
    private static let milliseconds = 2000
    /// Bytes of an answer that are kept.
    private static let limit = 64 << 10

    /// - Parameter url: with `http` or `https`; `/origin/KEY` is added to it.
    package init(_ url: String) {
        var base = url
        while base.hasSuffix("/") { base.removeLast() }
        self.base = base
        handle = curl_easy_init().map { OpaquePointer($0) }
    }

    deinit { if let handle { curl_easy_cleanup(UnsafeMutableRawPointer(handle)) } }

    // MARK: - OriginStore

    package func origin(of key: String) throws(OriginStoreError) -> String? {
        let answer = try ask("GET", key)
        switch answer.status {
        case 200: return Origin(json: answer.body.bytes)?.url
        case 404: return nil
        default: throw answer.error
        }
    }

    package func claim(_ key: String, for url: String, _ lifetime: Interval) throws(OriginStoreError) -> Bool {
        let answer = try ask("POST", key, Origin(url: url).json)
        switch answer.status {
        case 200...299: return true
        case 409: return false
        default: throw answer.error
        }
    }

    package func renew(_ key: String, for url: String, _ lifetime: Interval) throws(OriginStoreError) -> Renewal {
        let answer = try ask("PATCH", key, Origin(url: url).json)
        switch answer.status {
        case 200...299: return .renewed
        case 404: return .missing
        case 409: return .taken
        default: throw answer.error
        }
    }

    package func remove(_ key: String) throws(OriginStoreError) -> Bool {
        let answer = try ask("DELETE", key)
        switch answer.status {
        case 200...299: return true
        case 404: return false
        default: throw answer.error
        }
    }

    // MARK: - HTTP

    private final class Body {
        var bytes: [UInt8] = []
    }

    private struct Answer {
        let status: Int
        let body: Body
        var error: OriginStoreError { OriginStoreError("HTTP status \(status)") }
    }

    private func ask(_ method: String, _ key: String, _ json: String? = nil) throws(OriginStoreError) -> Answer {
        guard let handle else { throw OriginStoreError("no memory for a connection") }
        let curl = UnsafeMutableRawPointer(handle)
        // Its connections stay.
        curl_easy_reset(curl)
        let headers = curl_slist_append(nil, "Content-Type: application/json")
        defer { curl_slist_free_all(headers) }
        let body = Body()
        _ = CCurl_setNumber(curl, CURLOPT_NOSIGNAL, 1)
        _ = CCurl_setNumber(curl, CURLOPT_CONNECTTIMEOUT_MS, Self.connectMilliseconds)
        _ = CCurl_setNumber(curl, CURLOPT_TIMEOUT_MS, Self.milliseconds)
        _ = CCurl_setText(curl, CURLOPT_URL, "\(base)/origin/\(key)")
        _ = CCurl_setText(curl, CURLOPT_CUSTOMREQUEST, method)
        if let json {
            _ = CCurl_setText(curl, CURLOPT_COPYPOSTFIELDS, json)
            _ = CCurl_setHeaders(curl, headers)
        }
        _ = CCurl_setReceiver(curl, Self.received, Unmanaged.passUnretained(body).toOpaque())
        let code = curl_easy_perform(curl)
        guard code == CURLE_OK else { throw OriginStoreError(String(cString: curl_easy_strerror(code))) }
        return Answer(status: CCurl_status(curl), body: body)
    }

    private static let received:
        @convention(c) (UnsafeMutablePointer<CChar>?, Int, Int, UnsafeMutableRawPointer?) -> Int =
            { bytes, size, count, context in
                guard let bytes, let context else { return 0 }
                let body = Unmanaged<Body>.fromOpaque(context).takeUnretainedValue()
                guard body.bytes.count + size * count <= HTTPOrigins.limit else { return 0 }
                body.bytes += UnsafeRawBufferPointer(start: bytes, count: size * count)
                return size * count
            }
}
