"""
Levels 1 to 3: a connection from its token to its end. Which requests there are and what they do is in `requests.py`;
this file authenticates, subscribes, answers and passes on.
"""

import asyncio
import json
import logging
import time

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer
from django.db import OperationalError

from .. import fanout, frames, limits, log, presence, requests, rooms, wire
from ..errors import ChatError
from ..tokens import FORBIDDEN, UNAUTHORIZED, TokenRejected, read_token, token_in_url, user_of

AUTH_DEADLINE_SECONDS = 5
# The heartbeat comes every 30 s; presence need not hear of every ping of an impatient client.
PRESENCE_EVERY_SECONDS = 20

logger = logging.getLogger(__name__)


def in_database(function, *args):
    return database_sync_to_async(function)(*args)


class LiveConsumer(AsyncWebsocketConsumer):
    def __init__(self, level):
        super().__init__()
        self.level = level
        self.user = None
        self.rooms = set()  # subscribed: their events arrive here
        self.heads = {}  # where they stood when a pong last told it
        self.deadline = None  # closes a socket that does not authenticate, and one whose token runs out
        self.present_at = 0
        self.meter = limits.Meter()

    # --- connection -----------------------------------------------------------------------------------------------

    async def connect(self):
        self.own_room = self.scope["url_route"]["kwargs"].get("room_id")
        offered = self.scope.get("subprotocols") or []
        bearer = offered[1] if len(offered) == 2 and offered[0] == "bearer" else None
        # Accept first: a close before it reaches browsers as 1006, without the code.
        await self.accept("bearer" if bearer else None)
        token = bearer or token_in_url(self.scope)
        if token is None:
            return self.close_in(AUTH_DEADLINE_SECONDS)  # an `auth` frame may follow
        await self.sign_in(token)

    async def sign_in(self, token):
        """Also renews: a connection may outlive its first token. Half signed in it has no use."""
        try:
            return await self.let_in(token)
        except Exception:
            logger.exception("could not let in")
            await self.close(limits.TRY_AGAIN_LATER)

    async def let_in(self, token):
        try:
            claims = read_token(token)
            user = await in_database(user_of, claims)
            if self.user and user.pk != self.user.pk:
                raise TokenRejected(UNAUTHORIZED)  # another person needs another connection
        except TokenRejected as rejected:
            await self.close(rejected.close_code)
            return False
        self.close_in(claims["exp"] - time.time())
        if self.user is None:
            self.user = user
            await self.enter()
        return True

    async def enter(self):
        position = {}
        # First: an end of the membership, or of the account, that comes after it was asked for is heard.
        for group in (fanout.user_group, fanout.account_group):
            await self.channel_layer.group_add(group(self.user.pk), self.channel_name)
        if self.own_room:  # being connected to a room's endpoint is being subscribed to it
            try:
                await self.subscribe(self.own_room)
                position = {"room_id": self.own_room, **await in_database(log.position, self.own_room)}
            except ChatError:
                return await self.close(FORBIDDEN)
        if await in_database(presence.count, self.user) >= limits.CONNECTIONS_PER_USER:
            return await self.close(limits.TRY_AGAIN_LATER)
        news, online = await in_database(presence.opened, self.user, self.channel_name)
        self.present_at = time.monotonic()
        welcome = {
            "connection_id": self.channel_name.rpartition("!")[2],
            "user": wire.user_json(self.user),
            "server_time": now_ms(),
            "level": self.level,
            "batch": True,
        }
        if self.level >= 2:
            welcome["heads"] = True
        await self.tell({"type": "welcome", "data": {**welcome, **position}})
        await self.tell(*online)
        await fanout.publish(requests.Change(reply={}, user_frames=news))

    def close_in(self, seconds):
        self.cancel_deadline()
        loop = asyncio.get_running_loop()
        self.deadline = loop.call_later(max(seconds, 0), lambda: loop.create_task(self.close(UNAUTHORIZED)))

    def cancel_deadline(self):
        if self.deadline:
            self.deadline.cancel()

    async def disconnect(self, code):
        self.cancel_deadline()
        for room_id in list(self.rooms):
            await self.unsubscribe(room_id)
        if self.user:
            for group in (fanout.user_group, fanout.account_group):
                await self.channel_layer.group_discard(group(self.user.pk), self.channel_name)
            news = await in_database(presence.closed, self.user, self.channel_name)
            await fanout.publish(requests.Change(reply={}, user_frames=news))

    # --- from the client ------------------------------------------------------------------------------------------

    async def receive(self, text_data=None, bytes_data=None):
        size = len(text_data or bytes_data or "")
        if size > frames.MAX_MESSAGE_BYTES:
            return await self.close(limits.TOO_LARGE)
        for frame in frames.read_frames(text_data):
            wait_ms = self.meter.take(1 + size / 1024)
            size = 0
            if self.meter.is_flooded():
                return await self.close(limits.TRY_AGAIN_LATER)
            if self.user is None and (isinstance(frame, ChatError) or frame["type"] != "auth"):
                return await self.close(UNAUTHORIZED)
            if isinstance(frame, ChatError):
                await self.refuse(frame.reply_to, frame)
            elif wait_ms:
                error = ChatError("rate_limited", "Too many frames, or too large ones.", True, wait_ms)
                await self.refuse(frame["id"], error)
            else:
                await self.receive_frame(frame)

    async def receive_frame(self, frame):
        data = frame["data"]
        if self.own_room:
            data = {"room_id": self.own_room, **data}
        try:
            await self.answer(frame, data)
        except ChatError as error:
            await self.refuse(frame.get("id"), error)
        except OperationalError:
            logger.exception("database trouble in %s", frame["type"])
            await self.refuse(frame.get("id"), ChatError("unavailable", "Try again in a moment.", retryable=True))
        except Exception:
            # One broken request must not take the connection, and everything else on it, with it.
            logger.exception("could not answer %s", frame["type"])
            await self.refuse(frame.get("id"), ChatError("internal", "The server failed at this request."))

    async def answer(self, frame, data):
        own = self.OWN.get(frame["type"])
        if own:
            return await own(self, frame, data)
        change = await in_database(requests.handle, self.user, frame["type"], data, self.level)
        await self.reply(frame, change.reply)
        await fanout.publish(change)

    async def auth(self, frame, data):
        if await self.sign_in(data.get("token")):
            await self.reply(frame, {})

    async def ping(self, frame, data):
        stamp = data.get("timestamp")
        known = frames.is_name(stamp) or isinstance(stamp, (int, float))
        pong = {"timestamp": stamp if known else None, "server_time": now_ms(), **await self.moved()}
        await self.tell({"type": "pong", "data": pong})
        if time.monotonic() - self.present_at > PRESENCE_EVERY_SECONDS:
            self.present_at = time.monotonic()
            await in_database(presence.seen, self.channel_name)
            await in_database(self.user.refresh_from_db)
            if not self.user.is_active:
                await self.close(FORBIDDEN)

    async def moved(self):
        """
        The rooms of this socket that moved since its last pong: the channel layer may have lost their last event, and
        no later one shows that. Read from the database, because other processes write there too.
        """
        if self.level < 2:
            return {}
        try:
            heads = await in_database(log.positions, list(self.rooms))
        except OperationalError:
            # A pong that is late costs the connection; one without heads costs a heartbeat.
            logger.exception("database trouble in ping")
            return {}
        moved = {room_id: head for room_id, head in heads.items() if self.heads.get(room_id) != head}
        self.heads = heads
        return {"heads": moved}

    async def typing_indicator(self, frame, data):
        room_id = requests.room_of(data)
        if not isinstance(data.get("is_typing"), bool):
            raise ChatError("invalid", "is_typing must be true or false.")
        if room_id not in self.rooms:
            await in_database(rooms.membership_of, self.user, room_id)
        typing = {"room_id": room_id, "user": wire.user_json(self.user), "is_typing": data["is_typing"]}
        event = {"type": "typing_indicator", "data": typing, "room_id": room_id}
        await fanout.to_room(room_id, [event], skip=self.channel_name)

    async def subscribe_room(self, frame, data):
        """Events from now on; what was missed before is the business of `sync`."""
        room_id = requests.room_of(data)
        await self.subscribe(room_id)
        await self.reply(frame, await in_database(log.position, room_id))

    async def unsubscribe_room(self, frame, data):
        room_id = requests.room_of(data)
        if room_id != self.own_room:
            await self.unsubscribe(room_id)
        await self.reply(frame, {})

    async def sync(self, frame, data):
        """Subscribes too, and first: what happens while the log is read comes as an event after the reply."""
        if self.level < 2:
            raise ChatError("unsupported", "sync comes with level 2.")
        cursors = requests.cursors_of(data)
        for room_id in await in_database(rooms.readable, self.user, cursors):
            await self.listen(room_id)
        await self.reply(frame, await in_database(rooms.sync, self.user, cursors))

    OWN = {
        "auth": auth,
        "ping": ping,
        "typing_indicator": typing_indicator,
        "subscribe_room": subscribe_room,
        "unsubscribe_room": unsubscribe_room,
        "sync": sync,
    }

    async def subscribe(self, room_id):
        """Before anything is read of the room: an event between the two comes twice rather than not at all."""
        await in_database(rooms.membership_of, self.user, room_id)
        await self.listen(room_id)

    async def listen(self, room_id):
        if len(self.rooms) >= limits.SUBSCRIPTIONS and room_id not in self.rooms:
            raise ChatError("too_many", f"A connection subscribes at most {limits.SUBSCRIPTIONS} rooms.")
        self.rooms.add(room_id)
        await self.channel_layer.group_add(fanout.room_group(room_id), self.channel_name)

    async def unsubscribe(self, room_id):
        if room_id in self.rooms:
            self.rooms.discard(room_id)
            await self.channel_layer.group_discard(fanout.room_group(room_id), self.channel_name)

    # --- to the client --------------------------------------------------------------------------------------------

    async def deliver(self, event):
        if event["skip"] == self.channel_name:
            return
        for frame in event["frames"]:
            if self.concerns(frame):
                await self.tell(frame)
            if frame["type"] == "room_removed":
                await self.unsubscribe(frame["data"]["room_id"])

    async def dismissed(self, event):
        await self.close(FORBIDDEN)

    async def expelled(self, event):
        """For sockets of level 0; here `room_removed` says it."""

    def concerns(self, frame):
        """A room's own endpoint hears of that room, and of people; the endpoint for all rooms hears of everything."""
        return self.own_room in (None, room_in(frame)) or frame["type"] == "user_status"

    async def tell(self, *frames):
        """Several frames travel as one batch."""
        if frames:
            seen = [wire.for_reader(frame, str(self.user.pk), self.level) for frame in frames]
            await self.send(text_data=json.dumps(seen[0] if len(seen) == 1 else seen, allow_nan=False))

    async def reply(self, frame, data):
        if frame.get("id") is not None:
            body = wire.for_reader(data, str(self.user.pk), self.level)
            await self.send(text_data=json.dumps({"type": "response", "reply_to": frame["id"], "data": body}))

    async def refuse(self, request_id, error):
        frame = {"type": "error", "error": error.as_json()}
        if request_id is not None:
            frame["reply_to"] = request_id
        await self.send(text_data=json.dumps(frame))


def room_in(frame):
    """The room a frame is about."""
    data = frame.get("data", {})
    return frame.get("room_id") or data.get("room_id") or data.get("room", {}).get("id")


def now_ms():
    return int(time.time() * 1000)
