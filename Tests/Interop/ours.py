"""The commands of moqt under test."""
import contextlib
import os
import tempfile

from processes import Child

DRAFTS = [22, 21, 20, 19, 18, 17, 16, 15, 14]
SCHEMES = {"quic": "moqt", "webtransport": "https"}
LINES = [f"line {number} of the track".encode() for number in range(100)]
BODY = b"".join(line + b"\n" for line in LINES)

program = None


def moqt(*arguments, stdin=None):
    """Starts `moqt`."""
    return Child([program, *map(str, arguments)], stdin)


@contextlib.contextmanager
def relay(draft):
    """A relay that speaks one draft; gives its port and the fingerprint of its certificate."""
    with moqt("relay", "--listen", "127.0.0.1:0", "--draft", draft) as child:
        said = child.wait_for(r"listening on 127\.0\.0\.1:(\d+) .*fingerprint ([0-9a-f]+)")
        yield int(said[1]), said[2]


def url(transport, port, path=""):
    return f"{SCHEMES[transport]}://127.0.0.1:{port}{path}"


def publisher(where, name, draft, *options):
    """Publishes BODY, a line an object, to the first who subscribes."""
    return moqt(
        "pub", "-v", "-k", where, name, "-", "--draft", draft, "--as", "lines", "--start", "subscriber", "--group-size", 10,
        "--max-time", 25, *options, stdin=BODY)


def subscriber(where, name, draft, *options):
    """Subscribes; `result` says what is wrong with what came of BODY."""
    return moqt("sub", "-k", where, name, "--draft", draft, "--as", "lines", "--max-time", 25, *options)


def difference(received):
    """What is wrong with `received`, which should be BODY; nothing if it is."""
    if bytes(received) == BODY:
        return ""
    return f"{len(received.splitlines())} lines came of {len(LINES)}, {len(received)} bytes of {len(BODY)}"
