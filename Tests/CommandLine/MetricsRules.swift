import Foundation

/// Prometheus' text format 0.0.4, and the naming rules that `promtool check metrics` holds it to.
struct MetricsRules {
    /// What is wrong, a line each.
    private(set) var faults: [String] = []
    /// Samples by their name with labels, as they stand.
    private(set) var samples: [String: Double] = [:]
    private var types: [String: String] = [:]
    private var helps: Set<String> = []
    /// The family whose samples are being read.
    private var family = ""
    private var finished: Set<String> = []

    init(_ text: String) {
        if !text.hasSuffix("\n") { faults.append("the last line has no end") }
        for line in text.split(separator: "\n", omittingEmptySubsequences: true) {
            if line.hasPrefix("# ") { describe(line) } else { sample(line) }
        }
        for (name, type) in types where type == "histogram" { checkHistogram(name) }
    }

    /// Value of a sample such as `moqt_sessions{draft="18",transport="quic"}`.
    subscript(_ sample: String) -> Double? { samples[sample] }

    /// Of all samples of a family, whatever their labels.
    func sum(_ name: String) -> Double { samples.reduce(0) { $1.key.hasPrefix(name + "{") ? $0 + $1.value : $0 } }

    private mutating func fault(_ words: String) { faults.append(words) }

    // MARK: - HELP and TYPE

    private mutating func describe(_ line: Substring) {
        let words = line.split(separator: " ", maxSplits: 3, omittingEmptySubsequences: false).map(String.init)
        guard words.count == 4 else { return fault("not understood: \(line)") }
        let name = words[2]
        switch words[1] {
        case "HELP":
            if !helps.insert(name).inserted { fault("\(name): a second HELP") }
            if words[3].isEmpty { fault("\(name): an empty HELP") }
        case "TYPE":
            if !helps.contains(name) { fault("\(name): TYPE without HELP") }
            if types.updateValue(words[3], forKey: name) != nil { fault("\(name): a second TYPE") }
            begin(name)
            checkName(name, words[3])
        default: fault("not understood: \(line)")
        }
    }

    private mutating func begin(_ name: String) {
        finished.insert(family)
        if finished.contains(name) { fault("\(name): its samples are not together") }
        family = name
    }

    private mutating func checkName(_ name: String, _ type: String) {
        if !["counter", "gauge", "histogram"].contains(type) { fault("\(name): type \(type)") }
        if name.wholeMatch(of: /[a-z][a-z0-9_]*/) == nil { fault("\(name): letters") }
        if (type == "counter") != name.hasSuffix("_total") { fault("\(name): _total is for counters, and for all") }
        let words = Set(name.split(separator: "_").map(String.init))
        for suffix in ["bucket", "count", "sum"] where name.hasSuffix("_" + suffix) { fault("\(name): \(suffix)") }
        let units = [
            "s", "ms", "us", "ns", "sec", "milliseconds", "microseconds", "minutes", "kb", "mb", "kib", "mib",
            "kilobytes", "megabytes", "bits", "percent",
        ]
        for word in units + ["counter", "gauge", "histogram", "summary"] where words.contains(word) {
            fault("\(name): \(word)")
        }
        // The unit stands last, but for `total`.
        for unit in ["seconds", "bytes"] where words.contains(unit) && !name.hasSuffix("_" + unit) {
            if !name.hasSuffix("_\(unit)_total") { fault("\(name): the unit is not last") }
        }
    }

    // MARK: - Samples

    private mutating func sample(_ line: Substring) {
        let form = /([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)/
        guard let parts = line.wholeMatch(of: form)?.output else { return fault("not understood: \(line)") }
        let name = String(parts.1), labels = parts.2.map(String.init) ?? ""
        var stem = name
        for suffix in ["_bucket", "_sum", "_count"] where types[family] == "histogram" && name == family + suffix {
            stem = family
        }
        if stem != family { fault("\(name): not under its TYPE") }
        let label = /[a-z_][a-z0-9_]*="(?:[^"\\]|\\["\\n])*"/
        var rest = labels[...]
        while !rest.isEmpty {
            guard let match = rest.prefixMatch(of: label) else { return fault("\(name): labels \(labels)") }
            rest = rest[match.range.upperBound...]
            if rest.first == "," {
                rest = rest.dropFirst()
            } else if !rest.isEmpty {
                fault("\(name): labels \(labels)")
            }
        }
        if labels.contains("le=") != name.hasSuffix("_bucket") { fault("\(name): le is for buckets") }
        let text = parts.3 == "+Inf" ? "inf" : String(parts.3)
        guard let value = Double(text) else { return fault("\(name): value \(text)") }
        if types[family] == "counter", value < 0 { fault("\(name): a counter below 0") }
        let key = name + (labels.isEmpty ? "" : "{\(labels)}")
        if samples.updateValue(value, forKey: key) != nil { fault("\(key): twice") }
    }

    private mutating func checkHistogram(_ name: String) {
        let form = try? Regex("\(name)_bucket\\{le=\"(.*)\"\\}", as: (Substring, Substring).self)
        let buckets = samples.compactMap { key, value -> (Double, Double)? in
            guard let form, let bound = key.wholeMatch(of: form)?.output.1 else { return nil }
            return (bound == "+Inf" ? .infinity : Double(bound) ?? .nan, value)
        }.sorted { $0.0 < $1.0 }
        guard buckets.last?.0 == .infinity, buckets.last?.1 == samples[name + "_count"] else {
            return fault("\(name): no bucket for all")
        }
        if samples[name + "_sum"] == nil { fault("\(name): no sum") }
        for (a, b) in zip(buckets, buckets.dropFirst()) where a.1 > b.1 { fault("\(name): buckets do not add up") }
    }
}
