from channels.generic.websocket import AsyncWebsocketConsumer


class LostConsumer(AsyncWebsocketConsumer):
    """
    For addresses that are none. Without it, Channels answers the handshake with HTTP 500, the browser reports 1006, and
    clients try again for ever; 4003 tells them to stop.
    """

    async def connect(self):
        await self.accept()
        await self.close(4003)
