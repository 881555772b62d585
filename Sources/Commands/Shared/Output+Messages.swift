internal import Endpoint
internal import MoQTCodec
internal import MoQTRelay

extension Output {
    /// Logs every control message of the driver's sessions, if that is wanted.
    func logMessages(of driver: Driver) {
        guard isLogged(.debug) else { return }
        driver.watch = { [self] session, message, isSent, byteCount in
            log(
                .debug, session: session.number,
                "\(isSent ? "sent" : "received") \(message.name), \(byteCount) bytes")
        }
    }
}
