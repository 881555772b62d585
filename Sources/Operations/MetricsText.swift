/// Samples in Prometheus' text format 0.0.4: families of samples, each with its help and type said once.
///
///     var metrics = MetricsText()
///     metrics.add("moqt_tracks", .gauge, "Tracks that are published or wanted.", 3)
///     metrics.family("moqt_sessions", .gauge, "Open sessions.") { $0.add(2, ["draft": "18"]) }
package struct MetricsText {
    package enum Kind: String {
        /// Only grows; its name ends in `_total`.
        case counter
        case gauge
        case histogram
    }

    /// All families so far.
    package private(set) var text = ""

    package init() {}

    /// A family of several samples, which `body` adds.
    package mutating func family(_ name: String, _ kind: Kind, _ help: String, _ body: (inout MetricSamples) -> Void) {
        text += "# HELP \(name) \(help.escaped(quotes: false))\n# TYPE \(name) \(kind.rawValue)\n"
        var samples = MetricSamples(name: name)
        body(&samples)
        text += samples.text
    }

    /// A family of one sample.
    package mutating func add(_ name: String, _ kind: Kind, _ help: String, _ value: some BinaryInteger) {
        family(name, kind, help) { $0.add(value) }
    }

    package mutating func add(_ name: String, _ kind: Kind, _ help: String, _ value: Double) {
        family(name, kind, help) { $0.add(value) }
    }

    /// How often something measured fell into each of several ranges.
    ///
    /// - Parameters:
    ///   - bounds: upper ends of the ranges, ascending, each part of its range; a last range has what is above.
    ///   - counts: of each range alone, one more than `bounds`.
    ///   - sum: of all that was measured.
    package mutating func histogram(_ name: String, _ help: String, bounds: [Double], counts: [UInt64], sum: Double) {
        family(name, .histogram, help) { samples in
            var total: UInt64 = 0
            for (bound, count) in zip(bounds + [.infinity], counts) {
                total += count
                samples.add(total, ["le": MetricSamples.number(bound)], suffix: "_bucket")
            }
            samples.add(sum, suffix: "_sum")
            samples.add(total, suffix: "_count")
        }
    }
}

/// The samples of one family.
package struct MetricSamples {
    fileprivate let name: String
    fileprivate var text = ""

    fileprivate init(name: String) { self.name = name }

    /// - Parameter labels: names of letters, digits and `_`; values may be any text.
    package mutating func add(_ value: some BinaryInteger, _ labels: KeyValuePairs<String, String> = [:]) {
        add(String(value), labels, "")
    }

    package mutating func add(_ value: Double, _ labels: KeyValuePairs<String, String> = [:]) {
        add(Self.number(value), labels, "")
    }

    fileprivate mutating func add(
        _ value: UInt64, _ labels: KeyValuePairs<String, String> = [:], suffix: String
    ) { add(String(value), labels, suffix) }

    fileprivate mutating func add(_ value: Double, suffix: String) { add(Self.number(value), [:], suffix) }

    private mutating func add(_ value: String, _ labels: KeyValuePairs<String, String>, _ suffix: String) {
        let list = labels.map { "\($0.key)=\"\($0.value.escaped(quotes: true))\"" }
        text += name + suffix + (list.isEmpty ? "" : "{" + list.joined(separator: ",") + "}") + " " + value + "\n"
    }

    fileprivate static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        return value.isInfinite ? (value < 0 ? "-Inf" : "+Inf") : "\(value)"
    }
}

extension String {
    /// As it stands in a line of the format.
    fileprivate func escaped(quotes: Bool) -> String {
        var text = ""
        for character in unicodeScalars {
            switch character {
            case "\\": text += "\\\\"
            case "\n": text += "\\n"
            case "\"" where quotes: text += "\\\""
            default: text.unicodeScalars.append(character)
            }
        }
        return text
    }
}
