"""
Level 0: the consumer a Django developer writes first. Events go out to everybody in the room; nothing is answered.
"""

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncJsonWebsocketConsumer
from django.utils import timezone

from .. import fanout, messages, wire
from ..errors import ChatError
from ..models import Room
from ..tokens import TokenRejected, token_in_url, user_from_token


class ChatConsumer(AsyncJsonWebsocketConsumer):
    user = None

    async def connect(self):
        self.room_id = self.scope["url_route"]["kwargs"]["room_id"]
        # Accept first: a close before it reaches browsers as 1006, and they never learn that the token was the reason.
        await self.accept()
        try:
            self.user = await user_from_token(token_in_url(self.scope))
        except TokenRejected as rejected:
            return await self.close(code=rejected.close_code)
        await self.channel_layer.group_add(fanout.plain_group(self.room_id), self.channel_name)

    async def disconnect(self, code):
        await self.channel_layer.group_discard(fanout.plain_group(self.room_id), self.channel_name)

    async def receive_json(self, frame):
        handler = self.HANDLERS.get(frame.get("type"))
        if handler and self.user:
            await handler(self, frame.get("data") or {})

    async def ping(self, data):
        await self.send_json({"type": "pong", "data": {"timestamp": data.get("timestamp")}})

    async def chat_message(self, data):
        try:
            await fanout.publish(await self.save_message(data.get("message")))
        except ChatError:
            pass  # level 0 has no way to say no

    @database_sync_to_async
    def save_message(self, text):
        Room.objects.get_or_create(pk=self.room_id, defaults={"name": self.room_id})
        return messages.post(self.user, self.room_id, text, must_be_member=False)

    async def typing_indicator(self, data):
        await self.relay("typing_indicator", user=wire.user_json(self.user), is_typing=bool(data.get("is_typing")))

    async def read_receipt(self, data):
        receipt = {"message_id": data.get("message_id"), "read_at": wire.iso(timezone.now())}
        await self.relay("read_receipt", user_id=str(self.user.pk), **receipt)

    async def relay(self, event_type, **data):
        frame = {"type": event_type, "data": {"room_id": self.room_id, **data}}
        await fanout.to_room(self.room_id, [frame])

    async def deliver(self, event):
        for frame in event["frames"]:
            await self.send_json(frame)

    HANDLERS = {
        "ping": ping,
        "chat_message": chat_message,
        "typing_indicator": typing_indicator,
        "read_receipt": read_receipt,
    }
