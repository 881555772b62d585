internal import MoQTCodec
package import Wire

/// Says what clients may do. It never changes, so that all loops may share it.
package protocol Authorizer: Sendable {
    /// What a client may do whatever tokens it shows.
    /// - Parameter certificates: those it has proved itself with, in DER, the leaf first; empty: none.
    func grants(to certificates: [[UInt8]], now: Instant) -> [Grant]

    /// What a token lets its holder do; nothing when its type means nothing here.
    /// - Parameter type: of the "MOQT Auth Token Type" registry.
    func grants(by value: Bytes, type: UInt64, now: Instant) throws(TokenRefusal) -> [Grant]
}

/// Why a token lets nobody do anything (draft-18 "AUTHORIZATION TOKEN Parameter").
package struct TokenRefusal: Error, Hashable, Sendable {
    package enum Kind: Hashable, Sendable {
        /// It is not what its type says.
        case malformed
        case expired
        /// Nobody vouches for it, not yet, or not here.
        case unauthorized
    }

    package var kind: Kind
    /// For the operator; the peer is not told.
    package var why: String

    package init(_ kind: Kind, _ why: String) {
        self.kind = kind
        self.why = why
    }

    var requestCode: RequestErrorCode {
        switch kind {
        case .malformed: .malformedAuthToken
        case .expired: .expiredAuthToken
        case .unauthorized: .unauthorized
        }
    }

    var sessionCode: SessionCode {
        switch kind {
        case .malformed: .malformedAuthToken
        case .expired: .expiredAuthToken
        case .unauthorized: .unauthorized
        }
    }

    /// For the peer.
    var reason: String {
        switch kind {
        case .malformed: "the token is malformed"
        case .expired: "the token has expired"
        case .unauthorized: "not authorized"
        }
    }
}
