package import MoQTCodec
package import Wire

/// What a session is told before it starts: identity, limits and timers.
package struct SessionConfiguration: Hashable, Sendable {
    /// What carries the session; it decides where authority and path travel (draft-18 "PATH", "AUTHORITY").
    package enum Transport: Hashable, Sendable { case quic, webTransport }

    package var transport: Transport = .quic
    /// The `authority` of the URI, sent by a client on native QUIC; nil sends none.
    package var authority: String?
    /// The path of the URI with `?query`, sent by a client on native QUIC; nil sends none.
    package var path: String?
    /// MOQT_IMPLEMENTATION; nil sends none.
    package var implementation: String?
    /// Tokens sent in SETUP.
    package var tokens: [AuthorizationToken] = []
    /// Tokens sent with every request of ours.
    package var requestTokens: [AuthorizationToken] = []
    /// MAX_AUTH_TOKEN_CACHE_SIZE we grant the peer, in bytes; 0 forbids token aliases.
    package var tokenCacheSize: UInt64 = 0
    /// Requests of the peer that may be open at once; more are rejected with EXCESSIVE_LOAD.
    package var requestLimit = 10_000
    /// Updates of one request that may wait for an answer; where the draft lets the peer know, one more closes the
    /// session with TOO_MANY_REQUEST_UPDATES, otherwise it cancels the request with EXCESSIVE_LOAD.
    package var updateLimit = 256
    /// MAX_FILTER_RANGES we grant the peer, for each of its requests; one with more is rejected with INVALID_FILTER. 0
    /// takes no Range Filters at all.
    package var filterRangeLimit: UInt64 = 64
    /// Namespaces the peer may announce on one SUBSCRIBE_NAMESPACE; one more cancels it with EXCESSIVE_LOAD.
    package var namespaceLimit = 100_000
    /// Streams held because their alias is unknown or the peer's SETUP has not come; more are stopped.
    package var heldStreamLimit = 256
    /// Datagrams held for an unknown alias; more are dropped.
    package var heldDatagramLimit = 64
    /// Time the peer's SETUP may take after the handshake; then CONTROL_MESSAGE_TIMEOUT.
    package var setupTimeout = Interval.seconds(10)
    /// Time a stream or datagram waits for its alias.
    package var aliasTimeout = Interval.seconds(10)
    /// Least time to wait for missing streams after PUBLISH_DONE.
    package var doneTimeout = Interval.seconds(10)

    package init() {}
}
