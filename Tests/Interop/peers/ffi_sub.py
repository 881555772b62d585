"""A moq-ffi subscriber: writes COUNT frames of a track as lines on stdout, groups in their order."""
import argparse
import asyncio
import os
import sys

import moq

arguments = argparse.ArgumentParser()
arguments.add_argument("url")
arguments.add_argument("broadcast")
arguments.add_argument("track")
arguments.add_argument("count", type=int)
options = arguments.parse_args()


async def main():
    left = options.count
    async with moq.Client(options.url, tls_verify=False, websocket_enabled=False, reconnect=False) as client:
        broadcast = await client._consumer.announced_broadcast(options.broadcast)
        track = await broadcast.subscribe_track(options.track, moq.Subscription(max_age_us=20_000_000))
        print("subscribed", file=sys.stderr, flush=True)
        groups = {}
        async for group in track.groups_as_arrived():
            frames = groups.setdefault(group.sequence, [])
            while (frame := await group.read_frame()) is not None:
                frames.append(frame.payload)
                left -= 1
                if left == 0:
                    break
            if left == 0:
                break
    for sequence in sorted(groups):
        for payload in groups[sequence]:
            sys.stdout.buffer.write(payload + b"\n")
    sys.stdout.flush()


asyncio.run(asyncio.wait_for(main(), 20))
os._exit(0)
