internal import CNgtcp2
internal import Wire

/// Packets a server sends without keeping anything.
extension ServerEndpoint {
    /// What a client's token says.
    enum TokenValidation {
        case none
        /// It answers a Retry; the destination id of the client's very first packet.
        case retried(ngtcp2_cid)
        /// It was given to this address on an earlier connection.
        case known
        /// It looks like one of a Retry, but is not, or is too old.
        case forged
    }

    /// Of a Retry packet.
    private static var tokenLifetime: Interval { .seconds(10) }

    func validate(_ header: ngtcp2_pkt_hd, _ path: NetworkPath, _ now: Instant) -> TokenValidation {
        let token = Self.token(of: header)
        guard let base = token.baseAddress, !token.isEmpty else { return .none }
        var buffer = PathBuffer()
        buffer.set(path)
        var original = ngtcp2_cid(), destination = header.dcid
        let remote = buffer.remote
        guard token[0] == UInt8(NGTCP2_CRYPTO_TOKEN_MAGIC_RETRY) else {
            // RFC 9000 §8.1.3: one that is not good counts as none.
            let status = ngtcp2_crypto_verify_regular_token(
                base, token.count, settings.secret, settings.secret.count, remote.addr, remote.addrlen,
                UInt64(ReplayGuard.ticketLifetime) * 1_000_000_000, now.nanoseconds)
            return status == 0 ? .known : .none
        }
        let status = ngtcp2_crypto_verify_retry_token(
            &original, base, token.count, settings.secret, settings.secret.count, header.version, remote.addr,
            remote.addrlen, &destination, Self.tokenLifetime.nanoseconds, now.nanoseconds)
        return status == 0 ? .retried(original) : .forged
    }

    /// The token of a first packet, which it points into.
    static func token(of header: ngtcp2_pkt_hd) -> UnsafeBufferPointer<UInt8> {
        var header = header
        let token = CNgtcp2_pkt_hd_token(&header)
        return UnsafeBufferPointer(start: token.base, count: token.base == nil ? 0 : token.len)
    }

    /// RFC 9000 §17.2.5: asks the client to come again with a token.
    func retry(_ header: ngtcp2_pkt_hd, _ path: NetworkPath, _ now: Instant) -> Disposition {
        var buffer = PathBuffer()
        buffer.set(path)
        let remote = buffer.remote
        var source = ConnectionID.random(loop: settings.loopIndex).raw
        var original = header.dcid, client = header.scid
        var token = [UInt8](repeating: 0, count: 256)
        let tokenCount = ngtcp2_crypto_generate_retry_token(
            &token, settings.secret, settings.secret.count, header.version, remote.addr, remote.addrlen, &source,
            &original, now.nanoseconds)
        guard tokenCount > 0 else { return .ignored }
        return reply { dest, room in
            ngtcp2_crypto_write_retry(
                dest, room, header.version, &client, &source, &original, token, tokenCount)
        }
    }

    /// CONNECTION_CLOSE in answer to a first packet.
    func refusal(_ header: ngtcp2_pkt_hd, code: UInt64) -> [UInt8] {
        var client = header.scid, server = header.dcid
        return written { dest, room in
            ngtcp2_crypto_write_connection_close(dest, room, header.version, &client, &server, code, nil, 0)
        }
    }

    /// RFC 9000 §6: lists the versions spoken here.
    func negotiateVersion(_ header: ngtcp2_version_cid, _ received: Int) -> Disposition {
        // Shorter ones are no client's first packets; answering them would amplify.
        guard received >= 1200, header.dcidlen <= 255, header.scidlen <= 255 else { return .ignored }
        let versions: [UInt32] = [NGTCP2_PROTO_VER_V1]
        return reply { dest, room in
            ngtcp2_pkt_write_version_negotiation(
                dest, room, UInt8.random(in: 0...255), header.scid, header.scidlen, header.dcid, header.dcidlen,
                versions, versions.count)
        }
    }

    /// RFC 9000 §10.3: tells a peer that the connection it speaks of is gone.
    func reset(_ id: ConnectionID, _ received: Int) -> Disposition {
        let tokenCount = Int(NGTCP2_STATELESS_RESET_TOKENLEN)
        // Shorter than what it answers, so that two endpoints do not reset each other for ever; 38 unpredictable
        // bytes make it look like any other packet.
        let randomCount = min(received - 1 - tokenCount, 38)
        guard randomCount >= Int(NGTCP2_MIN_STATELESS_RESET_RANDLEN) else { return .ignored }
        var random = [UInt8](repeating: 0, count: randomCount)
        random.withUnsafeMutableBytes { fillRandom($0) }
        let token = resetToken(of: id, secret: settings.secret)
        return reply { dest, room in
            ngtcp2_pkt_write_stateless_reset(dest, room, token, random, random.count)
        }
    }

    private func reply(_ write: (UnsafeMutablePointer<UInt8>?, Int) -> Int) -> Disposition {
        let bytes = written(write)
        return bytes.isEmpty ? .ignored : .reply(bytes)
    }

    private func written(_ write: (UnsafeMutablePointer<UInt8>?, Int) -> Int) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: 1500) { buffer, count in
            count = max(write(buffer.baseAddress, buffer.count), 0)
        }
    }
}
