internal import CommandLine
internal import EventLoop
internal import Glibc
internal import MoQTCodec
internal import QUIC
internal import Wire

/// What `moqt inspect URL` prints.
struct ProbeReport {
    private let run: ProbeRun
    private let sessions: [ProbedSession]

    init(_ run: ProbeRun) {
        self.run = run
        sessions = run.probes.flatMap(\.sessions)
    }

    /// Somebody was there.
    var hasSessions: Bool { !sessions.isEmpty }

    private static func utc(_ seconds: Int64) -> String {
        var time = time_t(seconds)
        var parts = tm()
        gmtime_r(&time, &parts)
        func two(_ number: Int32) -> String { (number < 10 ? "0" : "") + String(number) }
        return "\(parts.tm_year + 1900)-\(two(parts.tm_mon + 1))-\(two(parts.tm_mday))T"
            + "\(two(parts.tm_hour)):\(two(parts.tm_min)):\(two(parts.tm_sec))Z"
    }

    /// Certificates that were shown, each once, and what is held against it.
    private var certificates: [(certificate: CertificateDescription, distrust: CertificateFailure?)] {
        var shown: [(certificate: CertificateDescription, distrust: CertificateFailure?)] = []
        for session in sessions {
            guard let certificate = session.certificate, !shown.contains(where: { $0.certificate == certificate })
            else { continue }
            shown.append((certificate, session.distrust))
        }
        return shown
    }

    private static func hex(_ bytes: [UInt8]) -> String { bytes.hex }

    private static func milliseconds(_ interval: Interval) -> String {
        "\(Double(interval.nanoseconds / 10_000) / 100) ms"
    }

    // MARK: - Text

    var text: String {
        var lines = [run.url.description]
        func add(_ name: String, _ words: String) {
            lines.append("  " + name.padding(to: 13) + words)
        }
        if let first = sessions.first {
            if let address = first.address { add("address", "\(address)") }
            for entry in certificates {
                for (name, words) in Self.lines(entry.certificate, entry.distrust) { add(name, words) }
            }
            let least = sessions.map(\.roundTrip.least).min() ?? .zero
            add(
                "round trip",
                "\(Self.milliseconds(least)), smoothed \(Self.milliseconds(first.roundTrip.smoothed)); "
                    + "handshake \(Self.milliseconds(first.handshake))")
            if let parameters = first.parameters { add("QUIC", Self.words(first.quicVersion, parameters)) }
        }
        for probe in run.probes {
            let drafts = probe.sessions.map { String($0.profile.number) }
            add(probe.transport.rawValue, run.problem(of: probe) ?? "drafts \(drafts.joined(separator: " "))")
        }
        for (name, words) in setups { add(name, words) }
        return lines.map { $0 + "\n" }.joined()
    }

    private static func lines(
        _ certificate: CertificateDescription, _ distrust: CertificateFailure?
    ) -> [(String, String)] {
        let signer = certificate.isSelfSigned ? "self-signed" : "issued by \(certificate.issuer.printable())"
        let names = certificate.names.map { $0.printable() }.joined(separator: ", ")
        return [
            ("certificate", "\(certificate.subject.printable()), \(signer); \(certificate.key)"),
            ("", "for \(names.isEmpty ? "no host" : names)"),
            ("", "valid \(utc(certificate.validity.lowerBound)) to \(utc(certificate.validity.upperBound))"),
            ("", "SHA-256 \(hex(certificate.fingerprint))"),
            ("", distrust.map { "NOT TRUSTED: \($0)" } ?? "trusted"),
        ]
    }

    private static func words(_ version: UInt32, _ parameters: TransportParameters) -> String {
        let idle = parameters.idleTimeout.map { "idle timeout \($0.seconds) s" } ?? "no idle timeout"
        let size = parameters.datagramFrameSize
        let datagrams = size == 0 ? "no datagrams" : "datagrams of up to \(size) bytes"
        let streams =
            "\(parameters.bidirectionalStreams) bidirectional and \(parameters.unidirectionalStreams)"
            + " unidirectional streams"
        let migration = parameters.allowsMigration ? "" : ", no migration"
        return "version 0x\(String(version, radix: 16)), \(idle), \(datagrams), \(streams)\(migration)"
    }

    /// The options of each draft; by transport where these differ.
    private var setups: [(String, String)] {
        var lines: [(String, String)] = []
        var numbers: [Int] = []
        for session in sessions where !numbers.contains(session.profile.number) {
            numbers.append(session.profile.number)
        }
        for number in numbers.sorted(by: >) {
            let those = sessions.filter { $0.profile.number == number }
            let words = those.map { session in
                let options = session.setup.options.map { "\($0.name) \($0.value.words)" }
                return options.isEmpty ? "no setup options" : options.joined(separator: ", ")
            }
            if Set(words).count == 1 {
                lines.append(("draft \(number)", words[0]))
            } else {
                for (session, words) in zip(those, words) {
                    lines.append(("draft \(number)", "\(words) (\(session.transport.rawValue))"))
                }
            }
        }
        return lines
    }

    // MARK: - JSON

    /// An object per certificate, transport and session.
    var json: String {
        certificates.map { Self.line($0.certificate, $0.distrust) }.joined()
            + run.probes.map(line).joined() + sessions.map(Self.line).joined()
    }

    private static func line(_ certificate: CertificateDescription, _ distrust: CertificateFailure?) -> String {
        var line = JSONLine()
        line.add("kind", "certificate")
        line.add("subject", certificate.subject)
        line.add("issuer", certificate.issuer)
        line.add("self_signed", certificate.isSelfSigned)
        line.add("names", certificate.names)
        line.add("not_before", utc(certificate.validity.lowerBound))
        line.add("not_after", utc(certificate.validity.upperBound))
        line.add("key", certificate.key)
        line.add("sha256", hex(certificate.fingerprint))
        line.add("trusted", distrust == nil)
        if let distrust { line.add("problem", "\(distrust)") } else { line.addNull("problem") }
        return line.finished()
    }

    private func line(_ probe: TransportProbe) -> String {
        var line = JSONLine()
        line.add("kind", "transport")
        line.add("transport", probe.transport.rawValue)
        line.add("drafts", probe.sessions.map { String($0.profile.number) })
        if let problem = run.problem(of: probe) { line.add("problem", problem) } else { line.addNull("problem") }
        return line.finished()
    }

    private static func line(_ session: ProbedSession) -> String {
        var line = JSONLine()
        line.add("kind", "session")
        line.add("transport", session.transport.rawValue)
        line.add("draft", session.profile.number)
        line.add("address", session.address?.description ?? "")
        line.add("handshake_us", session.handshake.nanoseconds / 1000)
        line.add("rtt_us", session.roundTrip.least.nanoseconds / 1000)
        line.add("smoothed_rtt_us", session.roundTrip.smoothed.nanoseconds / 1000)
        line.add("setup") { (line: inout JSONLine) in
            for option in session.setup.options {
                switch option.value {
                case .number(let number): line.add(option.name, number)
                case .text(let text): line.add(option.name, text)
                case .bytes(let bytes): line.add(option.name, base64: bytes)
                }
            }
        }
        add(session.parameters, version: session.quicVersion, to: &line)
        return line.finished()
    }

    private static func add(_ parameters: TransportParameters?, version: UInt32, to line: inout JSONLine) {
        guard let parameters else { return line.addNull("quic") }
        line.add("quic") { (line: inout JSONLine) in
            line.add("version", version)
            line.add("idle_timeout_ms", (parameters.idleTimeout ?? .zero).millisecondsRoundedUp)
            line.add("connection_window", parameters.connectionWindow)
            line.add("bidirectional_streams", parameters.bidirectionalStreams)
            line.add("unidirectional_streams", parameters.unidirectionalStreams)
            line.add("datagram_frame_size", parameters.datagramFrameSize)
            line.add("udp_payload_size", parameters.datagramSize)
            line.add("migration", parameters.allowsMigration)
        }
    }
}

extension String {
    fileprivate func padding(to width: Int) -> String {
        self + String(repeating: " ", count: max(1, width - count))
    }
}
