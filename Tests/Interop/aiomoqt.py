"""aiomoqt 0.13.3: its interop client, publisher, subscriber and relay."""
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
    with ours.relay(draft) as (port, _), ours.moqt(
        "pub", "-k", ours.url(transport, port), "ours--track", "-", "--draft", draft, "--as", "lines", "--start",
        "subscriber", "--rate", 50, "--group-size", 10, "--max-time", 25, stdin=ours.BODY) as publisher:
        with tool(
            "moq-sub-bench", ours.url(transport, port), "-k", "--draft", draft, "-N", "ours", "-T", "track", "-t", 5,
            "--timestamp-errors", "report") as subscriber:
            subscriber.finish(30)
            said = subscriber.out.decode(errors="replace")
            count = re.search(r"Objects: +([\d,]+)", said)
            received = int(count[1].replace(",", "")) if count else 0
            yield None, "" if received == len(ours.LINES) else f"it counts {received} objects of {len(ours.LINES)}"
        publisher.kill()


def relay(draft):
    """Its relay, on both transports."""
    port = root.free_port()
    child = tool(
        "moq-interop-relay", "--bind", "127.0.0.1", "--port", port, "--dual", "--draft", draft, "--cert",
        "/opt/peers/cert.pem", "--key", "/opt/peers/key.pem")
    return child, port


def our_clients(draft, transport):
    """Our pub and sub through its relay."""
    child, port = relay(draft)
    with child:
        root.wait_for_port(port)
        where = ours.url(transport, port)
        with ours.publisher(where, "ours--track", draft, "--rate", 100) as publisher, ours.subscriber(
            where, "ours--track", draft, "--wait", 10) as subscriber:
            status = subscriber.finish(30)
            wrong = ours.difference(subscriber.out)
            yield None, wrong and f"{wrong}; {subscriber.last_words()}" or (f"sub ended with {status}" if status else "")
            publisher.kill()


def our_interop(draft, transport):
    """Our interop command against its relay."""
    child, port = relay(draft)
    with child:
        root.wait_for_port(port)
        with ours.moqt(
            "interop", "-r", ours.url(transport, port), "--tls-disable-verify", "--draft", draft) as client:
            client.finish(90)
            yield from tap(client.out.decode(errors="replace"))
