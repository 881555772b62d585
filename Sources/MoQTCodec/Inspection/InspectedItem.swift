package import Wire

/// One thing on the wire, understood or not: a message, the header of a stream, an object, a datagram, or an error.
package struct InspectedItem: Hashable, Sendable {
    package enum Kind: String, Hashable, Sendable { case message, header, object, datagram, error }

    /// What encoding the decoded values again gives.
    package enum Encoding: Hashable, Sendable {
        case bytes([UInt8])
        /// The draft has no encoding for the values as they were understood.
        case refused(CodecError)
    }

    package var kind: Kind
    /// The draft's name of the message or structure; of an error, of what it is in; empty when that is not known.
    package var name: String
    /// Type of the message, stream or datagram; nil for objects on streams and where it could not be read.
    package var code: UInt64?
    /// Bytes of the stream or datagram before the item.
    package var offset: UInt64
    /// Bytes of the item, payload included; of an error, the bytes that were not understood.
    package var length: Int
    /// In their order on the wire. Of an error, those that were read before it.
    package var fields: [Field]
    /// Why the bytes, or what they say, are wrong; only of an error.
    package var error: CodecError?
    /// nil where the inspector was not asked for it, and of an error.
    package var encoding: Encoding?

    package init(
        _ kind: Kind, _ name: String, code: UInt64? = nil, at offset: UInt64, length: Int, fields: [Field] = [],
        error: CodecError? = nil, encoding: Encoding? = nil
    ) {
        self.kind = kind
        self.name = name
        self.code = code
        self.offset = offset
        self.length = length
        self.fields = fields
        self.error = error
        self.encoding = encoding
    }

    /// The first field of this name, at any depth; nil when there is none.
    package func field(_ name: String) -> Field? { fields.lazy.compactMap { $0.first(name) }.first }
}

/// Which stream, or none, bytes were taken from.
package enum InspectedSource: String, Hashable, Sendable, CaseIterable {
    /// Control messages, whichever stream each came on.
    case message
    /// One direction of a control stream.
    case control
    /// One direction of a request's stream.
    case request
    /// A unidirectional stream, from its type on.
    case uni
    /// One datagram.
    case datagram
}

/// What the bytes alone do not say; nil and false where it is not known.
package struct InspectionContext: Hashable, Sendable {
    /// The end that received the bytes.
    package var receiver: EndpointRole?
    /// What a response answers.
    package var answers: RequestKind?
    /// The request that an update, or the answer to an update, is about.
    package var updates: RequestKind?
    /// The first message opens a stream.
    package var isFirst = false
    /// The first message is the first on its stream from the end that was asked.
    package var isFirstResponse = false
    /// The groups of a fetch stream come in descending order.
    package var isDescending = false
    /// The session runs over WebTransport.
    package var overWebTransport = false
    /// What a fetch stream fills, such as "SUBSCRIBE 1".
    package var filledRequest: String?
    /// The MAX_FILTER_RANGES that the receiver announced.
    package var maximumFilterRanges: UInt64?
    /// The versions that CLIENT_SETUP offered.
    package var offeredVersions: [UInt64]?
    /// The version of the Low Overhead Container that objects follow, whose names then go before the draft's; nil means
    /// the newest, for what the draft does not name.
    package var containerVersion: LOCVersion?

    package init() {}
}
