"""
The sockets of this process, by room and user, and what is on its way to them. The process joins a group once, however many of
its sockets want to hear it; what all of them read alike becomes text once, and what has gathered meanwhile goes out
together.
"""

import asyncio
import logging
import time
from collections import defaultdict
from dataclasses import dataclass, field
from weakref import WeakKeyDictionary

from ..access.tokens import FORBIDDEN
from ..chat import log, presence, rooms
from ..database import in_database
from ..protocol.errors import ChatError
from .groups import PRESENCE, room_group, user_group
from .link import Link, for_ever
from .texts import Texts

logger = logging.getLogger(__name__)

# The heartbeat comes every 30 s; presence need not hear of every ping of an impatient client.
PRESENCE_SECONDS = 20
# At once where it is quiet, and to no more than so many people in a second.
NEWS_PER_SECOND = 500
SLOWEST_NEWS_SECONDS = 5
TURN = 50  # sockets; then others have the loop


@dataclass
class Room:
    sockets: set = field(default_factory=set)  # have it open: its events
    people: set = field(default_factory=set)  # are of its members: news about it
    head: dict = None  # the newest event that was passed on


class Hub:
    def __init__(self):
        self.link = Link(self.take, self.restored, self.wanted_groups)
        self.rooms = defaultdict(Room)
        self.users = defaultdict(set)
        self.places = defaultdict(set)  # the rooms that know a socket
        self.pending = []
        self.arrived = asyncio.Event()
        self.moved = set()  # rooms whose members have not been told how they look now
        self.statuses = []  # of people, not told yet
        self.has_news = asyncio.Event()  # of either
        self.alive = {}  # user by channel name, of the sockets that were heard of lately
        self.tasks = []

    async def start(self):
        await self.link.start()
        self.tasks = [asyncio.ensure_future(for_ever(run)) for run in (self.deliver, self.show_news, self.report_alive)]

    def wanted_groups(self):
        rooms_here = {room_group(room_id) for room_id, room in self.rooms.items() if room.sockets or room.people}
        return {PRESENCE} | rooms_here | {user_group(user_id) for user_id, here in self.users.items() if here}

    # --- sockets ----------------------------------------------------------------------------------------------------

    async def enter(self, socket):
        """First: an end of a membership, or of the account, that comes after it was asked for is heard."""
        self.users[str(socket.user.pk)].add(socket)
        await self.link.join(user_group(socket.user.pk))
        await self.link.join(PRESENCE)
        mine = set(await in_database(rooms.rooms_of, socket.user)) - socket.parted
        for room_id in mine:
            self.rooms[room_id].people.add(socket)
        self.places[socket].update(mine)
        for room_id in mine:
            await self.link.join(room_group(room_id))

    async def listen(self, socket, room_id):
        self.rooms[room_id].sockets.add(socket)
        self.places[socket].add(room_id)
        await self.link.join(room_group(room_id))

    def unlisten(self, socket, room_id):
        socket.rooms.discard(room_id)
        if room_id in self.rooms:
            self.rooms[room_id].sockets.discard(socket)

    def leave(self, socket):
        self.alive.pop(socket.channel_name, None)
        self.users[str(socket.user.pk)].discard(socket)
        if not self.users[str(socket.user.pk)]:
            del self.users[str(socket.user.pk)]
        for room_id in self.places.pop(socket, ()):
            room = self.rooms[room_id]
            room.sockets.discard(socket)
            room.people.discard(socket)
            if not room.sockets and not room.people:
                del self.rooms[room_id]

    def passed_on(self, room_id, head):
        """What is up to here, this process need not look for when it has been cut off."""
        room = self.rooms.get(room_id)
        if room and (room.head is None or room.head["epoch"] != head["epoch"] or room.head["seq"] < head["seq"]):
            room.head = {"seq": head["seq"], "epoch": head["epoch"]}

    # --- what comes in ----------------------------------------------------------------------------------------------

    def tell(self, messages):
        """The sockets here hear it without the detour, whatever becomes of the channel layer."""
        for group, message in messages:
            if message["type"] in self.READERS:
                self.take(message)
            self.link.tell(group, message)

    def take(self, message):
        if message["type"] == "presence":
            self.statuses.append(message)
            self.has_news.set()
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
            try:
                await self.pass_on(messages)
            except Exception:
                logger.exception("could not pass on")
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
                await socket.send(text_data=texts.of(frames, str(socket.user.pk), socket.level))
            except Exception:
                logger.exception("could not write to a socket")
            if count % TURN == 0:
                await asyncio.sleep(0)

    def readers_of_room(self, message):
        room_id, frames = message["room_id"], message["frames"]
        if room_id not in self.rooms:
            return
        if message["is_moved"]:
            self.moved.add(room_id)
            self.has_news.set()
        for frame in frames:
            if "seq" in frame:
                self.passed_on(room_id, frame)
        for socket in list(self.rooms[room_id].sockets) if frames else ():
            if socket.channel_name != message["skip"]:
                yield socket, frames

    def readers_of_user(self, message):
        here = list(self.users.get(message["user_id"], ()))
        for frame in message["frames"]:
            room_id = room_in(frame)
            for socket in here:
                if socket.own_room in (None, room_id):
                    yield socket, [frame]
            if frame["type"] == "room_added":
                self.bring(here, room_id)
            elif frame["type"] == "room_removed":
                self.part(here, room_id)

    def readers_of_presence(self, message):
        people = set()
        for room_id in message["room_ids"]:
            if room_id in self.rooms:
                people |= self.rooms[room_id].people
        for socket in people - self.users.get(message["user_id"], set()):
            yield socket, [message["frame"]]

    def readers_of_end(self, message):
        for socket in self.users.get(message["user_id"], ()):
            asyncio.ensure_future(socket.close(FORBIDDEN))
        return ()

    READERS = {
        "room": readers_of_room,
        "user": readers_of_user,
        "presence": readers_of_presence,
        "dismissed": readers_of_end,
    }

    def bring(self, sockets, room_id):
        self.rooms[room_id].people.update(sockets)
        for socket in sockets:
            self.places[socket].add(room_id)
        asyncio.ensure_future(self.link.join(room_group(room_id)))

    def part(self, sockets, room_id):
        for socket in sockets:
            self.unlisten(socket, room_id)
            socket.parted.add(room_id)
        if room_id in self.rooms:
            self.rooms[room_id].people.difference_update(sockets)

    # --- from the database ------------------------------------------------------------------------------------------

    async def show_news(self):
        """
        What can wait a little and costs something for each member: how rooms look in their lists, which is read after the
        commit, once for many changes; and who came and went.
        """
        pause = 0.02
        while True:
            await self.has_news.wait()
            await asyncio.sleep(pause)
            started = time.monotonic()
            self.has_news.clear()
            statuses, self.statuses = self.statuses, []
            self.pass_on_soon(statuses)
            views = await self.read_views()
            self.pass_on_soon(views)
            told = len(self.places) if statuses else len(views)
            slow = max(0.02, 10 * (time.monotonic() - started), told / NEWS_PER_SECOND)
            pause = min(slow, SLOWEST_NEWS_SECONDS)

    async def read_views(self):
        moved, self.moved = self.moved, set()
        users = {room_id: self.lookers_at(room_id) for room_id in moved if room_id in self.rooms}
        try:
            frames_of = await in_database(rooms.views, users) if users else {}
        except Exception as error:
            logger.warning("could not read what members see: %r", error)
            self.moved |= moved
            asyncio.get_running_loop().call_later(1, self.has_news.set)
            return []
        return [{"type": "user", "user_id": str(user), "frames": frames} for user, frames in frames_of.items()]

    def lookers_at(self, room_id):
        people = self.rooms[room_id].people if room_id in self.rooms else ()
        return {socket.user.pk for socket in people if socket.own_room in (None, room_id)}

    def restored(self):
        asyncio.ensure_future(self.catch_up())

    async def catch_up(self):
        """What others told while this process could not hear is in the log."""
        heads = {room_id: room.head for room_id, room in self.rooms.items() if room.sockets and room.head}
        try:
            for room_id, frames in (await in_database(log.missed, heads)).items():
                self.take({"type": "room", "room_id": room_id, "frames": frames, "is_moved": False, "skip": None})
        except ChatError as error:
            logger.warning("could not catch up: %s", error)
        self.moved |= set(self.rooms)
        self.has_news.set()

    async def report_alive(self):
        while True:
            await asyncio.sleep(PRESENCE_SECONDS)
            alive, self.alive = self.alive, {}
            try:
                ended = await in_database(presence.seen, alive, purpose="heartbeats") if alive else ()
            except Exception as error:
                logger.warning("could not report who is here: %r", error)
                continue
            for user_id in ended:
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
    await asyncio.shield(hub.started)
    return hub
