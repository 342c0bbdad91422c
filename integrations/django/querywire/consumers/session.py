"""A connection from its token to its end, and its frames in their order. What is asked in them is the business of `live.py`."""

import asyncio
import logging
import time
import uuid

from channels.exceptions import StopConsumer
from channels.generic.websocket import AsyncWebsocketConsumer
from channels.utils import await_many_dispatch

from ..access import limits
from ..access.tokens import FORBIDDEN, UNAUTHORIZED, TokenRejected, claims_of, token_in_url, user_of
from ..chat import log, presence, rooms
from ..database import in_database, unavailable
from ..fanout.hub import hub_for_sockets
from ..fanout.publish import publish_presence
from ..fanout.texts import Texts, as_text
from ..protocol import frames, wire
from ..protocol.errors import ChatError

AUTH_DEADLINE_SECONDS = 5
# Frames of one socket that wait for those before them. Its meter lets 300 pass at once.
WAITING = 1000

logger = logging.getLogger(__name__)


class Session(AsyncWebsocketConsumer):
    def __init__(self, level):
        super().__init__()
        self.level = level
        self.user = None
        self.rooms = set()  # subscribed: their events arrive here
        self.parted = set()  # left, or removed from, maybe while it was asked whether one is in
        self.heads = {}  # where they stood when a pong last told it
        self.deadline = None  # closes a socket that does not authenticate, and one whose token runs out
        self.meter = limits.Meter()
        self.waiting = asyncio.Queue()
        self.early = []  # what others tell before the welcome, which is the first word; None once it is said
        self.work = None

    # --- in and out ---------------------------------------------------------------------------------------------------

    async def __call__(self, scope, receive, send):
        """
        Without a channel of its own in the channel layer: the hub hears for all. One would cost a task for each socket, and
        the socket itself when Redis is restarted.
        """
        self.scope, self.base_send = scope, send
        self.channel_name = uuid.uuid4().hex
        try:
            await await_many_dispatch([receive], self.dispatch)
        except StopConsumer:
            pass

    async def connect(self):
        self.own_room = self.scope["url_route"]["kwargs"].get("room_id")
        self.hub = await hub_for_sockets()
        self.work = asyncio.ensure_future(self.serve())
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
        except Exception as error:
            # One whose database is away for a moment is none to alarm anybody.
            logger.log(logging.WARNING if isinstance(error, ChatError) else logging.ERROR, "could not let in: %r", error)
            await self.close(limits.TRY_AGAIN_LATER)

    async def let_in(self, token):
        try:
            claims = claims_of(token)
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
        await self.hub.enter(self)
        position = {}
        if self.own_room:  # being connected to a room's endpoint is being subscribed to it
            try:
                position = {"room_id": self.own_room, **await self.subscribe(self.own_room)}
            except ChatError as error:
                if error.retryable:
                    raise
                await self.hear_early()  # why, it may be
                return await self.close(FORBIDDEN)
        is_first, online = await in_database(presence.opened, self.user, self.channel_name)
        welcome = {
            "connection_id": self.channel_name,
            "user": wire.user_json(self.user),
            "server_time": now_ms(),
            "level": self.level,
            "batch": True,
        }
        if self.level >= 2:
            welcome["heads"] = True
        await self.tell({"type": "welcome", "data": {**welcome, **position}})
        await self.tell(*online)
        await self.hear_early()
        if is_first:
            await self.tell_peers(presence.status(self.user.pk, "online"))

    async def tell_peers(self, status):
        await publish_presence(self.user.pk, status, await in_database(rooms.rooms_of, self.user))

    def close_in(self, seconds):
        self.cancel_deadline()
        loop = asyncio.get_running_loop()
        self.deadline = loop.call_later(max(seconds, 0), lambda: loop.create_task(self.close(UNAUTHORIZED)))

    def cancel_deadline(self):
        if self.deadline:
            self.deadline.cancel()

    async def disconnect(self, code):
        self.cancel_deadline()
        # What has arrived is served; who sent it may never learn of that, and so it is better done.
        self.waiting.put_nowait(None)
        if self.work:
            await asyncio.shield(self.work)
        if self.user:
            self.hub.leave(self)
            status = await in_database(presence.closed, self.user, self.channel_name)
            if status:
                await self.tell_peers(status)

    # --- frames, in their order -----------------------------------------------------------------------------------------

    async def receive(self, text_data=None, bytes_data=None):
        """Only takes in: a request that waits for the database must not keep the heartbeat behind it."""
        size = len(text_data or bytes_data or "")
        if size > frames.MAX_MESSAGE_BYTES:
            return await self.close(limits.TOO_LARGE)
        for frame in frames.read_frames(text_data):
            wait_ms = self.meter.take(1 + size / 1024)
            size = 0
            if self.meter.is_flooded():
                return await self.close(limits.TRY_AGAIN_LATER)
            if wait_ms:
                frame = refusal(frame, ChatError("rate_limited", "Too many frames, or too large ones.", True, wait_ms))
            elif self.waiting.qsize() >= WAITING:
                frame = refusal(frame, unavailable())
            if self.user and is_frame(frame) and frame["type"] == "ping":
                await self.ping(frame)
            else:
                self.waiting.put_nowait(frame)

    async def serve(self):
        while True:
            frame = await self.waiting.get()
            if frame is None:
                return
            if self.user is None and not (is_frame(frame) and frame["type"] == "auth"):
                await self.close(UNAUTHORIZED)
            elif is_frame(frame):
                await self.serve_frame(frame)
            else:
                await self.refuse(frame.reply_to, frame)

    async def serve_frame(self, frame):
        data = {"room_id": self.own_room, **frame["data"]} if self.own_room else frame["data"]
        try:
            await self.answer(frame, data)
        except ChatError as error:
            await self.refuse(frame["id"], error)
        except Exception:
            # One broken request must not take the connection, and everything else on it, with it.
            logger.exception("could not answer %s", frame["type"])
            await self.refuse(frame["id"], ChatError("internal", "The server failed at this request.", retryable=True))

    async def subscribe(self, room_id):
        """Before anything is read of the room: an event between the two comes twice rather than not at all."""
        self.parted.discard(room_id)
        await in_database(rooms.membership_of, self.user, room_id)
        if room_id in self.parted:
            raise ChatError("not_member", "You are not a member of this room any more.")
        await self.listen(room_id)
        position = await in_database(log.position, room_id)
        self.hub.audience.passed_on(room_id, position)
        return position

    async def listen(self, room_id):
        if len(self.rooms) >= limits.SUBSCRIPTIONS and room_id not in self.rooms:
            raise ChatError("too_many", f"A connection subscribes at most {limits.SUBSCRIPTIONS} rooms.")
        self.rooms.add(room_id)
        await self.hub.listen(self, room_id)

    # --- to the client ------------------------------------------------------------------------------------------------

    async def hear(self, text):
        """What the hub has for it."""
        if self.early is None:
            await self.send(text_data=text)
        elif len(self.early) < WAITING:
            self.early.append(text)
        else:
            await self.close(limits.TRY_AGAIN_LATER)

    async def hear_early(self):
        while self.early:
            await self.send(text_data=self.early.pop(0))
        self.early = None

    async def tell(self, *frames_to_tell):
        if frames_to_tell:
            await self.send(text_data=Texts().of(list(frames_to_tell), str(self.user.pk), self.level))

    async def reply(self, frame, data):
        if frame["id"] is not None:
            body = wire.for_reader(data, str(self.user.pk), self.level)
            await self.send(text_data=as_text({"type": "response", "reply_to": frame["id"], "data": body}))

    async def refuse(self, request_id, error):
        frame = {"type": "error", "error": error.as_json()}
        if request_id is not None:
            frame["reply_to"] = request_id
        await self.send(text_data=as_text(frame))


def is_frame(value):
    return not isinstance(value, ChatError)


def refusal(frame, error):
    error.reply_to = frame["id"] if is_frame(frame) else frame.reply_to
    return error


def now_ms():
    return int(time.time() * 1000)
