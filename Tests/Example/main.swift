import Glibc
import MoQT
import MoQTCodec

struct Usage: Error, CustomStringConvertible {
    let description = """
        usage: moqt-example pub|sub URL TRACK [SHA256]
               moqt-example messages|objects HEX
        """
}

/// The options for a server that proves itself by a certificate with this digest; nil: by one for its name.
func options(trusting fingerprint: String?) throws -> ConnectOptions {
    var options = ConnectOptions()
    if let fingerprint {
        let digits = fingerprint.compactMap(\.hexDigitValue).map(UInt8.init)
        guard digits.count == 64 else { throw Usage() }
        options.trust = .fingerprint(stride(from: 0, to: 64, by: 2).map { digits[$0] << 4 | digits[$0 + 1] })
    }
    return options
}

let arguments = CommandLine.arguments.dropFirst()
do {
    switch (arguments.first, arguments.count) {
    case ("messages"?, 2): try printMessages(arguments[2])
    case ("objects"?, 2): try printObjects(arguments[2])
    case ("pub"?, 3...4):
        let options = try options(trusting: arguments.count == 4 ? arguments[4] : nil)
        try await publish(to: arguments[2], FullTrackName(text: arguments[3]), options)
    case ("sub"?, 3...4):
        let options = try options(trusting: arguments.count == 4 ? arguments[4] : nil)
        try await subscribe(to: arguments[2], FullTrackName(text: arguments[3]), options)
    default: throw Usage()
    }
} catch {
    print("moqt-example: \(error)")
    exit(1)
}
