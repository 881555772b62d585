"""aiomoqt 0.5.3, which speaks draft-14 over WebTransport: its interop client, publisher and subscriber."""
import ours
import root
from aiomoqt import bind, gaps, miscount
from processes import Child
from results import Job

PEER = "aiomoqt 0.5.3"


def jobs():
    for role, case, run in [
        ("interop client", "its cases", its_client), ("publisher", "publishes to our sub", publishes),
        ("subscriber", "subscribes to our pub", subscribes),
    ]:
        yield Job(PEER, role, 14, "webtransport", case, bind(run, 14, "webtransport"))


def example(name, *arguments):
    script = str(root.here / "peers/old_example.py")
    return Child([str(root.prefix / "old/bin/python"), script, name, *map(str, arguments)])


def its_client(draft, transport):
    """Its interop client against our relay."""
    with ours.relay(draft) as (port, _), example(
        "moq_interop_client", "-r", ours.url(transport, port, "/moq"), "--tls-disable-verify") as client:
        client.finish(60)
        yield from ours.tap(client.out.decode(errors="replace"))


def publishes(draft, transport):
    """It publishes through our relay to our sub."""
    with ours.relay(draft) as (port, _), example(
        "bench_pub", ours.url(transport, port, "/moq"), "-n", "old", "--trackname", "track", "-s", 1000, "-g", 25, "-r",
        100, "-t", 12) as publisher, ours.moqt(
        "sub", "-k", ours.url(transport, port), "old--track", "--draft", draft, "--wait", 10, "-n", 200, "-F",
        "%g/%o %s\\n", "--max-time", 20) as subscriber:
        status = subscriber.finish(25)
        yield None, gaps(subscriber.out.decode(), 200, 25) or (f"sub ended with {status}" if status else "")


def subscribes(draft, transport):
    """It subscribes through our relay to our pub."""
    with ours.relay(draft) as (port, _), ours.publisher(
        ours.url(transport, port), "ours--track", draft, "--rate", 50) as publisher:
        publisher.wait_for("accepted")
        with example(
            "bench_sub", ours.url(transport, port, "/moq"), "-n", "ours", "--trackname", "track", "-t", 6) as subscriber:
            subscriber.finish(30)
            yield None, miscount(subscriber.out + subscriber.err)
