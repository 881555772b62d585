#!/usr/bin/env bash
# The large runs that are too slow for the tests: prints figures, ends with 1 if one of them is wrong.
#
#   Tests/Acceptance/acceptance.sh [BINARY]       default: .build/release/moqt; SIZE=64M tries it with less than 1G
#
# - A file of random bytes goes to one subscriber, then to eight at once: the same sha256 for all.
# - A million lines arrive in their order.
# - Of two subscribers of a movie of a minute in real time, one is stopped for 20 s: both get all of it.
# - The relay's memory stays within 64 MiB + its cache of 256 MiB through all of it.
set -euo pipefail
set -m

cd "$(dirname "${BASH_SOURCE[0]}")/../.."
moqt=$(realpath "${1:-.build/release/moqt}")
size=${SIZE:-1G}
limit=$(((64 + 256) * 1024)) # KiB
work=$(mktemp -d)
jobs=()
failures=0

clean_up() {
    trap - EXIT
    for job in "${jobs[@]}"; do kill -KILL -- "-$job" 2>/dev/null || true; done
    wait 2>/dev/null || true
    rm -rf "$work"
    exit "${1:-1}"
}
trap 'clean_up $?' EXIT
trap 'exit 130' INT TERM

start() {
    "$@" &
    jobs+=($!)
}

# check WORDS COMMAND…: whether the command succeeds.
check() {
    local words=$1
    shift
    if "$@"; then echo "  ok: $words"; else
        echo "  FAILED: $words"
        failures=$((failures + 1))
    fi
}

# Peak memory of the relay so far, in KiB.
peak() { awk '/^VmHWM/ { print $2 }' "/proc/$relay/status"; }

check_memory() { check "relay's peak memory $(peak) KiB, at most $limit KiB" test "$(peak)" -le "$limit"; }

start_relay() {
    local line
    mkfifo "$work/relay"
    exec 3<>"$work/relay"
    start "$moqt" relay -q --listen 127.0.0.1:0 >&3
    relay=$!
    read -r -t 10 line <&3
    [[ $line =~ ^listening\ on\ ([^ ]+)\ .*\ ([0-9a-f]+)$ ]]
    peer=(--fingerprint "${BASH_REMATCH[2]}" "moqt://${BASH_REMATCH[1]}")
}

# bytes N: the file to N subscribers at once.
bytes() {
    local began=$SECONDS subs=() index
    echo "$size to $1 at once, objects of 64 KiB, groups of 64"
    for ((index = 1; index <= $1; index++)); do
        : >"$work/said$index"
        start "$moqt" sub -v "${peer[@]}" "test--data$1" --wait 60 -o "$work/copy$index" 2>>"$work/said$index"
        subs+=($!)
        # The publisher begins for the first that asks: all have to be there by then.
        grep -q "subscribes to" < <(tail -n +1 -f --pid=$! "$work/said$index")
    done
    check "publisher" "$moqt" pub "${peer[@]}" "test--data$1" --as raw --object-size 64Ki --group-size 64 "$work/source"
    for ((index = 1; index <= $1; index++)); do
        check "subscriber $index" wait "${subs[index - 1]}"
        check "copy $index has the same bytes" cmp "$work/source" "$work/copy$index"
        rm -f "$work/copy$index"
    done
    echo "  $((SECONDS - began)) s"
    check_memory
}

lines() {
    echo "A million lines"
    start "$moqt" sub "${peer[@]}" test--lines --wait 60 --as lines -o "$work/lines"
    local sub=$!
    check "publisher" eval 'seq 1000000 | "$moqt" pub "${peer[@]}" test--lines --as lines -'
    check "subscriber" wait "$sub"
    check "the same lines" cmp "$work/lines" <(seq 1000000)
}

packets() { ffmpeg -v error -i "$1" -map 0 -c copy -f framehash - | awk -F, '!/^#/ { print $1, $5, $6 }' | sort -s -n -k 1,1; }

stopped() {
    echo "A movie of a minute in real time; one of two subscribers is stopped for 20 s"
    ffmpeg -v error -f lavfi -i testsrc2=size=640x360:rate=30 -f lavfi -i sine=sample_rate=48000 -t 60 \
        -c:v libx264 -preset veryfast -pix_fmt yuv420p -g 60 -c:a aac "$work/movie.mp4"
    local began=$SECONDS other stopped pub
    start "$moqt" sub "${peer[@]}" test-movie --wait 60 -o "$work/other.mp4"
    other=$!
    start "$moqt" sub "${peer[@]}" test-movie --wait 60 -o "$work/stopped.mp4"
    stopped=$!
    start "$moqt" pub "${peer[@]}" test-movie "$work/movie.mp4"
    pub=$!
    mkfifo "$work/never"
    exec 4<>"$work/never"
    read -r -t 15 -u 4 || true
    kill -STOP "$stopped"
    read -r -t 20 -u 4 || true
    kill -CONT "$stopped"
    check "publisher" wait "$pub"
    check "the movie took $((SECONDS - began)) s, at most 63" test $((SECONDS - began)) -le 63
    check "subscriber that went on" wait "$other"
    check "subscriber that was stopped" wait "$stopped"
    packets "$work/movie.mp4" >"$work/packets"
    check "the first has every packet" cmp "$work/packets" <(packets "$work/other.mp4")
    check "the second has every packet" cmp "$work/packets" <(packets "$work/stopped.mp4")
    check_memory
}

head -c "$size" /dev/urandom >"$work/source"
start_relay
bytes 1
bytes 8
lines
stopped
kill -TERM "$relay"
check "the relay drains" wait "$relay"
[ "$failures" = 0 ] || { echo "$failures failed"; exit 1; }
