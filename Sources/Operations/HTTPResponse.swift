/// What is answered to a GET.
package struct HTTPResponse: Hashable, Sendable {
    /// Such as 200.
    package var status: UInt32
    package var contentType: String
    /// Scripts of any web page may read it.
    package var isForEveryOrigin = false
    package var body: [UInt8]

    package init(status: UInt32 = 200, contentType: String, _ body: String) {
        self.status = status
        self.contentType = contentType
        self.body = Array(body.utf8)
    }

    /// Words for people.
    package static func text(_ words: String, status: UInt32 = 200) -> Self {
        Self(status: status, contentType: "text/plain; charset=utf-8", words)
    }

    /// One JSON value.
    package static func json(_ value: String) -> Self { Self(contentType: "application/json", value) }

    /// Samples in Prometheus' text format.
    package static func metrics(_ samples: String) -> Self {
        Self(contentType: "text/plain; version=0.0.4; charset=utf-8", samples)
    }
}

/// A request to an ``HTTPServer``.
package struct HTTPRequest: Hashable, Sendable {
    /// Such as `POST`.
    package var method: String
    /// Without escapes, such as `/origin/live`.
    package var path: String
    package var body: [UInt8]
}
