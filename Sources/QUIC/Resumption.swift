/// What a client keeps of a connection so that a later one to the same server can go on from it (RFC 9001 §4.5, §4.6).
///
/// It is a secret: whoever has it can decrypt early data that was sent with it.
package struct Resumption: Hashable, Sendable {
    /// The protocol that was spoken.
    package var alpn: String
    /// The TLS session with its ticket, as GnuTLS writes it.
    package var ticket: [UInt8]
    /// The server's limits, which early data keeps to (RFC 9000 §7.4.1).
    package var transportParameters: [UInt8]
    /// Proves the client's address to the server (RFC 9000 §8.1.3); empty: the server gave none.
    package var token: [UInt8]
    /// The server takes early data with the ticket.
    package var allowsEarlyData: Bool

    package init(
        alpn: String, ticket: [UInt8], transportParameters: [UInt8], token: [UInt8], allowsEarlyData: Bool
    ) {
        self.alpn = alpn
        self.ticket = ticket
        self.transportParameters = transportParameters
        self.token = token
        self.allowsEarlyData = allowsEarlyData
    }
}

/// Reads what GnuTLS does not tell of a NewSessionTicket message (RFC 8446 §4.6.1).
struct TicketMessage {
    private var rest: ArraySlice<UInt8>
    private static let earlyDataExtension = 42

    init(_ bytes: [UInt8]) { rest = bytes[...] }

    /// It has the extension without which no early data may be sent (RFC 9001 §4.6.1).
    var allowsEarlyData: Bool {
        var message = self
        // Lifetime and age_add, the nonce, the ticket, and the length of all extensions.
        message.skip(8)
        message.skip(message.number(1))
        message.skip(message.number(2))
        message.skip(2)
        while !message.rest.isEmpty {
            if message.number(2) == Self.earlyDataExtension { return true }
            message.skip(message.number(2))
        }
        return false
    }

    private mutating func skip(_ count: Int) { rest = rest.dropFirst(count) }

    private mutating func number(_ count: Int) -> Int {
        defer { skip(count) }
        return rest.prefix(count).reduce(0) { $0 << 8 | Int($1) }
    }
}
