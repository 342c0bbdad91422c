"""Where one connection types: told at once, and then once a second at most. What was said last is told in any case."""

import asyncio
import logging

from ..protocol.errors import ChatError

# Clients say it again every three seconds, and it runs out after seven.
REST_SECONDS = 1

logger = logging.getLogger(__name__)


class Typing:
    def __init__(self, tell):
        self.tell = tell
        self.resting = {}  # the rooms that are not told yet again, and what waits for them
        self.is_over = False

    async def say(self, room_id, is_typing):
        if self.is_over:
            return
        if room_id in self.resting:
            self.resting[room_id] = is_typing
            return
        self.resting[room_id] = None
        try:
            await self.tell(room_id, is_typing)
        except Exception:
            del self.resting[room_id]
            raise
        loop = asyncio.get_running_loop()
        loop.call_later(REST_SECONDS, lambda: loop.create_task(self.wake(room_id)))

    async def wake(self, room_id):
        last = self.resting.pop(room_id)
        if last is None:
            return
        try:
            await self.say(room_id, last)
        except ChatError:
            pass  # not in this room any more
        except Exception:
            logger.exception("could not tell who types")

    def end(self):
        """What waits is no news of somebody who has gone."""
        self.is_over = True
