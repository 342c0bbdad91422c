"""
What is on its way to the sockets of this process. The process joins a group once, however many of its sockets want to hear
it; what all of them read alike becomes text once, and what has gathered meanwhile goes out together.
"""

import asyncio
import logging
import time
from weakref import WeakKeyDictionary

from ..access.tokens import FORBIDDEN
from ..chat import log, presence, rooms
from ..database import in_database
from .audience import Audience
from .draining import drain_on_sigterm
from .groups import PRESENCE, room_group, user_group
from .link import Link, for_ever
from .news import News
from .texts import Texts

logger = logging.getLogger(__name__)

# The heartbeat comes every 30 s; presence need not hear of every ping of an impatient client.
PRESENCE_SECONDS = 20
CATCH_UP_AGAIN_SECONDS = 1
TURN = 50  # sockets; then others have the loop


class Hub:
    def __init__(self):
        self.audience = Audience()
        self.link = Link(self.take, self.restored, self.audience.wanted_groups)
        self.news = News(self.audience, self.pass_on_soon)
        self.pending = []
        self.arrived = asyncio.Event()
        self.alive = {}  # user by channel name, of the sockets that were heard of lately
        self.tasks = []

    async def start(self):
        await self.link.start()
        loops = (self.deliver, self.news.tell, self.report_alive)
        self.tasks = [asyncio.ensure_future(for_ever(run)) for run in loops]

    # --- sockets ----------------------------------------------------------------------------------------------------

    async def enter(self, socket):
        """First: an end of a membership, or of the account, that comes after it was asked for is heard."""
        self.audience.enter(socket)
        await self.link.join(user_group(socket.user.pk))
        await self.link.join(PRESENCE)
        mine = set(await in_database(rooms.rooms_of, socket.user)) - socket.parted
        for room_id in mine:
            self.audience.bring([socket], room_id)
        for room_id in mine:
            await self.link.join(room_group(room_id))

    async def listen(self, socket, room_id):
        self.audience.listen(socket, room_id)
        await self.link.join(room_group(room_id))

    def leave(self, socket):
        self.alive.pop(socket.channel_name, None)
        self.audience.leave(socket)

    # --- what comes in ----------------------------------------------------------------------------------------------

    def tell(self, messages):
        """The sockets here hear it without the detour, whatever becomes of the channel layer."""
        for group, message in messages:
            if message["type"] in self.READERS:
                self.take(message)
            self.link.tell(group, message)

    def take(self, message):
        if message["type"] == "presence":
            self.news.status(message)
        else:
            self.pass_on_soon([message])

    def pass_on_soon(self, messages):
        self.pending += messages
        self.arrived.set()

    async def deliver(self):
        while True:
            await self.arrived.wait()
            self.arrived.clear()
            started = time.monotonic()
            messages, self.pending = self.pending, []
            await self.pass_on(messages)
            # As long again for everything else: the busier it is, the more goes out together.
            await asyncio.sleep(time.monotonic() - started)

    async def pass_on(self, messages):
        frames_of = {}
        for message in messages:
            for socket, frames in self.READERS[message["type"]](self, message):
                frames_of.setdefault(socket, []).extend(frames)
        texts = Texts()
        for count, (socket, frames) in enumerate(frames_of.items(), 1):
            try:
                await socket.hear(texts.of(frames, str(socket.user.pk), socket.level))
            except Exception:
                logger.exception("could not write to a socket")
            if count % TURN == 0:
                await asyncio.sleep(0)

    def readers_of_room(self, message):
        room_id, frames = message["room_id"], message["frames"]
        room = self.audience.rooms.get(room_id)
        if room is None:
            return
        if message["is_moved"]:
            self.news.room_moved(room_id)
        for frame in frames:
            if "seq" in frame:
                self.audience.passed_on(room_id, frame)
        for socket in list(room.sockets) if frames else ():
            if socket.channel_name != message["skip"]:
                yield socket, frames

    def readers_of_user(self, message):
        here = list(self.audience.of_user(message["user_id"]))
        for frame in message["frames"]:
            room_id = room_in(frame)
            for socket in here:
                if socket.own_room in (None, room_id):
                    yield socket, [frame]
            if frame["type"] == "room_added":
                self.audience.bring(here, room_id)
                asyncio.ensure_future(self.link.join(room_group(room_id)))
            elif frame["type"] == "room_removed":
                self.audience.part(here, room_id)

    def readers_of_presence(self, message):
        for socket in self.audience.of_rooms(message["room_ids"]) - self.audience.of_user(message["user_id"]):
            yield socket, [message["frame"]]

    def readers_of_end(self, message):
        for socket in self.audience.of_user(message["user_id"]):
            asyncio.ensure_future(socket.close(FORBIDDEN))
        return ()

    READERS = {
        "room": readers_of_room,
        "user": readers_of_user,
        "presence": readers_of_presence,
        "dismissed": readers_of_end,
    }

    # --- from the database ------------------------------------------------------------------------------------------

    def restored(self):
        asyncio.ensure_future(self.catch_up())

    async def catch_up(self):
        """What others told while this process could not hear is in the log."""
        try:
            missed = await in_database(log.missed, self.audience.heads())
        except Exception as error:
            logger.warning("could not catch up: %r", error)
            return asyncio.get_running_loop().call_later(CATCH_UP_AGAIN_SECONDS, self.restored)
        for room_id, frames in missed.items():
            self.take({"type": "room", "room_id": room_id, "frames": frames, "is_moved": False, "skip": None})
        self.news.room_moved(*self.audience.rooms)

    async def report_alive(self):
        while True:
            await asyncio.sleep(PRESENCE_SECONDS)
            alive, self.alive = self.alive, {}
            if not alive:
                continue
            for user_id in await in_database(presence.seen, alive, purpose="heartbeats"):
                self.take({"type": "dismissed", "user_id": str(user_id)})


def room_in(frame):
    """The room a frame is about."""
    data = frame.get("data", {})
    return frame.get("room_id") or data.get("room_id") or data.get("room", {}).get("id")


hubs = WeakKeyDictionary()


def hub_here():
    """That of the running event loop, if it serves sockets."""
    return hubs.get(asyncio.get_running_loop())


async def hub_for_sockets():
    hub = hub_here()
    if hub is None:
        hub = hubs[asyncio.get_running_loop()] = Hub()
        hub.started = asyncio.ensure_future(hub.start())
        drain_on_sigterm(hub)
    await asyncio.shield(hub.started)
    return hub
