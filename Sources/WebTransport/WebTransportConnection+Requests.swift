internal import Wire

// CONNECT and its answer (draft-ietf-webtrans-http3 "Creating a New Session"; RFC 9220).

extension WebTransportConnection {
    // MARK: - Client

    /// Asks for a session as soon as the server's SETTINGS are there. One at a time.
    package func connect(_ request: ConnectRequest) {
        guard role == .client, !isEnded, pendingRequest == nil else { return }
        pendingRequest = request
        aloneSince = now
        if let goAwayLimit { serverGoesAway(goAwayLimit) }
    }

    func sendRequest(on stream: StreamID) {
        guard let request = pendingRequest, let peerSettings else { return }
        pendingRequest = nil
        seen.insert(stream)
        sessions[stream] = Session(request: request, deadline: now + settings.requestTimeout)
        limit(stream)
        streams[stream] = .request(RequestStream())
        let isRecent = peerSettings.dialects.contains(.draft15)
        var fields = [
            Field(":method", "CONNECT"), Field(":scheme", "https"), Field(":authority", request.authority),
            Field(":path", request.path), Field(":protocol", isRecent ? Token.recent : Token.old),
        ]
        if let origin = request.origin { fields.append(Field("origin", origin)) }
        if !isRecent { fields.append(Field("sec-webtransport-http3-draft02", "1")) }
        if let protocols = request.protocols {
            fields.append(Field("wt-available-protocols", ProtocolList.text(protocols)))
        }
        sendHeaders(fields, on: stream)
    }

    private func sendHeaders(_ fields: [Field], on stream: StreamID, fin: Bool = false) {
        var bytes: [UInt8] = []
        FrameReader.append(FrameType.headers, coder.encode(fields, on: stream), to: &bytes)
        send(bytes, on: stream, fin: fin)
    }

    /// What `:protocol` says.
    private enum Token {
        static let old = "webtransport"
        static let recent = "webtransport-h3"
    }

    private func receivedAnswer(_ message: Message, _ stream: StreamID, _ request: inout RequestStream) {
        guard let status = message.pseudo[":status"].flatMap({ Int($0) }), (100...599).contains(status) else {
            return malformed(stream, &request)
        }
        // RFC 9114 §4.1: interim answers come before the final one.
        if status < 200 { return }
        guard status < 300 else {
            request.phase = .ignored
            forgetSession(stream)
            events.append(.ended(stream, .refused(status: status)))
            return send([], on: stream, fin: true)
        }
        request.phase = .capsules
        sessions[stream]?.isOpen = true
        sessions[stream]?.deadline = nil
        let chosen = message.fields["wt-protocol"].flatMap { ProtocolList.parse($0.utf8)?.first }
        events.append(.opened(stream, protocol: chosen))
        releaseHeld(of: stream)
    }

    // MARK: - Server

    private func receivedRequest(_ message: Message, _ stream: StreamID, _ request: inout RequestStream) {
        request.phase = .ignored
        if let status = refusal(of: message) { return answer(stream, status) }
        guard let authority = message.pseudo[":authority"], let path = message.pseudo[":path"] else {
            return malformed(stream, &request)
        }
        let isFull = sessions.count >= settings.sessionLimit
        guard !isFull, stream.rawValue < ownGoAwayLimit ?? .max else {
            if isFull { limited.count(.sessions) }
            actions.append(.reset(stream, code: HTTP3Code.requestRejected.rawValue))
            actions.append(.stopSending(stream, code: HTTP3Code.requestRejected.rawValue))
            return dropHeld(of: stream)
        }
        request.phase = .capsules
        var connect = ConnectRequest(authority: authority, path: path, origin: message.fields["origin"])
        connect.protocols = message.fields["wt-available-protocols"].flatMap { ProtocolList.parse($0.utf8) }
        sessions[stream] = Session(
            request: connect, deadline: now + settings.requestTimeout,
            isRecent: message.pseudo[":protocol"] == Token.recent)
        tellRequest(stream)
        if sessions[stream] == nil { request.phase = .ignored }
    }

    /// The status that tells why a request is no session, or none here; nil: it is one.
    private func refusal(of message: Message) -> Int? {
        guard message.pseudo[":method"] == "CONNECT" else {
            return ["GET", "HEAD"].contains(message.pseudo[":method"]) ? 404 : 405
        }
        guard let name = message.pseudo[":protocol"] else { return 405 }
        // RFC 9220 §3.
        guard name == Token.old || name == Token.recent else { return 501 }
        guard message.pseudo[":scheme"] == "https" else { return 400 }
        if let path = settings.path, let asked = message.pseudo[":path"] {
            guard asked.split(separator: "?", omittingEmptySubsequences: false).first ?? "" == path else { return 404 }
        }
        if let origins = settings.origins, let origin = message.fields["origin"], !origins.contains(origin) {
            return 403
        }
        return nil
    }

    /// Tells of a session that is asked for, once the client's SETTINGS are there.
    func tellRequest(_ id: SessionID) {
        guard peerSettings != nil, let session = sessions[id], !session.isTold else { return }
        // "Negotiating the Use of Flow Control": without it, one session at a time.
        if session.isRecent, !hasFlowControl, sessions.values.contains(where: \.isTold) {
            return abort(id, .requestRejected)
        }
        sessions[id]?.isTold = true
        sessions[id]?.deadline = nil
        limit(id)
        events.append(.requested(id, session.request))
    }

    /// Grants a session, in the protocol named; nil: none was negotiated.
    package func accept(_ id: SessionID, protocol name: String?) {
        guard !isEnded, role == .server, let session = sessions[id], !session.isOpen else { return }
        sessions[id]?.isOpen = true
        var fields = [Field(":status", "200")]
        // Clients of draft 02 take a session for theirs only with this.
        if !session.isRecent { fields.append(Field("sec-webtransport-http3-draft", "draft02")) }
        if let name { fields.append(Field("wt-protocol", ProtocolList.quoted(name))) }
        sendHeaders(fields, on: id)
        releaseHeld(of: id)
    }

    /// Refuses a session with an HTTP status.
    package func refuse(_ id: SessionID, status: Int) {
        guard !isEnded, role == .server, let session = sessions[id], !session.isOpen else { return }
        forgetSession(id)
        if case .request(var request) = streams[id] {
            request.phase = .ignored
            streams[id] = .request(request)
        }
        answer(id, status)
    }

    /// Answers what is no session, and wants to hear no more of it.
    private func answer(_ stream: StreamID, _ status: Int) {
        sendHeaders([Field(":status", String(status))], on: stream, fin: true)
        actions.append(.stopSending(stream, code: HTTP3Code.noError.rawValue))
        dropHeld(of: stream)
    }

    // MARK: - Both

    /// The field section of HEADERS is complete.
    func receivedHeaders(_ stream: StreamID, _ request: inout RequestStream) throws(HTTP3Error) {
        let fields: [Field]
        do throws(FieldCoder.Failure) {
            fields = try coder.decode(request.section, on: stream)
        } catch {
            if error == .tooLarge { return tooLarge(stream, &request) }
            throw HTTP3Error(.qpackDecompressionFailed, "a field section that can't be read")
        }
        guard let message = Message(fields) else { return malformed(stream, &request) }
        if role == .client {
            receivedAnswer(message, stream, &request)
        } else {
            receivedRequest(message, stream, &request)
        }
    }

    /// RFC 9114 §4.1.2.
    private func malformed(_ stream: StreamID, _ request: inout RequestStream) {
        request.phase = .ignored
        abort(stream, .messageError)
        if role == .client { events.append(.ended(stream, .aborted(.messageError))) }
    }

    /// RFC 9114 §4.2.2.
    func tooLarge(_ stream: StreamID, _ request: inout RequestStream) {
        if role == .client { return malformed(stream, &request) }
        request.phase = .ignored
        answer(stream, 431)
    }
}

/// A field section by the rules of RFC 9114 §4.3.
private struct Message {
    var pseudo: [String: String] = [:]
    /// The others; of those that come more than once, the values joined by commas.
    var fields: [String: String] = [:]

    private static let known: Set<String> = [":method", ":scheme", ":authority", ":path", ":protocol", ":status"]

    /// Nil when it is malformed.
    init?(_ all: [Field]) {
        for field in all {
            guard !field.name.isEmpty, !field.name.utf8.contains(where: { (0x41...0x5A).contains($0) }) else {
                return nil
            }
            if field.name.hasPrefix(":") {
                guard fields.isEmpty, Self.known.contains(field.name),
                    pseudo.updateValue(field.value, forKey: field.name) == nil
                else { return nil }
            } else {
                fields[field.name] = fields[field.name].map { $0 + ", " + field.value } ?? field.value
            }
        }
    }
}
