"""aiomoqt 0.13.3: its interop client, publisher, subscriber and relay."""
import contextlib
import re

import ours
import root
from results import Job

DRAFTS = [22, 20, 18, 16, 14]
PEER = "aiomoqt 0.13.3"


def jobs():
    for draft in DRAFTS:
        for transport in ours.SCHEMES:
            for role, case, run in [
                ("interop client", "its cases", its_client),
                ("publisher", "publishes to our sub", publishes),
                ("subscriber", "subscribes to our pub", subscribes),
                ("relay", "our pub and sub", our_clients),
                ("relay", "our fetch", our_fetch),
                ("relay", "our interop", our_interop),
            ]:
                yield Job(PEER, role, draft, transport, case, bind(run, draft, transport))


def bind(run, draft, transport):
    return lambda: run(draft, transport)


def tool(name, *arguments):
    return root.inside(f"/opt/peers/bin/{name}", *map(str, arguments))


def its_client(draft, transport):
    """Its interop client against our relay."""
    with ours.relay(draft) as (port, _), tool(
        "moq-interop-client", "-r", ours.url(transport, port), "--tls-disable-verify", "--draft", draft) as client:
        client.finish(90)
        yield from ours.tap(client.out.decode(errors="replace"))


def publishes(draft, transport):
    """It publishes through our relay to our sub: every object from the first that came, with no gap."""
    with ours.relay(draft) as (port, _), tool(
        "moq-pub-bench", ours.url(transport, port), "-k", "--draft", draft, "-N", "aio", "-T", "track", "-s", 1000, "-r",
        100, "-g", 25, "-t", 8) as publisher:
        publisher.wait_for("waiting for subscriber")
        with ours.moqt(
            "sub", "-k", ours.url(transport, port), "aio--track", "--draft", draft, "--wait", 10, "-n", 200, "-F",
            "%g/%o %s\\n", "--max-time", 20) as subscriber:
            status = subscriber.finish(25)
            yield None, gaps(subscriber.out.decode(), 200, 25) or (f"sub ended with {status}" if status else "")


def gaps(text, count, group_size):
    """What is wrong with `count` lines of group/object and size, from any object on."""
    seen = [tuple(map(int, re.split("[/ ]", line))) for line in text.splitlines()]
    if len(seen) != count:
        return f"{len(seen)} objects came of {count}"
    for (group, object_, _), (next_group, next_object, size) in zip(seen, seen[1:]):
        after = (group, object_ + 1) if object_ + 1 < group_size else (group + 1, 0)
        if (next_group, next_object) != after or size < 1000:
            return f"{next_group}/{next_object} of {size} bytes follows {group}/{object_}"
    return ""


def subscribes(draft, transport):
    """It subscribes through our relay to our pub."""
    with ours.relay(draft) as (port, _), ours.publisher(
        ours.url(transport, port), "ours--track", draft, "--rate", 50), tool(
        "moq-sub-bench", ours.url(transport, port), "-k", "--draft", draft, "-N", "ours", "-T", "track", "-t", 5,
        "--timestamp-errors", "report") as subscriber:
        subscriber.finish(30)
        yield None, miscount(subscriber.out)


def miscount(said):
    """What is wrong with the number of objects in the summary of a subscriber to our pub."""
    count = re.search(r"Objects: +([\d,]+)", said.decode(errors="replace"))
    received = int(count[1].replace(",", "")) if count else 0
    return "" if received == len(ours.LINES) else f"it counts {received} objects of {len(ours.LINES)}"


@contextlib.contextmanager
def relay(draft):
    """Its relay, on both transports; gives its port."""
    port = root.free_port()
    with tool(
        "moq-interop-relay", "--bind", "127.0.0.1", "--port", port, "--dual", "--draft", draft, "--cert",
        "/opt/peers/cert.pem", "--key", "/opt/peers/key.pem"):
        root.wait_for_port(port)
        yield port


def our_clients(draft, transport):
    """Our pub and sub through its relay."""
    with relay(draft) as port:
        yield None, ours.pub_to_sub(ours.url(transport, port), draft)


def our_fetch(draft, transport):
    """Our fetch of groups that its relay has passed on to our sub."""
    with relay(draft) as port:
        yield None, ours.fetched(ours.url(transport, port), draft)


def our_interop(draft, transport):
    """Our interop command against its relay."""
    with relay(draft) as port:
        yield from ours.interop(ours.url(transport, port), draft)
