internal import FoundationEssentials

/// A relay's URL as moq-api writes it: `{"url":"https://relay.example/"}`.
package struct Origin: Hashable, Sendable, Codable {
    package var url: String

    package init(url: String) { self.url = url }

    /// - Parameter json: as it was stored or sent.
    /// - Returns: nil: it is something else.
    package init?(json: [UInt8]) {
        guard let origin = try? JSONDecoder().decode(Origin.self, from: Data(json)) else { return nil }
        self = origin
    }

    package var json: String {
        var text = ""
        for scalar in url.unicodeScalars {
            switch scalar {
            case "\"", "\\": text += "\\\(scalar)"
            case _ where scalar.value < 0x20:
                let digits = String(scalar.value, radix: 16)
                text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: text.unicodeScalars.append(scalar)
            }
        }
        return "{\"url\":\"\(text)\"}"
    }
}
