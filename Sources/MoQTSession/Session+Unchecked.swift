internal import Wire

extension Session {
    /// Says on the control stream, behind what was said there, bytes that need not be a message: for finding out what
    /// the peer makes of them.
    package mutating func sayUnchecked(_ bytes: [UInt8]) throws(SessionError) {
        guard !isClosed else { throw .closed }
        guard isTransportReady else { throw .invalid("nothing precedes SETUP") }
        control.sendControl(unchecked: Bytes(bytes))
    }
}
