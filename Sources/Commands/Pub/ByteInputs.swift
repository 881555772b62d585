internal import Wire

/// Splits input into objects of one size; the last may be smaller.
enum RawInput {
    /// Objects up to this size are read whole before they are begun; so are all whose length is not known before.
    private static let wholeLimit = 256 << 10

    /// Slabs that hold a whole number of objects, where objects are small.
    static func slabSize(objectSize: Int) -> Int {
        objectSize > 1 << 20 ? 256 << 10 : (1 << 20) / objectSize * objectSize
    }

    static func feed(
        _ reader: inout InputReader, objectSize: Int, to sink: inout FeedSink
    ) throws(InputFailure) {
        while true {
            if objectSize > wholeLimit, let remaining = reader.remaining, remaining >= objectSize {
                try stream(objectSize, from: &reader, to: &sink)
            } else {
                let payload = try whole(objectSize, from: &reader)
                guard !payload.isEmpty else { return }
                try sink.object(payload)
            }
        }
    }

    /// As many bytes as there are up to `size`.
    private static func whole(_ size: Int, from reader: inout InputReader) throws(InputFailure) -> [Bytes] {
        var payload: [Bytes] = []
        var left = size
        while left > 0 {
            let part = try reader.take(atMost: left)
            guard !part.isEmpty else { break }
            left -= part.count
            if let joined = payload.last?.joined(with: part) {
                payload[payload.count - 1] = joined
            } else {
                payload.append(part)
            }
        }
        return payload
    }

    /// Passes an object on while it is read.
    private static func stream(
        _ size: Int, from reader: inout InputReader, to sink: inout FeedSink
    ) throws(InputFailure) {
        var left = size
        try sink.begin(FedObject(payloadLength: UInt64(size), payload: Bytes()))
        while left > 0 {
            let part = try reader.take(atMost: left)
            guard !part.isEmpty else { throw .unusable("\(reader.name): became shorter while it was read") }
            left -= part.count
            try sink.append(part)
        }
    }
}

/// Makes each line an object. The newline is not in it; the last line may lack it.
enum LinesInput {
    /// Bytes of the longest line.
    private static let limit = 1 << 30

    static func feed(_ reader: inout InputReader, to sink: inout FeedSink) throws(InputFailure) {
        var line: [Bytes] = []
        var length = 0
        while true {
            let (part, endsLine) = try reader.takeLine()
            if !part.isEmpty { line.append(part) }
            length += part.count
            guard length <= limit else { throw .unusable("\(reader.name): a line is longer than 1 GiB") }
            let isAtEnd = part.isEmpty && !endsLine
            if endsLine || (isAtEnd && length > 0) {
                try sink.object(line)
                line.removeAll(keepingCapacity: true)
                length = 0
            }
            if isAtEnd { return }
        }
    }
}

/// Reads a big-endian length of 4 bytes before each object. Objects are passed on while they are read.
enum FramesInput {
    static func feed(_ reader: inout InputReader, to sink: inout FeedSink) throws(InputFailure) {
        while let length = try header(&reader) {
            var left = length
            try sink.begin(FedObject(payloadLength: UInt64(length), payload: try reader.some(of: &left, frame: length)))
            while left > 0 { try sink.append(try reader.some(of: &left, frame: length)) }
        }
    }

    /// The length of the next frame; nil at the end.
    private static func header(_ reader: inout InputReader) throws(InputFailure) -> Int? {
        var length = 0
        for index in 0..<4 {
            let byte = try reader.take(atMost: 1)
            guard !byte.isEmpty else {
                if index == 0 { return nil }
                throw .unusable("\(reader.name): ends in the length of a frame")
            }
            length = length << 8 | Int(byte.span[0])
        }
        return length
    }
}

extension InputReader {
    /// Some of the `left` bytes that a frame still has; what is there when none are left.
    fileprivate mutating func some(of left: inout Int, frame length: Int) throws(InputFailure) -> Bytes {
        guard left > 0 else { return Bytes() }
        let part = try take(atMost: left)
        guard !part.isEmpty else {
            throw .unusable("\(name): ends \(left) bytes before the end of a frame of \(length) bytes")
        }
        left -= part.count
        return part
    }
}
