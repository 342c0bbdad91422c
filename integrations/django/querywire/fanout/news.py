"""
What can wait a little and costs something for each member: how rooms look in their lists, which is read after the commit, once
for many changes; and who came and went. At once where it is quiet, and to so many people in a second where it is not.
"""

import asyncio
import logging
import time

from ..chat import rooms
from ..database import in_database

logger = logging.getLogger(__name__)

SOON_SECONDS = 0.02
TOLD_PER_SECOND = 500
SLOWEST_SECONDS = 5


class News:
    def __init__(self, audience, pass_on):
        self.audience = audience
        self.pass_on = pass_on
        self.moved = set()  # rooms whose members have not been told how they look now
        self.statuses = []  # of people, not told yet
        self.arrived = asyncio.Event()

    def room_moved(self, *room_ids):
        self.moved.update(room_ids)
        self.arrived.set()

    def status(self, message):
        self.statuses.append(message)
        self.arrived.set()

    async def tell(self):
        pause = SOON_SECONDS
        while True:
            await self.arrived.wait()
            await asyncio.sleep(pause)
            started = time.monotonic()
            self.arrived.clear()
            statuses, self.statuses = self.statuses, []
            views = await self.read_views()
            self.pass_on([*statuses, *views])
            told = len(self.audience.places) if statuses else len(views)
            pause = min(max(SOON_SECONDS, 10 * (time.monotonic() - started), told / TOLD_PER_SECOND), SLOWEST_SECONDS)

    async def read_views(self):
        moved, self.moved = self.moved, set()
        users = {room_id: self.audience.lookers_at(room_id) for room_id in moved}
        try:
            frames_of = await in_database(rooms.views, users) if users else {}
        except Exception as error:
            logger.warning("could not read what members see: %r", error)
            self.moved |= moved
            asyncio.get_running_loop().call_later(1, self.arrived.set)
            return []
        return [{"type": "user", "user_id": str(user), "frames": frames} for user, frames in frames_of.items()]
