"""Users and rooms for the tests."""

import json
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from channels.testing import WebsocketCommunicator
from django import test
from django.contrib.auth import get_user_model
from django.db import connection

from querywire.access.tokens import issue_token
from querywire.chat import messages as chat_messages
from querywire.database import threads
from querywire.models import Membership, Room
from querywire.routing import websocket_application

USERS = ["alice", "bob", "carol"]


def make_users(names=USERS):
    return [get_user_model().objects.get_or_create(username=name)[0] for name in names]


def make_room(room_id, members=USERS, kind=Room.CHANNEL, messages=0):
    users = make_users(members)
    room = Room.objects.create(pk=room_id, name=room_id, kind=kind)
    for user in users:
        Membership.objects.create(room=room, user=user, role="admin" if user == users[0] else "member")
    for count in range(messages):
        chat_messages.post(users[0], room_id, f"old {count + 1}")
    return room


def in_threads(*functions):
    """Each on a database connection of its own, as in another process; what they return."""

    def run(function):
        try:
            return function()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(functions)) as pool:
        return [future.result() for future in [pool.submit(run, function) for function in functions]]


class TransactionTestCase(test.TransactionTestCase):
    """What a socket asked for goes on after its end, and would be in the way of emptying the tables."""

    def _fixture_teardown(self):
        for purpose in ("requests", "heartbeats"):
            pool = threads(purpose)
            idle = Barrier(pool._max_workers + 1)
            for _ in range(pool._max_workers):
                pool.submit(idle.wait, 30)
            idle.wait(30)
        super()._fixture_teardown()


class Socket(WebsocketCommunicator):
    """A socket of a user, whose frames come one by one, batched or not."""

    def __init__(self, user, path="/ws/v1/", application=None):
        super().__init__(application or websocket_application(), f"{path}?token={issue_token(user)}")
        self.frames = []
        self.texts = 0
        self.count = 0

    async def enter(self):
        await self.connect()
        await self.first("welcome")
        return self

    async def next(self, timeout=5):
        while not self.frames:
            text = json.loads(await self.receive_from(timeout))
            self.texts += 1
            self.frames += text if isinstance(text, list) else [text]
        return self.frames.pop(0)

    async def first(self, wanted, timeout=5):
        while True:
            frame = await self.next(timeout)
            if frame["type"] == wanted:
                return frame

    async def ask(self, request_type, **data):
        """The reply, or the error, of a request."""
        self.count += 1
        await self.send_to(text_data=json.dumps({"type": request_type, "id": self.count, "data": data}))
        while True:
            frame = await self.next()
            if frame.get("reply_to") == self.count:
                return frame.get("data", frame.get("error"))
