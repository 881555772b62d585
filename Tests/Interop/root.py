"""The Debian 13 root in which the peers run."""
import os
import pathlib
import shutil
import socket
import subprocess
import time

from processes import Child, Timeout

here = pathlib.Path(__file__).parent
prefix = None


def prepare(folder):
    """Puts the scripts and a certificate where the peers find them."""
    global prefix
    prefix = pathlib.Path(folder)
    peers = prefix / "root/opt/peers"
    shutil.copytree(here / "peers", peers / "scripts", dirs_exist_ok=True)
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "13",
         "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", peers / "key.pem",
         "-out", peers / "cert.pem"],
        check=True, capture_output=True)


def inside(*command, stdin=None):
    """Starts a command in the root."""
    sudo = [] if os.getuid() == 0 else ["sudo"]
    return Child([*sudo, str(here / "enter.sh"), str(prefix / "root"), *command], stdin)


def script(name, *arguments, stdin=None):
    """Starts one of our scripts with the peers' Python."""
    return inside("/opt/peers/bin/python", f"/opt/peers/scripts/{name}", *map(str, arguments), stdin=stdin)


def free_port():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for_port(port, limit=15):
    """Returns once something listens on a UDP port of the loopback."""
    deadline = time.monotonic() + limit
    wanted = f":{port:04X}"
    while time.monotonic() < deadline:
        with open("/proc/net/udp") as sockets:
            if any(line.split()[1].endswith(wanted) for line in sockets.readlines()[1:]):
                return
        time.sleep(0.05)
    raise Timeout(f"nothing listens on port {port}")
