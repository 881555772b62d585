import MoQTCodec
import Wire

/// An input taken apart: what it chooses, and the bytes a peer would send.
struct FuzzChoices {
    var profile: Profile
    /// What the target makes of it, it says itself.
    var options: UInt8
    /// Says where ``bytes`` are split.
    var splitting: UInt8
    var bytes: [UInt8]

    /// nil when `input` has too few bytes to choose anything.
    init?(_ input: [UInt8]) {
        guard input.count >= 3 else { return nil }
        // Oldest first, so that what an input chooses stays when a draft is added: the number of drafts below ten is
        // no part of the choice.
        let oldestFirst = Profile.all.reversed() as [Profile]
        profile = oldestFirst[Int(input[0]) % oldestFirst.count]
        options = input[1]
        splitting = input[2]
        bytes = Array(input[3...])
    }

    /// The ways in which ``bytes`` are given to a decoder: in one piece, in the pieces that ``splitting`` says, and, if
    /// there are few, one by one.
    var ways: [[Bytes]] {
        var ways = [[Bytes(bytes)], pieces { $0 = $0 &* 109 &+ 89 }]
        if bytes.count <= 300 { ways.append(pieces { $0 = 0 }) }
        return ways
    }

    private func pieces(_ next: (inout UInt8) -> Void) -> [Bytes] {
        var pieces: [Bytes] = []
        var state = splitting
        var start = 0
        while start < bytes.count {
            next(&state)
            // Short pieces are the more likely ones, and some are empty.
            let count = state >> 5 == 7 ? Int(state & 31) * 16 : Int(state & 7) + (state == 0 ? 1 : 0)
            let end = min(bytes.count, start + count)
            pieces.append(Bytes(Array(bytes[start..<end])))
            start = end
        }
        return pieces
    }
}
