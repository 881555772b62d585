import MoQTCodec
import Testing
import Wire

/// "Session initialization", "Control Messages", "Data Streams and Datagrams".
@Suite("musts of streams")
struct MustStreamTests {
    @Test("STR-1: a bidirectional stream begins with a request", arguments: Draft.allCases)
    func openers(_ draft: Draft) throws {
        let opening: Set<UInt64> =
            draft == .draft16 ? [0x11] : [0x03, 0x06, 0x0D, 0x16, 0x1D, 0x50, 0x51]
        for code in Array(0...0x60) + [0x2F00] as [UInt64] where !opening.contains(code) {
            #expect(
                try draft.fault(draft.message(code, []), .request(.subscribeNamespace)) == .violation,
                "\(code)")
        }
        // Type and length are taken, and the body waited for.
        for code in opening {
            #expect(
                try draft.messages(draft.number(code) + [0, 9], .request(.subscribeNamespace)).isEmpty)
        }
    }

    @Test("STR-2: a control stream does not end", arguments: Draft.allCases)
    func controlStreamEnds(_ draft: Draft) throws {
        for end in [EndpointRole.client, .server] {
            let decoder = try draft.decoder(.control(from: end))
            let error = #expect(throws: CodecError.self) { try decoder.finish() }
            #expect(error?.scope == .violation)
        }
    }

    @Test("STR-3: an unknown unidirectional stream closes the session", arguments: Draft.allCases)
    func unknownStreams(_ draft: Draft) throws {
        var types: [UInt64] = [0x00, 0x01, 0x04, 0x06, 0x0F, 0x2EFF, 0x2F01, 0x132B_3E27, 0x132B_3E29]
        if draft == .draft16 { types += [0x2F00, 0x132B_3E28] }
        for type in types {
            #expect(try draft.fault(stream: draft.number(type)) == .violation, "\(type)")
        }
    }

    @Test("STR-4: an unknown datagram closes the session", arguments: Draft.allCases)
    func unknownDatagrams(_ draft: Draft) {
        var types: [UInt64] = [0x40, 0x60, 0x80, 0x100, 0x132B_3E28]
        if draft == .draft16 { types.append(0x132B_3E29) }
        for type in types {
            #expect(
                draft.fault(datagram: draft.number(type) + [7, 5, 0, 0, 0x61]) == .violation, "\(type)")
        }
    }

    @Test("MSG-1: an unknown message closes the session", arguments: Draft.allCases)
    func unknownMessages(_ draft: Draft) throws {
        let unknown: [UInt64] =
            switch draft {
            case .draft16:
                [0x01, 0x0F, 0x12, 0x13, 0x14, 0x19, 0x1F, 0x22, 0x3A, 0x40, 0x41, 0x50, 0x2F00]
            case .draft18, .draft19:
                [0x01, 0x09, 0x0A, 0x0C, 0x11, 0x15, 0x17, 0x1A, 0x20, 0x21, 0x22, 0x3A, 0x40]
            }
        for code in unknown {
            let message = draft.message(code, [0, 0])
            #expect(try draft.fault(message, .control(from: .client)) == .violation, "\(code)")
            #expect(try draft.fault(message, .request(.subscribe)) == .violation, "\(code)")
            #expect(try draft.fault(message, .reply(.subscribe)) == .violation, "\(code)")
        }
    }

    /// Messages whose end their fields tell.
    private func bounded(_ draft: Draft) -> [([UInt8], Draft.Place)] {
        [
            (draft.subscribe(), .request(.subscribe)), (draft.fetch(), .request(.fetch)),
            (draft.publishNamespace(draft.namespace([1])), .request(.publishNamespace)),
            (draft.subscribeNamespace(draft.namespace([1])), .request(.subscribeNamespace)),
            (draft.requestError(), .reply(.fetch)), (draft.goAway(uri: 0), .control(from: .server)),
        ]
    }

    @Test("MSG-2: the length is the body's", arguments: Draft.allCases)
    func lengths(_ draft: Draft) throws {
        for (message, place) in bounded(draft) {
            #expect(try draft.fault(message, place) == nil)
            // The low byte of the length is the third.
            var short = Array(message.dropLast())
            short[2] -= 1
            #expect(try draft.fault(short, place) == .violation)
            var long = message + [0]
            long[2] += 1
            #expect(try draft.fault(long, place) == .violation)
        }
    }

    @Test(
        "MSG-3: what opens a request comes first on its stream and nowhere else",
        arguments: Draft.since18)
    func requestsLater(_ draft: Draft) throws {
        let prefix = draft.namespace([1])
        let openers: [(RequestKind, [UInt8])] = [
            (.subscribe, draft.subscribe()), (.publish, draft.publish()), (.fetch, draft.fetch()),
            (.trackStatus, draft.message(0x0D, hex("00" + "010161" + "0162" + "00"))),
            (.publishNamespace, draft.publishNamespace(prefix)),
            (.subscribeNamespace, draft.subscribeNamespace(prefix)),
            (.subscribeTracks, draft.message(0x51, [0] + prefix + [0])),
        ]
        for (kind, message) in openers {
            #expect(try draft.fault(message, .request(kind)) == nil)
            #expect(try draft.fault(message, .control(from: .client)) == .violation)
            for (other, second) in openers {
                #expect(
                    try draft.fault(message + second, .request(kind)) == .violation, "\(other) after \(kind)")
                #expect(
                    try draft.fault(second, .reply(kind)) == .violation, "\(other) in answer to \(kind)")
            }
        }
    }
}
