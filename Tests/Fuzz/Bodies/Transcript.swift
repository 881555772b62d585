import MoQTCodec
import Wire

/// A decoder of a stream, as these targets use it.
protocol StreamDecoder {
    associatedtype Event: Equatable

    mutating func next(_ input: inout Bytes) throws(CodecError) -> Event?
    func finish() throws(CodecError)
}

extension ControlDecoder: StreamDecoder {}
extension SubgroupStreamDecoder: StreamDecoder {}
extension FetchStreamDecoder: StreamDecoder {}

/// All that a decoder said of a stream.
struct Transcript<Event: Equatable>: Equatable {
    var events: [Event] = []
    /// Why it ended before the stream did, or what was wrong with its end.
    var failure: CodecError?

    /// Gives `decoder` the pieces, and then the FIN.
    ///
    /// - Parameter joined: one event for two that only a split tells apart, such as two slices of a payload.
    init<Decoder: StreamDecoder>(
        _ decoder: Decoder, _ pieces: [Bytes], joined: (Event, Event) -> Event? = { _, _ in nil }
    ) throws(FuzzFailure) where Decoder.Event == Event {
        var decoder = decoder
        // An object of two bytes gives three events: itself, its payload, its end.
        let limit = 8 + 2 * pieces.count + 2 * pieces.reduce(0) { $0 + $1.count }
        var count = 0
        do {
            // The empty piece at the end: the end of an empty payload may still be due.
            for piece in pieces + [Bytes()] {
                var input = piece
                while let event = try decoder.next(&input) {
                    count += 1
                    guard count <= limit else { throw FuzzFailure("more than \(limit) events") }
                    if let last = events.last, let both = joined(last, event) {
                        events[events.count - 1] = both
                    } else {
                        events.append(event)
                    }
                }
                guard input.isEmpty else { throw FuzzFailure("\(input.count) bytes are left, and no event came") }
            }
            try decoder.finish()
        } catch let error as CodecError {
            failure = error
        } catch let error as FuzzFailure {
            throw error
        } catch {
            throw FuzzFailure("\(error)")
        }
        if let failure, failure.scope == .caller { throw FuzzFailure("a decoder blames its caller: \(failure)") }
    }

    /// What `choices` decode to, the same however they are split.
    init<Decoder: StreamDecoder>(
        _ decoder: Decoder, _ choices: FuzzChoices, joined: (Event, Event) -> Event? = { _, _ in nil }
    ) throws(FuzzFailure) where Decoder.Event == Event {
        let ways = choices.ways
        self = try Self(decoder, ways[0], joined: joined)
        for pieces in ways[1...] {
            try same(try Self(decoder, pieces, joined: joined), self, "in pieces of \(pieces.map(\.count))")
        }
    }
}
