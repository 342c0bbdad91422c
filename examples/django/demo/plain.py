"""
Level 0: the consumer a Django developer writes first. Events go out to everybody in the room; nothing is answered. What is
relayed is put together here, field by field: a client's own frame is never passed on.
"""

import json

from channels.generic.websocket import AsyncWebsocketConsumer
from django.utils import timezone
from querywire.access import limits
from querywire.access.tokens import FORBIDDEN, TokenRejected, token_in_url, user_from_token
from querywire.chat import log, messages, rooms
from querywire.database import in_database
from querywire.fanout.groups import account_group, plain_group
from querywire.fanout.publish import publish
from querywire.protocol import frames, wire
from querywire.protocol.errors import ChatError


class ChatConsumer(AsyncWebsocketConsumer):
    user = None  # nobody, until they may be here
    account = None

    async def connect(self):
        self.room_id = self.scope["url_route"]["kwargs"]["room_id"]
        self.meter = limits.Meter()
        # Accept first: a close before it reaches browsers as 1006, and they never learn that the token was the reason.
        await self.accept()
        try:
            user = await in_database(user_from_token, token_in_url(self.scope))
            # Before the membership is asked for: an end of it that comes after that is heard.
            await self.channel_layer.group_add(account_group(user.pk), self.channel_name)
            self.account = user.pk
            await in_database(rooms.membership_of, user, self.room_id)
        except TokenRejected as rejected:
            return await self.close(code=rejected.close_code)
        except ChatError:
            return await self.close(code=FORBIDDEN)
        self.user = user
        await self.channel_layer.group_add(plain_group(self.room_id), self.channel_name)

    async def disconnect(self, code):
        await self.channel_layer.group_discard(plain_group(self.room_id), self.channel_name)
        if self.account:
            await self.channel_layer.group_discard(account_group(self.account), self.channel_name)

    async def receive(self, text_data=None, bytes_data=None):
        size = len(text_data or bytes_data or "")
        if size > frames.MAX_MESSAGE_BYTES:
            return await self.close(code=limits.TOO_LARGE)
        for frame in frames.read_frames(text_data) if self.user else []:
            # Not passed over: what nobody refuses, the client takes for done.
            if self.meter.take(1 + size / 1024):
                return await self.close(code=limits.TRY_AGAIN_LATER)
            size = 0
            if not isinstance(frame, ChatError):
                await self.serve(frame)

    async def serve(self, frame):
        handler = self.HANDLERS.get(frame["type"])
        try:
            if handler:
                await handler(self, frame["data"])
        except ChatError:
            # Level 0 has no way to say no. What else is raised ends this connection, with 1011: passed over, the client
            # would take it for done.
            pass

    async def ping(self, data):
        stamp = data.get("timestamp")
        known = frames.is_name(stamp) or isinstance(stamp, (int, float))
        await self.tell({"type": "pong", "data": {"timestamp": stamp if known else None}})

    async def chat_message(self, data):
        await publish(await in_database(messages.post, self.user, self.room_id, data.get("message")))

    async def typing_indicator(self, data):
        if isinstance(data.get("is_typing"), bool):
            await self.relay("typing_indicator", user=wire.user_json(self.user), is_typing=data["is_typing"])

    async def read_receipt(self, data):
        receipt = {"message_id": log.to_id(data.get("message_id")), "read_at": wire.iso(timezone.now())}
        await self.relay("read_receipt", user_id=str(self.user.pk), **receipt)

    async def relay(self, event_type, **data):
        frame = {"type": event_type, "room_id": self.room_id, "data": {"room_id": self.room_id, **data}}
        await publish(log.Change({}, self.room_id, [frame]))

    async def deliver(self, event):
        for frame in event["frames"]:
            await self.tell(frame)

    async def expelled(self, event):
        if event["room_id"] == self.room_id:
            await self.close(code=FORBIDDEN)

    async def dismissed(self, event):
        await self.close(code=FORBIDDEN)

    async def tell(self, frame):
        await self.send(text_data=json.dumps(frame, allow_nan=False))

    HANDLERS = {
        "ping": ping,
        "chat_message": chat_message,
        "typing_indicator": typing_indicator,
        "read_receipt": read_receipt,
    }
