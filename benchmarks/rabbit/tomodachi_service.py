"""A service of tomodachi that handles so many messages, and prints how many there were for each second; run by its own Python."""

import asyncio
import os
import time

import tomodachi
from tomodachi.envelope import JsonBase

COUNT = int(os.environ["PEER_COUNT"])
SECONDS = float(os.environ["PEER_SECONDS"])
TOPIC = os.environ["PEER_TOPIC"]
PREFETCH = int(os.environ["PEER_PREFETCH"])


class Peer(tomodachi.Service):
    name = "peer"
    options = tomodachi.Options(
        amqp=tomodachi.Options.AMQP(
            host="127.0.0.1",
            port=int(os.environ["PEER_PORT"]),
            login="guest",
            password="guest",  # what a new node has
            qos=tomodachi.Options.AMQP.QOS(queue_prefetch_count=PREFETCH),
        )
    )
    handled = 0
    begun = 0.0

    @tomodachi.amqp(TOPIC, queue_name=TOPIC, competing=True, message_envelope=JsonBase)
    async def handle(self, data) -> None:
        if SECONDS:
            await asyncio.sleep(SECONDS)
        self.begun = self.begun or time.perf_counter()
        self.handled += 1
        if self.handled == COUNT:
            print("rate", COUNT / (time.perf_counter() - self.begun), flush=True)
