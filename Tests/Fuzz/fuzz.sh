#!/usr/bin/env bash
# Runs the six fuzz targets, or those of FUZZ_TARGETS, each for its share of FUZZ_SECONDS (default 60), from the
# corpus on.
#
# The corpus (Corpus/TARGET.hex, one input a line) is then what covers the most with the least bytes, and
# Corpus/executions.txt says how many inputs each target has been given in all. A crash ends the run with its input,
# as a line that becomes a named test in Tests/MoQTCodec/FuzzFindingTests.swift. MORE names a folder of further inputs,
# one folder for each target in it.
set -euo pipefail
shopt -s nullglob
here=$(cd "$(dirname "$0")" && pwd)
root=$here/../..
swift=$(command -v swift || echo /opt/swift/usr/bin/swift)
targets=${FUZZ_TARGETS:-control uni datagram fetch client server}
share=$((${FUZZ_SECONDS:-60} / $(wc -w <<<"$targets")))
work=$root/.build-fuzz/corpus
# A crash is reported at once, without waiting for Swift's backtracer.
export SWIFT_BACKTRACE=enable=no MOQT_FUZZ=1

# Turns lines of hex on stdin into files of folder $1.
unpack() {
    mkdir -p "$1"
    local number=0
    sed 's/../\\x&/g' | while IFS= read -r line; do
        number=$((number + 1))
        printf "$line" >"$1/$number"
    done
}

# Turns the files of folder $1 into lines of hex, but for long ones.
pack() {
    find "$1" -type f -size -300c | while IFS= read -r file; do
        od -An -v -tx1 "$file" | tr -d ' \n' && echo
    done | LC_ALL=C sort -u
}

# Adds $2 to the count of target $1.
record() {
    local file=$here/Corpus/executions.txt
    touch "$file"
    awk -v target="$1" -v count="$2" '
        $1 == target { $2 += count; found = 1 }
        { printf "%s %d\n", $1, $2 }
        END { if (!found) printf "%s %d\n", target, count }' "$file" >"$file.new"
    mv "$file.new" "$file"
}

# Fuzzes target $1.
fuzz() {
    local target=$1 program=$root/.build-fuzz/release/fuzz-$1 log=$work/$1.log status=0
    unpack "$work/$target" <"$here/Corpus/$target.hex"
    if [ -n "${MORE:-}" ]; then cp "$MORE/$target"/* "$work/$target"; fi
    "$program" -max_total_time="$share" -max_len=2048 -timeout=10 -print_final_stats=1 -close_fd_mask=1 \
        -artifact_prefix="$work/$target-" "$work/$target" 2>"$log" || status=$?
    if [ $status -ne 0 ]; then
        grep -A 12 -m 1 'Fatal error\|ERROR:' "$log" >&2 || tail -n 40 "$log" >&2
        for file in "$work/$target-"*; do echo "fuzz: $target fails on $(od -An -v -tx1 "$file" | tr -d ' \n')" >&2; done
        exit 1
    fi
    local count
    count=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
    record "$target" "$count"
    mkdir "$work/$target-least"
    "$program" -merge=1 "$work/$target-least" "$work/$target" 2>"$work/$target-merge.log"
    pack "$work/$target-least" >"$here/Corpus/$target.hex"
    echo "fuzz: $target: $count executions in $share s," \
        "$(wc -l <"$here/Corpus/$target.hex") inputs kept, $(tail -n 1 <(grep -o 'cov: [0-9]*' "$log"))"
}

rm -rf "$work"
mkdir -p "$work"
for target in $targets; do
    "$swift" build --package-path "$root" --scratch-path "$root/.build-fuzz" -c release \
        --sanitize fuzzer --sanitize address -Xswiftc -sanitize=fuzzer,address --product "fuzz-$target" \
        >"$work/build.log" 2>&1 || { grep 'error' "$work/build.log" >&2; exit 1; }
    touch "$here/Corpus/$target.hex"
done
for target in $targets; do fuzz "$target"; done
echo "fuzz: in all so far:" $(paste -sd, "$here/Corpus/executions.txt")
