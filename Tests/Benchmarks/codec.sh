#!/usr/bin/env bash
# Measures the codec: prints the time, and holds allocations and instructions per operation to codec.baseline.
#
# Allocations must be what they were; instructions may differ by 3 in 100. Both are gated in both directions: what has
# become better is written down too, so that it stays. UPDATE=1 writes the baseline anew instead.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$here/../..
swift=$(command -v swift || echo /opt/swift/usr/bin/swift)
baseline=$here/codec.baseline
program=$root/.build/release/bench-codec
# One order of dictionaries in every run.
export SWIFT_DETERMINISTIC_HASHING=1

command -v valgrind >/dev/null || {
    if [ "$(id -u)" = 0 ]; then as_root=; else as_root=sudo; fi
    $as_root apt-get update -q
    $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends valgrind
}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
MOQT_BENCH=1 "$swift" build --package-path "$root" -c release --product bench-codec >"$work/build.log" 2>&1 || {
    grep error "$work/build.log" >&2
    exit 1
}

# Prints the instructions of $2 operations of case $1.
instructions() {
    valgrind --tool=callgrind --callgrind-out-file=/dev/null "$program" "$1" "$2" 2>&1 |
        sed -n 's/.*Collected *: *//p'
}

"$program" | tee "$work/table"
echo
"$program" names | while read -r name count; do
    # What the program does besides is in both, and falls out.
    once=$(instructions "$name" "$count")
    twice=$(instructions "$name" $((2 * count)))
    allocations=$(awk -v name="$name" '$1 == name { print $2 }' "$work/table")
    awk -v name="$name" -v allocations="$allocations" -v once="$once" -v twice="$twice" -v count="$count" \
        'BEGIN { printf "%-24s %10s %12.1f\n", name, allocations, (twice - once) / count }'
done >"$work/measured"

if [ -n "${UPDATE:-}" ]; then
    { echo "# case, allocations and instructions per operation; make bench-codec UPDATE=1 writes this file"; cat "$work/measured"; } >"$baseline"
    cat "$baseline"
    exit
fi
awk '
    FNR == NR { if ($1 != "#") { allocations[$1] = $2; instructions[$1] = $3 } next }
    !($1 in allocations) { print $1 ": not in the baseline"; bad = 1; next }
    {
        was = instructions[$1]
        change = 100 * ($3 - was) / was
        verdict = "as before"
        if ($2 != allocations[$1]) verdict = "ALLOCATES " ($2 > allocations[$1] ? "MORE" : "LESS") " than " allocations[$1]
        else if (change > 3 || change < -3) verdict = "TAKES " (change > 0 ? "MORE" : "FEWER") " than " was
        printf "%s  %+6.1f%%  %s\n", $0, change, verdict
        if (verdict != "as before") bad = 1
        seen[$1] = 1
    }
    END {
        for (name in allocations) if (!(name in seen)) { print name ": no longer measured"; bad = 1 }
        if (bad) print "bench-codec: not as in the baseline; make bench-codec UPDATE=1 writes it anew, if that is meant"
        exit bad
    }' "$baseline" "$work/measured"
