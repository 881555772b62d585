import CommandLine
import Endpoint
import EventLoop
import Glibc
import MoQTCodec
import QUIC
import Testing

@testable import Commands

@Suite struct ClientFailureTests {
    private func words(_ cause: CloseCause) -> String {
        let (status, words) = ClientFailure.words(cause, ConnectionSettings())
        return "\(status.rawValue) \(words)"
    }

    @Test func everyCauseHasItsStatus() {
        #expect(words(.handshakeTimeout) == "3 no answer within 10 s")
        #expect(words(.idleTimeout) == "3 connection lost: nothing was heard any more")
        #expect(words(.statelessReset).hasPrefix("3 connection lost: "))
        #expect(
            words(.noCommonProtocol(by: .peer)).hasPrefix("4 no common protocol version: the server speaks none of "))
        #expect(words(.versionNegotiation(offered: [1])).hasPrefix("4 "))
        #expect(words(.tls(alert: 40, reason: [], by: .peer)).hasPrefix("3 "))
        #expect(words(.transport(code: 1, reason: [], by: .peer)).hasPrefix("3 "))
    }

    @Test func aViolationOfThePeerIsOurClosingWithACode() {
        let reason = Array("what\nhappened".utf8)
        #expect(words(.application(code: 3, reason: reason, by: .local)) == "7 PROTOCOL_VIOLATION: what\\nhappened")
        #expect(words(.application(code: 3, reason: [], by: .peer)) == "3 closed by the peer: PROTOCOL_VIOLATION")
        #expect(words(.application(code: 0, reason: [], by: .local)).hasPrefix("3 "))
    }

    @Test(arguments: [("moqt-16", "TOO_MANY_REQUESTS"), ("moqt-17", "INVALID_REQUIRED_REQUEST_ID")])
    func codesAreNamedByTheDraftOfTheSession(_ draft: String, _ name: String) throws {
        let cause = CloseCause.application(code: 7, reason: [], by: .peer)
        let profile = try #require(Profile.named(draft))
        #expect(ClientFailure.words(cause, ConnectionSettings(), profile).1 == "closed by the peer: " + name)
    }

    @Test func nothingListeningIsSaidSo() {
        let error = SystemError(errno: ECONNREFUSED, call: "recvmsg")
        let (status, words) = ClientFailure.words(DialError.system(error), ConnectionSettings())
        #expect(status == .unreachable && words == "connection refused: nothing listens there")
    }
}
