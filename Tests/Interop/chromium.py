"""Chromium: a page with WebTransport that subscribes to a live track of ours, and one that publishes."""
import json

import ours
import root
from aiomoqt import bind
from results import Job

PEER = "Chromium"
#: Those whose control messages the page knows.
DRAFTS = [22, 21, 20, 19, 18]


def jobs():
    for draft in DRAFTS:
        yield Job(PEER, "subscriber", draft, "webtransport", "subscribes to our pub", bind(subscribes, draft, "webtransport"))
        yield Job(PEER, "publisher", draft, "webtransport", "publishes to our sub", bind(publishes, draft, "webtransport"))


def page(draft, port, fingerprint, script):
    return root.script("page.py", ours.url("webtransport", port, "/moq"), fingerprint, f"moqt-{draft}", script)


def outcome(page, draft):
    """What the page returned, once it ended. Raises what went wrong in it."""
    page.finish(60)
    result = json.loads(page.out or b"{}")
    if "value" not in result or result.get("protocol") != f"moqt-{draft}":
        raise RuntimeError(f"{result.get('error') or result}")
    return result["value"]


def subscribes(draft, transport):
    with ours.relay(draft) as (port, fingerprint):
        with ours.publisher(ours.url("quic", port), "ours--track", draft) as publisher:
            publisher.wait_for("accepted")
            with page(draft, port, fingerprint, 'return await subscribe(transport, "ours", "track");') as browser:
                received = outcome(browser, draft)
                yield None, ours.difference("".join(line + "\n" for line in received).encode())


def publishes(draft, transport):
    lines = json.dumps([line.decode() for line in ours.LINES])
    with ours.relay(draft) as (port, fingerprint):
        with page(draft, port, fingerprint, f'return await publish(transport, "page", {lines});') as browser:
            with ours.subscriber(ours.url("quic", port), "page--track", draft, "--wait", 20) as subscriber:
                status = subscriber.finish(40)
                wrong = ours.difference(subscriber.out)
                if wrong:
                    wrong += f"; {outcome(browser, draft)}"
                yield None, wrong or (f"sub ended with {status}" if status else "")
