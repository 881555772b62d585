#!/usr/bin/env bash
# Installs the peers into the folder PREFIX, which takes about 2 GB, and nothing anywhere else but debootstrap:
#
#   PREFIX/root      a Debian 13, for Python 3.13: aiomoqt 0.13.3 and moq-ffi 0.4.18 from PyPI, Chromium and Firefox from Debian
#   PREFIX/old       aiomoqt 0.5.3, for this machine's own Python
#
# What is there already is kept. Needs root, or sudo.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
prefix=$1
root=$prefix/root
mkdir -p "$prefix"

as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }
inside() { as_root "$here/enter.sh" "$root" "$@"; }

# Prints the mirror that apt has bookworm or a later Debian from.
mirror() {
    apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Origin: Debian' 'Component: main' |
        grep -v security | head -n 1
}

if [ ! -e "$root/.made" ]; then
    command -v debootstrap >/dev/null || {
        as_root apt-get update -q
        as_root env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends debootstrap
    }
    from=$(mirror)
    echo "interop: Debian 13 into $root"
    as_root rm -rf "$root"
    as_root debootstrap --variant=minbase --include=python3,python3-venv,ca-certificates trixie "$root" \
        "${from:-http://deb.debian.org/debian}" >"$prefix/debootstrap.log" 2>&1 || {
        tail -n 5 "$prefix/debootstrap.log" >&2
        exit 1
    }
    as_root touch "$root/.made"
fi
as_root cp /etc/resolv.conf "$root/etc/resolv.conf"
# What this machine trusts, packages are fetched with.
as_root cp /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/ca-certificates.crt"

if [ ! -e "$root/opt/peers/.made" ]; then
    echo "interop: aiomoqt 0.13.3 and moq-ffi 0.4.18"
    inside sh -ec 'python3 -m venv /opt/peers
        /opt/peers/bin/pip install -q --disable-pip-version-check aiomoqt==0.13.3 moq-rs==0.5.1 moq-ffi==0.4.18
        touch /opt/peers/.made'
fi
if [ ! -e "$root/usr/bin/chromium" ] || [ ! -e "$root/usr/bin/firefox-esr" ]; then
    echo "interop: Chromium and Firefox"
    inside sh -ec 'apt-get update -q >/dev/null
        DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends chromium firefox-esr >/dev/null
        apt-get clean'
fi
if [ ! -e "$prefix/old/.made" ]; then
    echo "interop: aiomoqt 0.5.3"
    python3 -m venv "$prefix/old"
    "$prefix/old/bin/pip" install -q --disable-pip-version-check aiomoqt==0.5.3 qh3==1.7.4
    touch "$prefix/old/.made"
fi
