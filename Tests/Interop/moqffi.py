"""moq-ffi 0.4.18 (moq-net): publisher, subscriber and relay. It speaks whatever draft the other side offers alone."""
import ours
import root
from aiomoqt import bind, tap
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
                status = subscriber.finish(30)
                wrong = ours.difference(subscriber.out)
                yield None, wrong and f"{wrong}; {publisher.last_words()}" or (f"sub ended with {status}" if status else "")


def subscribes(draft, transport):
    """It subscribes through our relay to our pub."""
    with ours.relay(draft) as (port, _):
        where = ours.url(transport, port)
        with ours.publisher(where, "ours--track", draft) as publisher:
            with root.script("ffi_sub.py", where, "ours", "track", len(ours.LINES)) as subscriber:
                subscriber.finish(30)
                wrong = ours.difference(subscriber.out)
                yield None, wrong and f"{wrong}; {subscriber.last_words()}"
            publisher.kill()


def our_clients(draft, transport):
    """Our pub and sub through a relay made of it."""
    with root.script("ffi_relay.py") as relay:
        port = int(relay.wait_for(r"listening \S*:(\d+)")[1])
        where = ours.url(transport, port)
        with ours.publisher(where, "ours--track", draft, "--rate", 100) as publisher, ours.subscriber(
            where, "ours--track", draft, "--wait", 10, "--join", 1) as subscriber:
            status = subscriber.finish(30)
            wrong = ours.difference(subscriber.out)
            yield None, wrong and f"{wrong}; {subscriber.last_words()}" or (f"sub ended with {status}" if status else "")
            publisher.kill()


def our_interop(draft, transport):
    """Our interop command against a relay made of it."""
    with root.script("ffi_relay.py") as relay:
        port = int(relay.wait_for(r"listening \S*:(\d+)")[1])
        with ours.moqt(
            "interop", "-r", ours.url(transport, port), "--tls-disable-verify", "--draft", draft) as client:
            client.finish(90)
            yield from tap(client.out.decode(errors="replace"))
