"""What there is to beat: everybody in one group, what comes in goes out. No users, no database, no answers."""

import json

from channels.generic.websocket import AsyncWebsocketConsumer
from channels.routing import ProtocolTypeRouter
from django.conf import settings

settings.configure(
    SECRET_KEY="none",
    CHANNEL_LAYERS={"default": {"BACKEND": "channels.layers.InMemoryChannelLayer", "CONFIG": {"capacity": 2000}}},
)


class BareConsumer(AsyncWebsocketConsumer):
    async def connect(self):
        await self.channel_layer.group_add("everybody", self.channel_name)
        await self.accept()

    async def disconnect(self, code):
        await self.channel_layer.group_discard("everybody", self.channel_name)

    async def receive(self, text_data=None, bytes_data=None):
        message = json.loads(text_data)["data"]["message"]
        await self.channel_layer.group_send("everybody", {"type": "chat.message", "message": message})

    async def chat_message(self, event):
        await self.send(text_data=json.dumps({"type": "chat_message", "message": event["message"]}))


application = ProtocolTypeRouter({"websocket": BareConsumer.as_asgi()})
