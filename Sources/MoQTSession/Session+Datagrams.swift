internal import MoQTCodec
package import Wire

// Datagrams (draft-18 "Datagrams").

extension Session {
    /// A datagram of the peer.
    package mutating func received(datagram: Bytes, now: Instant) {
        guard !isClosed else { return }
        self.now = now
        do throws(CodecError) {
            switch try Datagram(decoding: datagram, profile: profile) {
            case .object(let object): received(object)
            case .padding: break
            }
        } catch {
            // Without its alias nobody can say whose track is malformed; the object is dropped.
            if error.scope != .track { close(for: error, on: nil) }
        }
    }

    private mutating func received(_ object: ObjectDatagram) {
        if let owner = aliases[object.trackAlias], owner.isEstablished {
            events.append(.datagramObject(owner.request, object))
        } else if !isRetired(object.trackAlias) {
            guard waitingDatagrams.count < configuration.heldDatagramLimit else { return limited.count(.heldDatagrams) }
            waitingDatagrams.append(
                WaitingDatagram(datagram: object, deadline: now + configuration.aliasTimeout))
        }
    }

    mutating func releaseDatagrams(for alias: TrackAlias, to request: RequestID) {
        for waiting in waitingDatagrams where waiting.datagram.trackAlias == alias {
            events.append(.datagramObject(request, waiting.datagram))
        }
        waitingDatagrams.removeAll { $0.datagram.trackAlias == alias }
    }
}
