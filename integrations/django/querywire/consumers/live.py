"""Levels 1 to 3: the frames that are about the connection itself. Which requests there are and what they do is in `requests.py`."""

import asyncio
import logging

from ..chat import log, requests, rooms
from ..database import in_database
from ..fanout.publish import publish
from ..protocol import frames, wire
from ..protocol.errors import ChatError
from .session import Session, now_ms
from .typing import Typing

# A pong that is late costs the connection; one without heads costs a heartbeat.
HEADS_PATIENCE_SECONDS = 2

logger = logging.getLogger(__name__)


class LiveConsumer(Session):
    def __init__(self, level):
        super().__init__(level)
        self.typing = Typing(self.tell_typing)

    async def disconnect(self, code):
        self.typing.end()
        await super().disconnect(code)

    async def answer(self, frame, data):
        own = self.OWN.get(frame["type"])
        if own:
            return await own(self, frame, data)
        # To its end, whatever becomes of the socket: what was committed is also told.
        await asyncio.shield(self.handle(frame, data))

    async def handle(self, frame, data):
        change = await in_database(requests.handle, self.user, frame["type"], data, self.level)
        await self.reply(frame, change.reply)
        await publish(change)

    async def auth(self, frame, data):
        if await self.sign_in(data.get("token")):
            await self.reply(frame, {})

    async def ping(self, frame):
        stamp = frame["data"].get("timestamp")
        known = frames.is_name(stamp) or isinstance(stamp, (int, float))
        pong = {"timestamp": stamp if known else None, "server_time": now_ms(), **await self.moved()}
        await self.tell({"type": "pong", "data": pong})
        self.hub.alive[self.channel_name] = self.user.pk

    async def moved(self):
        """
        The rooms of this socket that moved since its last pong: the channel layer may have lost their last event, and
        no later one shows that. Read from the database, because other processes write there too.
        """
        if self.level < 2:
            return {}
        reading = asyncio.ensure_future(in_database(log.positions, list(self.rooms), purpose="heartbeats"))
        reading.add_done_callback(lambda ended: ended.cancelled() or ended.exception())  # seen, whenever it comes
        await asyncio.wait({reading}, timeout=HEADS_PATIENCE_SECONDS)
        if not reading.done() or reading.exception():
            logger.warning("a pong without heads: %r", reading.exception() if reading.done() else "still reading")
            return {}
        heads = reading.result()
        moved = {room_id: head for room_id, head in heads.items() if self.heads.get(room_id) != head}
        self.heads = heads
        return {"heads": moved}

    async def typing_indicator(self, frame, data):
        room_id = requests.room_of(data)
        if not isinstance(data.get("is_typing"), bool):
            raise ChatError("invalid", "is_typing must be true or false.")
        await self.typing.say(room_id, data["is_typing"])

    async def tell_typing(self, room_id, is_typing):
        if room_id not in self.rooms:
            await in_database(rooms.membership_of, self.user, room_id)
        typing = {"room_id": room_id, "user": wire.user_json(self.user), "is_typing": is_typing}
        event = {"type": "typing_indicator", "data": typing, "room_id": room_id}
        await publish(log.Change({}, room_id, [event]), skip=self.channel_name)

    async def subscribe_room(self, frame, data):
        """Events from now on; what was missed before is the business of `sync`."""
        await self.reply(frame, await self.subscribe(requests.room_of(data)))

    async def unsubscribe_room(self, frame, data):
        room_id = requests.room_of(data)
        if room_id != self.own_room:
            self.hub.audience.unlisten(self, room_id)
        await self.reply(frame, {})

    async def sync(self, frame, data):
        """Subscribes too, and first: what happens while the log is read comes as an event after the reply."""
        if self.level < 2:
            raise ChatError("unsupported", "sync comes with level 2.")
        cursors = requests.cursors_of(data)
        self.parted -= cursors.keys()
        for room_id in await in_database(rooms.readable, self.user, cursors):
            if room_id not in self.parted:
                await self.listen(room_id)
        answer = await in_database(rooms.sync, self.user, cursors)
        for room_id, room in answer["rooms"].items():
            if "seq" in room:
                self.hub.audience.passed_on(room_id, room)
        await self.reply(frame, answer)

    OWN = {
        "auth": auth,
        "typing_indicator": typing_indicator,
        "subscribe_room": subscribe_room,
        "unsubscribe_room": unsubscribe_room,
        "sync": sync,
    }
