#!/usr/bin/env bash
# Builds the many clients, unpacks ngtcp2's example server of the library's own version, and measures what connections
# cost the relay, and what a bad link costs the others.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$here/../..
swift=$(command -v swift || echo /opt/swift/usr/bin/swift)
prefix=$root/.build-bench

MOQT_BENCH=1 "$swift" build --package-path "$root" -c release --product bench-connections >"$root/.build/bench.log" 2>&1 || {
    grep error "$root/.build/bench.log" >&2
    exit 1
}

server=$prefix/usr/sbin/gtlsserver
if [ ! -x "$server" ]; then
    mkdir -p "$prefix"
    version=$(dpkg-query -W -f '${Version}' libngtcp2-dev)
    (cd "$prefix" && apt-get download -q "ngtcp2-server=$version" libev4 && for package in ./*.deb; do dpkg -x "$package" .; done)
fi
libraries=$(dirname "$(find "$prefix" -name 'libev.so.4' | head -n 1)")
moqt=$root/.build/release/moqt
bench=$root/.build/release/bench-connections
LD_LIBRARY_PATH=$libraries${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH} \
    python3 "$here/connections.py" "$moqt" "$bench" --server "$server"
python3 "$here/badlink.py" "$moqt" "$bench"
