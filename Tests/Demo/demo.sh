#!/usr/bin/env bash
# A movie of ten seconds goes in real time from a publisher through a relay to a subscriber, and the copy is compared
# with the source. Beside it a track of clock readings makes the same way: how old each is on arrival is the latency.
#
#   Tests/Demo/demo.sh [BINARY]       default: .build/release/moqt
set -euo pipefail
# Each background job is a process group, so that a pipeline can be ended as one.
set -m

cd "$(dirname "${BASH_SOURCE[0]}")/../.."
moqt=$(realpath "${1:-.build/release/moqt}")
seconds=10
pause=0.02 # Between clock readings.

work=$(mktemp -d)
declare -A running=()

# Ends what still runs and removes every file, however the demo ends.
clean_up() {
    local status=$?
    trap - EXIT
    for name in "${!running[@]}"; do kill -KILL -- "-${running[$name]}" 2>/dev/null || true; done
    wait 2>/dev/null || true
    rm -rf "$work"
    exit "$status"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# Says why the demo fails, and what everything wrote to stderr.
fail() {
    echo "demo: FAILED: $*" >&2
    for log in "$work"/*.log; do
        if [ -s "$log" ]; then sed "s|^|  $(basename "$log" .log): |" "$log" >&2; fi
    done
    exit 1
}

# start NAME COMMAND…: in the background, with stderr in NAME.log.
start() {
    local name=$1
    shift
    "$@" 2>"$work/$name.log" &
    running[$name]=$!
}

# Waits for the end of NAME, which must be status 0.
finish() {
    local status=0
    wait "${running[$1]}" || status=$?
    unset "running[$1]"
    [ "$status" = 0 ] || fail "$1 ended with status $status"
}

make_movie() {
    ffmpeg -v error -f lavfi -i testsrc2=size=640x360:rate=30 -f lavfi -i sine=frequency=440:sample_rate=48000 \
        -t "$seconds" -c:v libx264 -preset veryfast -pix_fmt yuv420p -g 30 -bf 2 -c:a aac -b:a 128k "$1" ||
        fail "ffmpeg cannot make a movie"
}

# Starts a relay on a free port; its first line gives $url and $fingerprint.
start_relay() {
    local line=
    mkfifo "$work/relay.out"
    exec 3<>"$work/relay.out"
    start relay "$moqt" relay --listen 127.0.0.1:0 >&3
    read -r -t 10 line <&3 || fail "the relay did not say where it listens"
    echo "  relay: $line"
    [[ $line =~ ^listening\ on\ ([^ ]+)\ .*fingerprint\ ([0-9A-Fa-f:]+)$ ]] || fail "unexpected line: $line"
    url=moqt://${BASH_REMATCH[1]}
    fingerprint=${BASH_REMATCH[2]}
}

# Prints the time in microseconds every $pause seconds, until the file $1 exists.
clock() {
    mkfifo "$work/never"
    exec 4<>"$work/never"
    until [ -e "$1" ]; do
        echo "${EPOCHREALTIME/[.,]/}"
        # Nothing is ever written there: the time-out is the pace.
        read -r -t "$pause" -u 4 || true
    done
}

# Turns each clock reading into its age in microseconds.
ages() {
    local sent
    while read -r sent; do echo "$((${EPOCHREALTIME/[.,]/} - sent))"; done
}

publish_clock() { clock "$work/over" | "$moqt" pub "${client[@]}" demo--clock --as lines -; }

measure_clock() { "$moqt" sub "${client[@]}" demo--clock --wait 20 --as lines | ages >"$work/ages"; }

# The packets of a movie, stream by stream: number of the stream, size, hash.
packets() {
    ffmpeg -v error -i "$1" -map 0 -c copy -f framehash - | awk -F ', *' '!/^#/ { print $1, $5, $6 }' | sort -s -n -k 1,1
}

report_tracks() {
    local kinds
    kinds=$(ffprobe -v error -show_entries stream=index,codec_type,codec_name -of csv=p=0 "$2")
    awk -v kinds="$kinds" '
        BEGIN {
            n = split(kinds, lines, "\n")
            for (i = 1; i <= n; i++) { split(lines[i], f, ","); name[f[1]] = f[3] " (" f[2] ")" }
        }
        { count[$1]++; bytes[$1] += $2 }
        END { for (s = 0; s < n; s++) printf "  %-13s %4d packets %9d bytes\n", name[s], count[s], bytes[s] }' "$1"
}

report_latency() {
    sort -n "$1" | awk '
        { v[NR] = $1 / 1000 }
        function at(p,  i) { i = int(NR * p + 0.999999); return v[i < 1 ? 1 : i] }
        END {
            printf "  p50 %.2f ms, p90 %.2f ms, p99 %.2f ms, largest %.2f ms, of %d clock readings\n",
                at(0.5), at(0.9), at(0.99), v[NR], NR
        }'
}

[ -x "$moqt" ] || fail "$moqt: no such program; make build makes it"
echo "A movie: ${seconds} s of H.264 and AAC"
make_movie "$work/source.mp4"
start_relay
client=(--fingerprint "$fingerprint" --max-time 60 "$url")

echo "Publishing in real time"
start sub "$moqt" sub "${client[@]}" demo-movie --wait 20 -o "$work/copy.mp4"
start clock-sub measure_clock
start clock-pub publish_clock
start pub "$moqt" pub "${client[@]}" demo-movie "$work/source.mp4"
began=${EPOCHREALTIME/[.,]/}
finish pub
finish sub
took=$((${EPOCHREALTIME/[.,]/} - began))
touch "$work/over"
for name in clock-pub clock-sub; do finish "$name"; done
kill -TERM "${running[relay]}"
finish relay

[ "$took" -ge $((seconds * 900000)) ] || fail "the movie was not sent in real time: it took $((took / 1000)) ms"
complaints=$(ffmpeg -v error -i "$work/copy.mp4" -f null - 2>&1) || fail "ffmpeg cannot play the copy: $complaints"
[ -z "$complaints" ] || fail "ffmpeg complains about the copy: $complaints"
packets "$work/source.mp4" >"$work/source.packets"
packets "$work/copy.mp4" >"$work/copy.packets"
[ -s "$work/source.packets" ] || fail "the source has no packets"
[ -s "$work/ages" ] || fail "no clock reading arrived"

echo "Arrived in $((took / 1000)) ms: a file of $(stat -c %s "$work/copy.mp4") bytes"
report_tracks "$work/copy.packets" "$work/copy.mp4"
echo "Latency, from a line's writing to the publisher's stdin to its reading from the subscriber's stdout:"
report_latency "$work/ages"
cmp -s "$work/source.packets" "$work/copy.packets" || {
    diff "$work/source.packets" "$work/copy.packets" | head -n 5 >&2 || true
    fail "the copy's packets are not the source's"
}
echo "The copy is the same: $(wc -l <"$work/copy.packets") packets, in number, size and hash; ffmpeg plays it silently"
