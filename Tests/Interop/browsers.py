"""Browsers: a page with WebTransport that subscribes to a live track of ours, and one that publishes."""
import json

import ours
import root
from aiomoqt import bind
from results import Job

#: Their names, programs, and the drafts of whose control messages the page knows enough. Firefox 140 cannot ask for a
#: protocol: what it gets is draft 14, which says its version in SETUP.
BROWSERS = [("Chromium", "chromium", [22, 21, 20, 19, 18, 14]), ("Firefox", "firefox-esr", [14])]


def jobs():
    for peer, program, drafts in BROWSERS:
        for draft in drafts:
            for role, case, run in [
                ("subscriber", "subscribes to our pub", subscribes), ("publisher", "publishes to our sub", publishes),
            ]:
                yield Job(peer, role, draft, "webtransport", case, bind(run, program, draft))


def protocol(draft):
    return "moq-00" if draft == 14 else f"moqt-{draft}"


def page(program, draft, port, fingerprint, script):
    return root.script("page.py", program, ours.url("webtransport", port, "/moq"), fingerprint, protocol(draft), script)


def outcome(page, draft):
    """What the page returned, once it ended. Raises what went wrong in it."""
    page.finish(60)
    result = json.loads(page.out or b"{}")
    if "value" not in result or (result.get("protocol") or protocol(draft)) != protocol(draft):
        raise RuntimeError(f"{result.get('error') or result}")
    return result["value"]


def subscribes(program, draft):
    with ours.relay(draft) as (port, fingerprint):
        with ours.publisher(ours.url("quic", port), "ours--track", draft) as publisher:
            publisher.wait_for("accepted")
            with page(program, draft, port, fingerprint, 'return await subscribe(transport, "ours", "track");') as browser:
                received = outcome(browser, draft)
                yield None, ours.difference("".join(line + "\n" for line in received).encode())


def publishes(program, draft):
    lines = json.dumps([line.decode() for line in ours.LINES])
    with ours.relay(draft) as (port, fingerprint):
        with page(program, draft, port, fingerprint, f'return await publish(transport, "page", {lines});') as browser:
            with ours.subscriber(ours.url("quic", port), "page--track", draft, "--wait", 20) as subscriber:
                status = subscriber.finish(40)
                wrong = ours.difference(subscriber.out)
                if wrong:
                    wrong += f"; {outcome(browser, draft)}"
                yield None, wrong or (f"sub ended with {status}" if status else "")
