"""The plain consumer, beside the app."""

import json

from asgiref.sync import async_to_sync
from channels.db import database_sync_to_async
from channels.testing import WebsocketCommunicator
from django.test import TransactionTestCase
from querywire.access.tokens import issue_token
from querywire.chat import messages, rooms
from querywire.fanout.publish import publish
from unittest import mock

from demo import demo_data
from project.asgi import application


class PlainTest(TransactionTestCase):
    def setUp(self):
        self.alice, self.bob, self.carol = demo_data.make_users()
        demo_data.make_room("team", "Team", members=["alice", "bob"])

    async def open(self, path, user):
        socket = WebsocketCommunicator(application, f"{path}?token={issue_token(user)}")
        await socket.connect()
        return socket

    async def closed(self, socket):
        while True:
            output = await socket.receive_output(5)
            if output["type"] == "websocket.close":
                return output["code"]

    async def first(self, socket, wanted):
        while True:
            found = json.loads(await socket.receive_from(5))
            for frame in found if isinstance(found, list) else [found]:
                if frame["type"] == wanted:
                    return frame

    def test_both_kinds_of_client_sit_in_one_room(self):
        async def check():
            plain = await self.open("/ws/chat/team/", self.alice)
            live = await self.open("/ws/v1/chat/team/", self.bob)
            await self.first(live, "welcome")
            await live.send_to(text_data='{"type":"chat_message","id":"1","data":{"message":"to the plain one"}}')
            self.assertEqual((await self.first(plain, "chat_message"))["message"]["content"], "to the plain one")
            await self.first(live, "chat_message")
            await plain.send_to(text_data='{"type":"chat_message","data":{"message":"to the live one"}}')
            self.assertEqual((await self.first(live, "chat_message"))["message"]["content"], "to the live one")
            await plain.disconnect()
            await live.disconnect()

        async_to_sync(check)()

    def test_a_deactivated_user_is_out(self):
        async def check():
            socket = await self.open("/ws/chat/team/", self.bob)
            await socket.send_to(text_data='{"type":"ping"}')
            await self.first(socket, "pong")
            self.bob.is_active = False
            await database_sync_to_async(self.bob.save)()
            self.assertEqual(await self.closed(socket), 4003)

        async_to_sync(check)()

    def test_who_leaves_while_let_in_is_out(self):
        member, left = rooms.membership_of, []

        def then_leave(user, room_id):
            found = member(user, room_id)
            if not left:
                left.append(user)  # leaving asks too
                async_to_sync(publish)(rooms.leave_room(user, room_id))
            return found

        async def check():
            with mock.patch.object(rooms, "membership_of", then_leave):
                self.assertEqual(await self.closed(await self.open("/ws/chat/team/", self.bob)), 4003)

        async_to_sync(check)()

    def test_what_was_said_by_other_code_is_heard(self):
        async def check():
            socket = await self.open("/ws/chat/team/", self.bob)
            await socket.send_to(text_data='{"type":"ping"}')
            await self.first(socket, "pong")
            await publish(await database_sync_to_async(messages.post)(self.alice, "team", "from a task"))
            self.assertEqual((await self.first(socket, "chat_message"))["message"]["content"], "from a task")
            await socket.disconnect()

        async_to_sync(check)()
