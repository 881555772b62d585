import MoQTCodec
import MoQTSession
import Testing
import Wire

/// Joining a track that is under way: by a FETCH up to draft-19, by a fill since (draft-22 "Joining an Ongoing Track").
@Suite struct JoinTests {
    static let filling = [Profile.draft20, .draft21, .draft22]
    static let all = Profile.spoken

    private func fetches(_ profile: Profile) -> Bool { !profile.behaviours.contains(.fillStreams) }

    private func largest(_ group: UInt64, _ object: UInt64) -> Parameters {
        var parameters = Parameters()
        parameters.largestObject = Location(group: group, object: object)
        return parameters
    }

    /// The request of the publisher's that its data stream has to name, and what was asked for.
    private func asked(_ pair: Pair) throws -> (carrier: RequestID, range: LocationFilter?) {
        for event in pair.server.events {
            switch event {
            case .subscribe(let message):
                if let fill = message.parameters.fill { return (message.requestID, fill.locationFilter) }
            case .fetch(let message, _):
                try pair.server.session.acceptFetch(message.requestID, end: RangeEnd(group: 7, object: 3))
                if case .standalone(_, let range) = message.target { return (message.requestID, range) }
                return (message.requestID, nil)
            default: break
            }
        }
        throw SessionError.invalid("nothing was asked for")
    }

    private func stream(_ id: RequestID, _ profile: Profile, _ locations: [Location]) throws -> [UInt8] {
        var bytes: [UInt8] = []
        var encoder = FetchObjectEncoder(profile: profile, order: .ascending)
        try encoder.appendHeader(id, to: &bytes)
        for location in locations {
            let object = FetchObject(
                location: location, subgroup: 0, priority: 128, properties: Properties(), payloadLength: 1)
            try encoder.append(object, to: &bytes)
            bytes.append(UInt8(location.object))
        }
        return bytes
    }

    private func told(_ end: End, _ id: RequestID) -> [String] {
        end.events.compactMap { event in
            switch event {
            case .subscribeAccepted(id, _): "accepted"
            case .fetchOpened(_, id, _): "opened"
            case .fetchObject(_, let object, _): "\(object.location.group)/\(object.location.object)"
            case .fetchEnded: "ended"
            case .joinEnded(id, let isWhole): isWhole ? "whole" : "broken"
            case .publishDone(id, _): "done"
            case .rejected, .requestCancelled, .fetchAccepted: "\(event)"
            default: nil
            }
        }
    }

    /// draft-18 "PUBLISH_DONE": a publisher that has said its last word may go before the joining fetch reaches it.
    @Test(arguments: Profile.spoken.filter { !$0.behaviours.contains(.fillStreams) })
    func `a subscription that is over is told to be, whatever becomes of its join`(profile: Profile) throws {
        let pair = Pair(profile)
        var parameters = Parameters()
        parameters.locationFilter = .nextObject
        let id = try pair.client.session.subscribe(track("a"), parameters, join: .groups(before: 0))
        pair.run()
        var answer = Parameters()
        answer.largestObject = Location(group: 3, object: 4)
        _ = try pair.server.session.acceptSubscribe(id, parameters: answer)
        try pair.server.session.publishDone(id, .trackEnded, streamCount: 0)
        pair.server.drain()
        // What the client says meanwhile does not arrive any more.
        while !pair.server.inFlight.isEmpty { pair.step(from: pair.server, to: pair.client) }
        func isDone(_ event: SessionEvent) -> Bool { if case .publishDone(id, _) = event { true } else { false } }
        #expect(!pair.client.events.contains(where: isDone))
        pair.client.session.transportClosed(by: .peer, code: .noError, reason: "")
        pair.client.drain()
        let last = pair.client.events.suffix(3)
        #expect(last.first == .joinEnded(id, isWhole: false) && isDone(last[last.startIndex + 1]))
        #expect(pair.client.close != nil)
    }

    @Test(arguments: all, [1, 2, 3] as [UInt64])
    func whatPrecedesASubscriptionComesUnderItsID(profile: Profile, seed: UInt64) throws {
        let pair = Pair(profile, seed: seed)
        let id = try pair.client.session.subscribe(track("a"), join: .groups(before: 0))
        pair.run()
        _ = try pair.server.session.acceptSubscribe(id, parameters: largest(7, 1))
        pair.run()
        let (carrier, range) = try asked(pair)
        #expect(fetches(profile) ? carrier != id : carrier == id && range == .relativeStart(groups: 1))
        let places = [Location(group: 7, object: 0), Location(group: 7, object: 1)]
        pair.server.openData(try stream(carrier, profile, places), fin: true)
        pair.run()
        #expect(told(pair.client, id) == ["accepted", "opened", "7/0", "7/1", "ended", "whole"])
        #expect(pair.client.close == nil && pair.server.close == nil)
    }

    @Test(arguments: all) func aRangeFromALocationEndsAtTheLargestObject(profile: Profile) throws {
        let pair = Pair(profile)
        let start = Location(group: 3, object: 2)
        let id = try pair.client.session.subscribe(track("a"), join: .from(start))
        pair.run()
        _ = try pair.server.session.acceptSubscribe(id, parameters: largest(7, 1))
        pair.run()
        let range = try asked(pair).range
        #expect(
            range
                == (fetches(profile)
                    ? .absoluteRange(start: start, end: RangeEnd(group: 7, object: 1)) : .absoluteStart(start)))
    }

    @Test(arguments: all) func nothingPrecedesATrackThatHasNothing(profile: Profile) throws {
        let pair = Pair(profile)
        let id = try pair.client.session.subscribe(track("a"), join: .groups(before: 3))
        pair.run()
        _ = try pair.server.session.acceptSubscribe(id)
        pair.run()
        #expect(told(pair.client, id) == ["accepted", "whole"])
    }

    @Test(arguments: filling) func aFillStreamWaitsForItsSubscription(profile: Profile) throws {
        let pair = Pair(profile)
        let id = try pair.client.session.subscribe(track("a"), join: .groups(before: 0))
        pair.run()
        pair.server.openData(try stream(id, profile, [Location(group: 7, object: 0)]), fin: true)
        pair.run()
        #expect(told(pair.client, id) == [])
        _ = try pair.server.session.acceptSubscribe(id, parameters: largest(7, 0))
        pair.run()
        #expect(told(pair.client, id) == ["accepted", "opened", "7/0", "ended", "whole"])
        let stream = try #require(pair.client.accounted.keys.first { $0.direction == .unidirectional })
        #expect(pair.client.accounted[stream] == pair.server.delivered[stream])
    }

    @Test(arguments: filling) func aFillStreamOfARefusedSubscriptionIsStopped(profile: Profile) throws {
        let pair = Pair(profile)
        let id = try pair.client.session.subscribe(track("a"), join: .groups(before: 0))
        pair.run()
        let stream = pair.server.openData(try stream(id, profile, [Location(group: 7, object: 0)]))
        pair.run()
        try pair.server.session.reject(id, .doesNotExist)
        pair.run()
        #expect(pair.client.actions.contains(.stopSending(stream, .cancelled)))
        #expect(pair.client.accounted[stream] == pair.server.delivered[stream])
    }

    @Test(arguments: all) func aResetLeavesTheSubscriptionAsItIs(profile: Profile) throws {
        let pair = Pair(profile)
        let id = try pair.client.session.subscribe(track("a"), join: .groups(before: 0))
        pair.run()
        _ = try pair.server.session.acceptSubscribe(id, parameters: largest(7, 1))
        pair.run()
        let stream = pair.server.openData(try stream(asked(pair).carrier, profile, [Location(group: 7, object: 0)]))
        pair.run()
        pair.server.reset(stream, .internalError)
        pair.run()
        #expect(told(pair.client, id) == ["accepted", "opened", "7/0", "ended", "broken"])
        try pair.server.session.publishDone(id, .trackEnded, streamCount: fetches(profile) ? 0 : 1)
        pair.run()
        #expect(told(pair.client, id).last == "done")
    }

    @Test(arguments: all) func publishDoneFollowsWhatPrecedes(profile: Profile) throws {
        let pair = Pair(profile)
        let id = try pair.client.session.subscribe(track("a"), join: .groups(before: 0))
        pair.run()
        _ = try pair.server.session.acceptSubscribe(id, parameters: largest(7, 0))
        pair.run()
        let stream = pair.server.openData(try stream(asked(pair).carrier, profile, [Location(group: 7, object: 0)]))
        try pair.server.session.publishDone(id, .trackEnded, streamCount: fetches(profile) ? 0 : 1)
        pair.run()
        pair.advance(seconds: 60)
        #expect(told(pair.client, id) == ["accepted", "opened", "7/0"])
        pair.server.send([], on: stream, fin: true)
        pair.run()
        #expect(told(pair.client, id) == ["accepted", "opened", "7/0", "ended", "whole", "done"])
    }

    @Test(arguments: all) func aJoinEndsWithItsSubscription(profile: Profile) throws {
        let pair = Pair(profile)
        let id = try pair.client.session.subscribe(track("a"), join: .groups(before: 0))
        pair.run()
        _ = try pair.server.session.acceptSubscribe(id, parameters: largest(7, 1))
        pair.run()
        let stream = pair.server.openData(try stream(asked(pair).carrier, profile, [Location(group: 7, object: 0)]))
        pair.run()
        try pair.client.session.cancel(id)
        pair.run()
        #expect(pair.client.actions.contains(.stopSending(stream, .cancelled)))
        #expect(told(pair.client, id) == ["accepted", "opened", "7/0", "ended"])
    }

    /// draft-18 "Joining Fetches": a refusal says that there is nothing to be had.
    @Test func aRefusedJoiningFetchEndsTheJoin() throws {
        let pair = Pair()
        let id = try pair.client.session.subscribe(track("a"), join: .groups(before: 0))
        pair.run()
        _ = try pair.server.session.acceptSubscribe(id, parameters: largest(7, 1))
        pair.run()
        for case .fetch(let message, _) in pair.server.take() {
            try pair.server.session.reject(message.requestID, .notSupported)
        }
        pair.run()
        #expect(told(pair.client, id) == ["accepted", "broken"])
    }

    /// A subscription that the peer began is joined by an update: its range ends where objects have come from.
    @Test(arguments: filling) func aPublishedTrackIsJoinedByAnUpdate(profile: Profile) throws {
        let pair = Pair(profile)
        let (id, _) = try pair.server.session.publish(track("a"), largest(7, 1))
        pair.run()
        try pair.client.session.acceptPublish(id)
        try pair.client.session.join(id, .groups(before: 2))
        pair.run()
        let update = try #require(
            pair.server.events.lazy.compactMap { event in
                if case .updateRequested(id, let parameters) = event { parameters } else { nil }
            }.first)
        #expect(
            update.fill?.locationFilter
                == .absoluteRange(start: Location(group: 5, object: 0), end: RangeEnd(group: 7, object: 1)))
        let carrier = try pair.server.session.acceptUpdate(id)
        #expect(carrier != id)
        pair.server.openData(try stream(carrier, profile, [Location(group: 5, object: 0)]), fin: true)
        pair.run()
        #expect(told(pair.client, id) == ["opened", "5/0", "ended", "whole"])
    }

    @Test(arguments: filling) func whatMatchesNothingIsStopped(profile: Profile) throws {
        let pair = Pair(profile)
        let id = try pair.client.session.subscribe(track("a"))
        pair.run()
        let stream = pair.server.openData(try stream(id, profile, [Location(group: 7, object: 0)]))
        pair.run()
        #expect(pair.client.actions.contains(.stopSending(stream, .cancelled)))
        #expect(pair.client.close == nil)
    }

    /// draft-22 "PUBLISH": it states the terms, and PUBLISH_OK does not change them.
    @Test(arguments: filling) func otherTermsThanThoseOfPublishAreAskedForByAnUpdate(profile: Profile) throws {
        let pair = Pair(profile)
        let (id, _) = try pair.server.session.publish(track("a"), largest(7, 1))
        pair.run()
        var paused = Parameters()
        paused.forward = false
        try pair.client.session.acceptPublish(id, parameters: paused)
        pair.run()
        let events = pair.server.take()
        #expect(events.contains { if case .publishAccepted(id, _) = $0 { true } else { false } })
        #expect(events.contains(.updateRequested(id, paused)))
    }

    /// draft-22 "PUBLISH_STATE_NOTIFY".
    @Test(arguments: filling) func aPublisherTellsOfTheStateOfASubscription(profile: Profile) throws {
        let pair = Pair(profile)
        let id = try pair.client.session.subscribe(track("a"))
        pair.run()
        #expect(throws: SessionError.self) { try pair.client.session.notifyState(id, largest(7, 1)) }
        _ = try pair.server.session.acceptSubscribe(id)
        var state = largest(7, 1)
        state.forward = false
        try pair.server.session.notifyState(id, state)
        pair.run()
        #expect(pair.client.events.contains(.stateNotified(id, state)))
        // It has no answer.
        #expect(pair.server.close == nil && pair.client.close == nil)
        #expect(pair.server.events.filter { if case .ready = $0 { false } else { true } }.count == 1)
    }
}
