#!/usr/bin/env bash
# Real peers against this program, on the loopback: installs them, runs every case and prints the table. Options of
# table.py choose some of it.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
prefix=${MOQT_INTEROP_PREFIX:-$root/.build-interop}
"$here/install.sh" "$prefix"
exec python3 "$here/table.py" "$root/.build/release/moqt" "$prefix" "$@"
