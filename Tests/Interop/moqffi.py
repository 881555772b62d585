"""moq-ffi 0.4.18 (moq-net): publisher, subscriber and relay. It speaks whatever draft the other side offers alone."""
import contextlib

import ours
import root
from aiomoqt import bind
from results import Job

PEER = "moq-ffi 0.4.18"


def jobs():
    for draft in ours.DRAFTS:
        for transport in ours.SCHEMES:
            for role, case, run in [
                ("publisher", "publishes to our sub", publishes),
                ("subscriber", "subscribes to our pub", subscribes),
                ("relay", "our pub and sub", our_clients),
                ("relay", "our interop", our_interop),
            ]:
                yield Job(PEER, role, draft, transport, case, bind(run, draft, transport))


def publishes(draft, transport):
    """It publishes through our relay to our sub."""
    with ours.relay(draft) as (port, _):
        where = ours.url(transport, port)
        with root.script("ffi_pub.py", where, "ffi", "track", stdin=ours.BODY) as publisher:
            publisher.wait_for("announced")
            with ours.subscriber(where, "ffi--track", draft, "--wait", 10) as subscriber:
                yield None, ours.shortfall(subscriber, publisher)


def subscribes(draft, transport):
    """It subscribes through our relay to our pub, which stays: what it has not read it drops with the namespace."""
    with ours.relay(draft) as (port, _):
        where = ours.url(transport, port)
        with ours.publisher(where, "ours--track", draft, ends=False), root.script(
            "ffi_sub.py", where, "ours", "track", len(ours.LINES)) as subscriber:
            subscriber.finish(30)
            wrong = ours.difference(subscriber.out)
            yield None, wrong and f"{wrong}; {subscriber.last_words()}"


@contextlib.contextmanager
def relay():
    """A relay made of it; gives its port."""
    with root.script("ffi_relay.py") as child:
        yield int(child.wait_for(r"listening \S*:(\d+)")[1])


def our_clients(draft, transport):
    """Our pub and sub through a relay made of it, which answers SUBSCRIBE after the first objects have come."""
    with relay() as port:
        yield None, ours.pub_to_sub(ours.url(transport, port), draft, "--join", 1)


def our_interop(draft, transport):
    """Our interop command against a relay made of it."""
    with relay() as port:
        yield from ours.interop(ours.url(transport, port), draft)
