"""The commands of moqt under test."""
import contextlib
import re

from processes import Child

DRAFTS = [22, 21, 20, 19, 18, 17, 16, 15, 14]
SCHEMES = {"quic": "moqt", "webtransport": "https"}
LINES = [f"line {number} of the track".encode() for number in range(100)]
BODY = b"".join(line + b"\n" for line in LINES)

program = None


def moqt(*arguments, stdin=None, ends=True):
    """Starts `moqt`."""
    return Child([program, *map(str, arguments)], stdin, ends=ends)


@contextlib.contextmanager
def relay(draft):
    """A relay that speaks one draft; gives its port and the fingerprint of its certificate."""
    with moqt("relay", "--listen", "127.0.0.1:0", "--draft", draft) as child:
        said = child.wait_for(r"listening on 127\.0\.0\.1:(\d+) .*fingerprint ([0-9a-f]+)")
        yield int(said[1]), said[2]


def url(transport, port, path=""):
    return f"{SCHEMES[transport]}://127.0.0.1:{port}{path}"


def publisher(where, name, draft, *options, ends=True):
    """Publishes BODY, a line an object, to the first who subscribes; unless it `ends`, it waits for more then."""
    return moqt(
        "pub", "-v", "-k", where, name, "-", "--draft", draft, "--as", "lines", "--start", "subscriber", "--group-size", 10,
        "--max-time", 25, *options, stdin=BODY, ends=ends)


def subscriber(where, name, draft, *options):
    """Subscribes; `result` says what is wrong with what came of BODY."""
    return moqt("sub", "-k", where, name, "--draft", draft, "--as", "lines", "--max-time", 25, *options)


def difference(received):
    """What is wrong with `received`, which should be BODY; nothing if it is."""
    if bytes(received) == BODY:
        return ""
    return f"{len(received.splitlines())} lines came of {len(LINES)}, {len(received)} bytes of {len(BODY)}"


def shortfall(subscriber, witness=None):
    """What is wrong with what `subscriber` has made of BODY once it ends; the last words are those of `witness`."""
    status = subscriber.finish(30)
    if wrong := difference(subscriber.out):
        return f"{wrong}; {(witness or subscriber).last_words()}"
    return f"sub ended with {status}" if status else ""


def pub_to_sub(where, draft, *options):
    """What is wrong with a track that our pub sends to our sub through somebody's relay."""
    # At a rate: some relays cut off a track whose end comes at once.
    with publisher(where, "ours--track", draft, "--rate", 100), subscriber(
        where, "ours--track", draft, "--wait", 10, *options) as reader:
        return shortfall(reader)


def fetched(where, draft):
    """What is wrong with a range that our fetch gets from somebody's relay, of the track that it carries to our sub."""
    with publisher(where, "ours--track", draft, "--rate", 30), subscriber(
        where, "ours--track", draft, "--wait", 10) as reader:
        reader.wait_for(LINES[40].decode())
        with moqt("fetch", "-k", where, "ours--track", "1..2", "--draft", draft, "--as", "lines", "--max-time", 20) as fetch:
            status = fetch.finish(25)
            wanted = b"".join(line + b"\n" for line in LINES[10:30])
            if bytes(fetch.out) == wanted:
                return f"fetch ended with {status}" if status else ""
            return f"{len(fetch.out)} bytes came of {len(wanted)}; {fetch.last_words()}"


def interop(where, draft):
    """The results of our interop command at somebody's relay."""
    with moqt("interop", "-r", where, "--tls-disable-verify", "--draft", draft) as client:
        client.finish(90)
        yield from tap(client.out.decode(errors="replace"))


def tap(text):
    """The results of TAP: pairs of a case's name and what is wrong with it."""
    found = list(re.finditer(r"^(not )?ok \d+ - (\S+)(?: # SKIP (.*))?$", text, re.M))
    if not found:
        yield None, "no result: " + text[-200:]
    for line in found:
        message = re.search(r'message: "(.*)"', text[line.end():].split("\n  ...")[0])
        why = message[1] if message else "failed"
        yield line[2], f"skip: {line[3]}" if line[3] else why if line[1] else ""
