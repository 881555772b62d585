"""A relay made of moq-ffi: one origin as what is published and what is subscribed to. Prints its port, and runs until killed."""
import asyncio

import moq


async def main():
    origin = moq.OriginProducer()
    server = moq.Server("127.0.0.1:0", publish=origin, subscribe=origin, tls_generate=["localhost", "127.0.0.1"])
    async with server:
        print("listening", server.local_addr, flush=True)
        sessions = set()

        async def serve(request):
            try:
                session = await request.accept()
                await session.closed()
            except moq.Error as error:
                print("session", error, flush=True)

        async for request in server:
            task = asyncio.create_task(serve(request))
            sessions.add(task)
            task.add_done_callback(sessions.discard)


asyncio.run(main())
