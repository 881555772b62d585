import MoQTCodec
import MoQTRelay
import MoQTSession
import Wire

// What an application may say at any time; the session refuses what is not allowed.

extension FuzzEnd {
    func command(_ choices: inout FuzzCursor, _ now: Instant) {
        let id = choices.element(of: requests) ?? RequestID(rawValue: 0)
        switch choices.number(below: 20) {
        case 0, 1:
            let join = choices.flag() ? choices.join() : nil
            note(try? peer.session.subscribe(choices.track(), choices.parameters(), join: join))
        case 2:
            let properties = Properties(choices.properties(), profile: profile)
            guard
                let (id, alias) = try? peer.session.publish(
                    choices.track(), properties: properties, choices.parameters())
            else { return }
            note(id)
            aliases.append(alias)
        case 3, 4: note(try? peer.session.fetch(choices.target(of: id), choices.parameters()))
        case 5: note(try? peer.session.trackStatus(choices.track(), choices.parameters()))
        case 6: note(try? peer.session.publishNamespace(choices.namespace(), choices.parameters()))
        case 7: note(try? peer.session.subscribeNamespace(choices.namespace(), choices.parameters()))
        case 8: note(try? peer.session.subscribeTracks(choices.namespace(), choices.parameters()))
        case 9: for id in (try? peer.session.subscribeNamespaceAndTracks(choices.namespace())) ?? [] { note(id) }
        case 10, 11: peer.say { try $0.update(id, choices.parameters()) }
        case 12: peer.say { try $0.cancel(id) }
        case 13: peer.say { try $0.join(id, choices.join()) }
        case 14: peer.say { try $0.publishDone(id, .trackEnded, streamCount: choices.flag() ? 1 : nil) }
        case 15: peer.say { try $0.fetchDone(id) }
        case 16:
            peer.say {
                try choices.flag() ? $0.announce(choices.namespace(), on: id) : $0.withdraw(choices.namespace(), on: id)
            }
        case 17: peer.say { try $0.notifyState(id, choices.parameters()) }
        case 18: peer.say { try $0.publishBlocked(choices.track(), on: id) }
        default: leave(id, &choices, now)
        }
    }

    private func leave(_ id: RequestID, _ choices: inout FuzzCursor, _ now: Instant) {
        let uri = WireText(choices.flag() ? "moqt://b" : "")
        let timeout = UInt64(choices.byte()) * 10
        switch choices.number(below: 8) {
        case 0...2: peer.say { try $0.goAway(uri: uri, timeout: timeout, now: now) }
        case 3...5: peer.say { try $0.goAway(id, uri: uri, timeout: timeout, now: now) }
        case 6: peer.session.close()
        default: peer.session.transportClosed(by: .transport, code: .internalError, reason: "")
        }
    }

    private func note(_ id: RequestID?) { if let id { requests.append(id) } }

    /// Answers one of the questions, mostly the oldest.
    func answer(_ choices: inout FuzzCursor) {
        guard !questions.isEmpty else { return }
        let event = questions.remove(at: choices.flag() ? choices.number(below: questions.count) : 0)
        let yes = choices.number(below: 4) > 0
        switch event {
        case .subscribe(let message):
            note(message.requestID)
            guard yes else { return reject(message.requestID, &choices) }
            let properties = Properties(choices.properties(), profile: profile)
            if let alias = try? peer.session.acceptSubscribe(
                message.requestID, parameters: choices.parameters(), properties: properties)
            {
                aliases.append(alias)
            }
        case .publish(let message):
            note(message.requestID)
            guard yes else { return reject(message.requestID, &choices) }
            peer.say { try $0.acceptPublish(message.requestID, parameters: choices.parameters()) }
        case .fetch(let message, _):
            note(message.requestID)
            guard yes else { return reject(message.requestID, &choices) }
            peer.say { try $0.acceptFetch(message.requestID, end: RangeEnd(group: 8)) }
            fetches.append(message.requestID)
        case .trackStatus(let message): accept(message.requestID, yes, &choices)
        case .publishNamespace(let message): accept(message.requestID, yes, &choices)
        case .subscribeNamespace(let message): accept(message.requestID, yes, &choices)
        case .subscribeTracks(let message): accept(message.requestID, yes, &choices)
        case .updateRequested(let id, _):
            peer.say {
                if yes { try $0.acceptUpdate(id) } else { try $0.rejectUpdate(id, .invalidRange) }
            }
        default: break
        }
    }

    private func accept(_ id: RequestID, _ yes: Bool, _ choices: inout FuzzCursor) {
        note(id)
        guard yes else { return reject(id, &choices) }
        peer.say { try $0.accept(id, parameters: choices.parameters()) }
    }

    private func reject(_ id: RequestID, _ choices: inout FuzzCursor) {
        let code = [RequestErrorCode.doesNotExist, .goingAway, .notSupported][choices.number(below: 3)]
        peer.say { try $0.reject(id, code, retryAfter: choices.flag() ? 5 : nil) }
    }

    // MARK: - Data

    /// A stream or datagram of an accepted request, whole or not.
    func publish(_ choices: inout FuzzCursor) {
        var bytes: [UInt8] = []
        let place = choices.location()
        if choices.number(below: 3) == 0, let request = choices.element(of: fetches) {
            var encoder = FetchObjectEncoder(profile: profile, order: .ascending)
            try? encoder.appendHeader(request, to: &bytes)
            let object = FetchObject(location: place, subgroup: 0, priority: 1, payloadLength: 2)
            if (try? encoder.append(object, to: &bytes)) != nil { bytes += [1, 2] }
        } else {
            let alias = choices.element(of: aliases) ?? TrackAlias(rawValue: UInt64(choices.byte() & 3))
            if choices.flag() {
                return publish(ObjectDatagram(trackAlias: alias, location: place, content: .payload(Bytes([7]))))
            }
            let header = SubgroupHeader(trackAlias: alias, group: place.group, subgroup: .zero, priority: 128)
            try? header.append(to: &bytes, profile: profile)
            var encoder = SubgroupObjectEncoder(profile: profile, header: header)
            for id in 0..<UInt64(choices.number(below: 4)) {
                let object = SubgroupObject(id: place.object + id, payloadLength: id)
                if (try? encoder.append(object, to: &bytes)) != nil { bytes += [UInt8](repeating: 9, count: Int(id)) }
            }
        }
        let stream = open(.unidirectional)
        let ending = choices.number(below: 4)
        if ending == 3, !bytes.isEmpty { bytes.removeLast() }
        send(.data(bytes, fin: ending == 0), on: stream)
        if ending == 1 { send(.reset(.cancelled), on: stream) }
    }

    private func publish(_ object: ObjectDatagram) {
        var bytes: [UInt8] = []
        guard (try? object.appendHeader(to: &bytes, profile: profile)) != nil else { return }
        if case .payload(let payload) = object.content { payload.append(to: &bytes) }
        datagrams.append(Bytes(bytes))
    }
}
