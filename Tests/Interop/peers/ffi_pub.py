"""A moq-ffi publisher: the lines of stdin as frames, a group for every ten, once somebody subscribes."""
import argparse
import asyncio
import os
import sys
import time

import moq

arguments = argparse.ArgumentParser()
arguments.add_argument("url")
arguments.add_argument("broadcast")
arguments.add_argument("track")
options = arguments.parse_args()


async def main():
    lines = sys.stdin.buffer.read().splitlines()
    async with moq.Client(options.url, tls_verify=False, websocket_enabled=False, reconnect=False) as client:
        broadcast = client.create_broadcast(options.broadcast)
        track = broadcast.publish_track(options.track)
        broadcast.announce()
        print("announced", flush=True)
        await asyncio.wait_for(track.used(), 15)
        group = None
        for number, line in enumerate(lines):
            if number % 10 == 0:
                if group:
                    group.finish()
                group = track.append_group()
            group.write_frame(line, int(time.time() * 1e6))
            await asyncio.sleep(0.005)
        group.finish()
        # What is finished at once may be cut off behind the last frame.
        await asyncio.sleep(1)
        track.finish()
        await asyncio.sleep(1)
    print("done", flush=True)


asyncio.run(main())
os._exit(0)
