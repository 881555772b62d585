public import MoQTCodec

/// How a session is reached, whom it believes, and what it may hold in memory.
public struct ConnectOptions: Sendable {
    /// What carries the session.
    public enum Transport: Hashable, Sendable {
        /// WebTransport for an `https` URL, native QUIC for a `moqt` URL.
        case asURL
        case quic
        case webTransport
        /// Both are offered, and the server chooses.
        case either
    }

    /// Whose certificate is believed.
    public enum Trust: Hashable, Sendable {
        /// Whatever the machine's certificate authorities have signed for the host.
        case system
        /// What the authorities in a PEM file have signed for the host; no others.
        case authorities(path: String)
        /// The one certificate whose DER has this SHA-256, 32 bytes, whoever signed it.
        case fingerprint([UInt8])
        /// Any: encrypted, but to whoever answers.
        case insecure
    }

    /// A certificate chain with its private key, PEM, leaf first.
    public struct Identity: Hashable, Sendable {
        /// Leaf first.
        public var chain: [UInt8]
        /// The leaf's.
        public var key: [UInt8]

        /// Of PEM text.
        public init(chain: [UInt8], key: [UInt8]) {
            self.chain = chain
            self.key = key
        }
    }

    /// What carries the session.
    public var transport = Transport.asURL
    /// ALPN identifiers of the drafts to speak, best first, as ``Profile/alpn`` has them; not empty.
    public var drafts = Profile.all.map(\.alpn)
    /// Whose certificate is believed.
    public var trust = Trust.system
    /// Shown to a server that asks for a certificate; nil: none.
    public var identity: Identity?
    /// Server name for TLS; nil: the host of the URL.
    public var serverName: String?
    /// Sent in SETUP.
    public var tokens: [AuthorizationToken] = []
    /// MOQT_IMPLEMENTATION, sent in SETUP; nil: none.
    public var implementation: String?
    /// From the first packet to the end of the MoQT setup.
    public var connectTimeout = Duration.seconds(10)
    /// After so long without a packet from the peer the connection is lost. It is kept alive until then.
    public var idleTimeout = Duration.seconds(30)

    /// Bytes that the peer may send on a data stream before its objects are taken.
    ///
    /// Data that nobody takes is bounded by ``streamWindow`` × ``streamLimit`` per session, besides the objects of which
    /// a part has been taken for one that is waited for.
    public var streamWindow = 1 << 20
    /// Data streams that the peer may have open, or ended with objects not taken; 1 or more.
    public var streamLimit = 64
    /// Bytes of payload an object may have; a request that brings a larger one fails.
    public var objectLimit = 64 << 20

    /// The usual ones: the system is believed, all drafts are spoken.
    public init() {}
}
