extension String {
    /// The candidate this was probably meant to be; nil when none is near.
    ///
    /// Near is: one that begins with this (3 letters at least), or within a third of its length in single edits, where
    /// exchanging two neighbours counts as one. The first of the nearest wins.
    package func nearest(of candidates: [String]) -> String? {
        guard utf8.count <= 64 else { return nil }
        var best: (name: String, distance: Int)?
        for candidate in candidates {
            let isPrefix = utf8.count >= 3 && candidate.hasPrefix(self)
            let distance = isPrefix ? 1 : edits(to: candidate)
            guard distance <= Swift.max(1, candidate.utf8.count / 3), distance < best?.distance ?? .max else {
                continue
            }
            best = (candidate, distance)
        }
        return best?.name
    }

    /// Optimal string alignment distance, over bytes.
    private func edits(to other: String) -> Int {
        let a = Array(utf8), b = Array(other.utf8)
        guard !a.isEmpty, !b.isEmpty else { return Swift.max(a.count, b.count) }
        var older = [Int](), row = Array(0...b.count)
        for i in 1...a.count {
            var next = [i]
            for j in 1...b.count {
                let change = row[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)
                var cost = Swift.min(change, row[j] + 1, next[j - 1] + 1)
                if i > 1, j > 1, a[i - 1] == b[j - 2], a[i - 2] == b[j - 1] { cost = Swift.min(cost, older[j - 2] + 1) }
                next.append(cost)
            }
            (older, row) = (row, next)
        }
        return row[b.count]
    }
}
