package import MoQTRelay
package import MoQTSession
package import WebTransport

/// What runs on a link: MoQT as the session's configuration says, on native QUIC or on WebTransport, whichever of
/// ``WebTransportConnection/alpn`` and the drafts' identifiers the handshake chooses.
package struct LinkSettings: Sendable {
    package var session: SessionConfiguration
    package var webTransport: WebTransportSettings
    /// Who the peers of its sessions are.
    package var kind = PeerKind.client

    package init(session: SessionConfiguration, webTransport: WebTransportSettings = WebTransportSettings()) {
        self.session = session
        self.webTransport = webTransport
    }
}
