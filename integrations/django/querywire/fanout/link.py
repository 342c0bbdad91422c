"""
This process and the channel layer: what it listens to, what it has to tell, and whether what is told arrives. A Redis that was
flushed forgets who listens and says nothing of it, so the process talks to itself, and joins its groups anew when it does
not hear that. Nothing here fails: while the layer is away, what is to be told waits.
"""

import asyncio
import logging
import secrets
import time
from collections import deque

from channels.layers import get_channel_layer

logger = logging.getLogger(__name__)

OUTBOX = 10_000  # messages; of what is beyond, clients hear by the heads
EVERY_SECONDS = 2
PATIENCE_SECONDS = 3
# The layer forgets members that have been in a group for long (`group_expiry`, a day).
REFRESH_SECONDS = 600


class Link:
    def __init__(self, on_message, on_restored, wanted_groups):
        self.on_message = on_message
        self.on_restored = on_restored
        self.wanted_groups = wanted_groups
        self.layer = get_channel_layer()
        self.name = secrets.token_hex(8)
        self.groups = set()  # joined
        self.outbox = deque(maxlen=OUTBOX)
        self.mail = asyncio.Event()
        self.well = asyncio.Event()  # what is told arrives
        self.lock = asyncio.Lock()  # joining and leaving: one at a time, or the last word is not the last
        self.told = self.heard = 0
        self.echo = asyncio.Event()
        self.tasks = []

    @property
    def own_group(self):
        return f"querywire.{self.name}"

    async def start(self):
        self.channel = await self.layer.new_channel()
        if await self.rejoin():
            self.well.set()
        self.tasks = [asyncio.ensure_future(for_ever(run)) for run in (self.receive, self.send, self.watch)]

    # --- out --------------------------------------------------------------------------------------------------------

    def tell(self, group, message):
        self.outbox.append((group, {**message, "from": self.name}))
        self.mail.set()

    async def send(self):
        while True:
            await self.mail.wait()
            self.mail.clear()
            while self.outbox:
                await self.well.wait()
                first = self.outbox[0]
                if not await self.attempt(self.layer.group_send(*first)):
                    self.well.clear()
                elif self.outbox and self.outbox[0] is first:
                    self.outbox.popleft()

    async def attempt(self, coroutine):
        """
        Whether it came to a good end in time. It is not cancelled: redis-py before 4.5.5 would hand its answer to whoever asks
        next.
        """
        task = asyncio.ensure_future(coroutine)
        task.add_done_callback(lambda ended: ended.cancelled() or ended.exception())  # seen, whenever it comes
        await asyncio.wait({task}, timeout=PATIENCE_SECONDS)
        if not task.done():
            problem = "still waiting"
        elif task.cancelled():
            problem = "cancelled"
        else:
            problem = task.exception()
        if problem:
            logger.warning("the channel layer does not answer: %r", problem)
        return not problem

    # --- in ---------------------------------------------------------------------------------------------------------

    async def receive(self):
        while True:
            try:
                message = await self.layer.receive(self.channel)
            except Exception as error:
                logger.warning("the channel layer cannot be heard: %r", error)
                await asyncio.sleep(0.5)
                continue
            if message.get("from") != self.name:
                self.on_message(message)
            elif message["type"] == "echo":
                self.heard = message["number"]
                self.echo.set()

    async def join(self, group):
        """
        A group that is among the wanted ones by now. When it returns, what is told to the group arrives, or will be looked for
        as soon as the layer works: nobody waits for that.
        """
        if not self.well.is_set():
            return
        async with self.lock:
            if group in self.groups or not self.well.is_set():
                return
            if await self.attempt(self.layer.group_add(group, self.channel)):
                self.groups.add(group)
            else:
                self.well.clear()

    async def rejoin(self):
        """Into all groups that are wanted, out of all others."""
        async with self.lock:
            left = self.groups - self.all_wanted()
            self.groups = set()
            for group in left:
                if not await self.attempt(self.layer.group_discard(group, self.channel)):
                    return False
            return await self.add_missing()

    async def rejoin_missing(self):
        async with self.lock:
            return await self.add_missing()

    async def add_missing(self):
        while missing := self.all_wanted() - self.groups:
            for group in missing:
                if not await self.attempt(self.layer.group_add(group, self.channel)):
                    return False
                self.groups.add(group)
        return True

    def all_wanted(self):
        return self.wanted_groups() | {self.own_group}

    # --- whether it works -------------------------------------------------------------------------------------------

    async def watch(self):
        refreshed = time.monotonic()
        while True:
            if self.well.is_set() and await self.is_heard():
                await asyncio.sleep(EVERY_SECONDS)
                if time.monotonic() - refreshed < REFRESH_SECONDS:
                    continue
            elif self.well.is_set():
                logger.warning("the channel layer has lost this process")
                self.well.clear()
            # Once more after the echo, for what came to be wanted while it was on its way: nothing is waited for in between.
            if not (await self.rejoin() and await self.is_heard() and await self.rejoin_missing()):
                self.well.clear()
                await asyncio.sleep(0.5)
                continue
            refreshed = time.monotonic()
            if not self.well.is_set():
                self.well.set()
                self.on_restored()

    async def is_heard(self):
        """Says something to itself, by way of the layer."""
        self.told += 1
        self.echo.clear()
        message = {"type": "echo", "number": self.told, "from": self.name}
        if not await self.attempt(self.layer.group_send(self.own_group, message)):
            return False
        until = time.monotonic() + PATIENCE_SECONDS
        while self.heard < self.told and time.monotonic() < until:
            self.echo.clear()
            try:
                await asyncio.wait_for(self.echo.wait(), until - time.monotonic())
            except asyncio.TimeoutError:
                break
        return self.heard >= self.told


async def for_ever(run):
    """What it does not expect must not end it."""
    while True:
        try:
            await run()
        except Exception:
            logger.exception("begins again")
            await asyncio.sleep(0.5)
