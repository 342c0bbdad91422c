"""What a client sends that is none of ours: read, refused, bounded. ([S10], [S11], [S12] of docs/SPEC.md)"""

import asyncio
import json
import random
from unittest import mock

from asgiref.sync import async_to_sync
from channels.db import database_sync_to_async
from channels.testing import WebsocketCommunicator
from django.db import OperationalError
from django.test import SimpleTestCase, TestCase, override_settings

from querywire.access import limits, origins
from querywire.access.tokens import TokenRejected, issue_token, read_token, user_of
from querywire.chat import log, messages, presence, requests, rooms
from querywire.fanout.publish import publish
from querywire.models import Room
from querywire.protocol import frames
from querywire.protocol.errors import ChatError
from querywire.routing import websocket_application

from .kit import Socket, TransactionTestCase, make_room, make_users

application = websocket_application()

DEEP = "[" * 100_000


def codes(text):
    return [frame.code if isinstance(frame, ChatError) else frame["type"] for frame in frames.read_frames(text)]


class FramesTest(SimpleTestCase):
    def test_what_json_is_not_is_refused_and_its_neighbours_are_read(self):
        bad = ["NaN", "Infinity", "-Infinity", "1e999", "9007199254740993", "1" * 5000, '"\\u0000"', '"\\ud800"', "[" * 40 + "]" * 40]
        for value in bad:
            for data in (value, f'{{"a":[{value}]}}', f'{{"metadata":{{"x":{value}}}}}'):
                text = f'[{{"type":"one"}},{{"type":"bad","id":"q","data":{data}}},{{"type":"two"}}]'
                self.assertEqual(codes(text), ["one", "invalid", "two"], value[:20])
        self.assertEqual(frames.read_frames('{"type":"x","id":"q","data":{"a":NaN}}')[0].reply_to, "q")
        self.assertEqual(codes('{"type":"x","data":{"\\u0000":1}}'), ["invalid"], "names are texts too")

    def test_what_is_no_frame_is_one_refusal(self):
        for text in (None, "", "{", "5", "[]", "[1]", "{}", '{"type":{}}', '{"type":""}', json.dumps({"type": "x" * 200}), DEEP):
            self.assertEqual(codes(text), ["invalid"], str(text)[:20])

    def test_what_is_fit_is_left_alone(self):
        data = {"a": [1, -1.5, True, None, "é👍"], "b": {"c": 2**53 - 1}}
        self.assertEqual(
            frames.read_frames(json.dumps({"type": "x", "id": 7, "data": data})), [{"type": "x", "id": 7, "data": data}]
        )
        for bad in (True, [], {}, "", "x" * 200):
            self.assertIsNone(frames.read_frames(json.dumps({"type": "x", "id": bad}))[0]["id"])

    def test_a_meter_fills_up_again(self):
        now = [0.0]
        meter = limits.Meter(lambda: now[0])
        self.assertEqual([meter.take(1) for _ in range(limits.BURST)], [0] * limits.BURST)
        wait = meter.take(1)
        self.assertGreater(wait, 0)
        now[0] += wait / 1000
        self.assertEqual(meter.take(1), 0)
        for _ in range(limits.BURST):
            meter.take(1)
        self.assertTrue(meter.is_flooded())

    @override_settings(ALLOWED_HOSTS=["chat.example.com", "localhost", "[::1]"], QUERYWIRE={"ALLOWED_ORIGINS": ["https://app.example.com"]})
    def test_origins(self):
        for origin in (None, "https://chat.example.com", "http://localhost:5173", "http://[::1]:3000", "https://app.example.com"):
            self.assertTrue(origins.is_allowed(origin), origin)
        for origin in ("https://evil.example", "http://localhost.evil.example", "http://app.example.com", "null", "", "http://["):
            self.assertFalse(origins.is_allowed(origin), origin)


class RequestsTest(TestCase):
    def setUp(self):
        self.alice, self.bob, self.carol = make_users()
        make_room("team", members=["alice", "bob"])

    def test_every_request_with_every_odd_value_is_served_or_refused(self):
        sent = messages.post(self.alice, "team", "hi").reply["message"]["id"]
        odd = [None, True, 0, -1, 1.5, 2**53, "", "x", "__proto__", "x" * 5000, [], {}, [[]], {"id": 1}, sent, "team"]
        fields = ("room_id", "message", "message_id", "client_id", "reply_to_id", "attachments", "metadata", "reaction")
        fields += ("kind", "name", "members", "limit", "cursor", "before", "after", "around")
        dice = random.Random(1)
        for name in requests.REQUESTS:
            for field in fields:
                for value in dice.sample(odd, 4):
                    data = {"room_id": "team", "message_id": sent, "message": "x", "reaction": "+1", field: value}
                    try:
                        requests.handle(self.alice, name, data, 3)
                    except ChatError as error:
                        self.assertLess(len(str(error)), 200)
                    if name == "leave_room":
                        rooms.join_room(self.alice, "team")
        for cursor in ("[]", '["x","y"]', '["2024-01-01","y"]', '["2024-01-01T00:00:00Z","\\u0000"]', '["0001-01-01T00:00:00+23:59","y"]', DEEP, 5):
            with self.assertRaises(ChatError):
                rooms.get_rooms(self.alice, cursor)

    def test_only_a_channel_is_open_to_whoever_hears_of_it(self):
        for kind in (Room.GROUP, Room.DIRECT):
            make_room(kind, kind=kind, members=["alice"])
            with self.assertRaises(ChatError) as caught:
                requests.handle(self.bob, "join_room", {"room_id": kind}, 3)
            self.assertEqual(caught.exception.code, "forbidden")
            self.assertIn("room", rooms.join_room(self.alice, kind).reply, "who is in already is answered")
        self.assertIn("room", rooms.join_room(self.carol, "team").reply)

    def test_sync_takes_any_position(self):
        messages.post(self.alice, "team", "hi")
        odd = [{"seq": value, "epoch": log.epoch()} for value in (True, -5, 1.5, "1", 2**53, [], {})]
        for cursor in [*odd, {"seq": 0, "epoch": []}, {"epoch": {}}]:
            self.assertFalse(rooms.sync(self.alice, {"team": cursor})["rooms"]["team"]["complete"], cursor)
        with self.assertRaises(ChatError):
            rooms.sync(self.alice, {"team": {"message_id": "9" * 40}})

    def test_sync_answers_no_more_than_so_much(self):
        for room in ("one", "two", "three"):
            make_room(room, members=["alice"], messages=10)
        positions = {room: {"seq": 0, "epoch": log.epoch()} for room in ("one", "two", "three")}
        with mock.patch.object(rooms, "SYNC_TOTAL", 25):
            answers = rooms.sync(self.alice, positions)["rooms"]
        self.assertEqual([answers[room]["complete"] for room in positions], [True, True, False])

    def test_what_is_kept_has_a_size(self):
        for name in ("attachments", "metadata"):
            with self.assertRaises(ChatError) as caught:
                requests.handle(self.alice, "chat_message", {"room_id": "team", "message": "x", name: "x" * 20_000}, 3)
            self.assertEqual(caught.exception.code, "too_large")
        sent = messages.post(self.alice, "team", "hi").reply["message"]["id"]
        with mock.patch.object(messages, "MAX_REACTIONS", 3):
            for count in range(3):
                messages.react(self.alice, "team", sent, str(count), add=True)
            with self.assertRaises(ChatError):
                messages.react(self.alice, "team", sent, "more", add=True)

    def test_who_is_not_active_is_nobody(self):
        token = issue_token(self.bob)
        type(self.bob).objects.filter(pk=self.bob.pk).update(is_active=False)
        with self.assertRaises(TokenRejected) as caught:
            user_of(read_token(token))
        self.assertEqual(caught.exception.close_code, 4003)
        with self.assertRaises(ChatError):
            messages.history(self.bob, "team")
        self.assertFalse(rooms.sync(self.bob, {"team": {}})["rooms"]["team"]["complete"])

    @override_settings(ALLOWED_HOSTS=["localhost", "testserver"])
    def test_history_over_http_is_for_members(self):
        messages.post(self.alice, "team", "secret")

        def get(user, query="", **headers):
            bearer = {"HTTP_AUTHORIZATION": f"Bearer {issue_token(user)}", **headers}
            return self.client.get(f"/api/rooms/team/messages{query}", **bearer)

        self.assertEqual(get(self.bob).json()["messages"][0]["content"], "secret")
        self.assertEqual(get(self.carol).status_code, 403)
        self.assertEqual(get(self.carol).json()["error"]["code"], "not_member")
        for query in ("?limit=x", "?limit=-1", "?before=x", f"?before={'9' * 40}", "?before=1&after=1&limit=%ff"):
            self.assertEqual(get(self.bob, query).status_code, 400, query)
        self.assertEqual(get(self.bob, HTTP_ORIGIN="https://evil.example").status_code, 403)
        self.assertEqual(get(self.bob, HTTP_ORIGIN="http://localhost:1").headers["Access-Control-Allow-Origin"], "http://localhost:1")


class SocketsTest(TransactionTestCase):
    def setUp(self):
        self.alice, self.bob, self.carol = make_users()
        make_room("team", members=["alice", "bob"])

    def open(self, path, user, headers=()):
        return WebsocketCommunicator(application, f"{path}?token={issue_token(user)}", headers=list(headers))

    async def closed(self, socket):
        while True:
            output = await socket.receive_output(5)
            if output["type"] == "websocket.close":
                return output["code"]

    def test_a_deactivated_user_is_out(self):
        async def check():
            socket = self.open("/ws/v1/", self.bob)
            await socket.connect()
            await socket.send_to(text_data='{"type":"ping"}')
            while json.loads(await socket.receive_from(5))["type"] != "pong":
                pass
            self.bob.is_active = False
            await database_sync_to_async(self.bob.save)()
            self.assertEqual(await self.closed(socket), 4003)

        async_to_sync(check)()

    def test_who_leaves_while_let_in_hears_nothing_more(self):
        member, left = rooms.membership_of, []

        def then_leave(user, room_id):
            found = member(user, room_id)
            if not left:
                left.append(user)  # leaving asks too
                async_to_sync(publish)(rooms.leave_room(user, room_id))
            return found

        async def check():
            with mock.patch.object(rooms, "membership_of", then_leave):
                socket = self.open("/ws/v1/chat/team/", self.bob)
                await socket.connect()
                while json.loads(await socket.receive_from(5))["type"] != "room_removed":
                    pass
            await publish(log.Change({}, "team", [{"type": "typing_indicator", "room_id": "team", "data": {}}]))
            self.assertEqual(await socket.receive_output(5), {"type": "websocket.close", "code": 4003})
            self.assertTrue(await socket.receive_nothing(0.3))

        async_to_sync(check)()

    def test_typing_is_told_once_a_second_and_what_was_said_last_in_any_case(self):
        async def check():
            alice, bob = [await Socket(user).enter() for user in (self.alice, self.bob)]
            for socket in (alice, bob):
                await socket.ask("subscribe_room", room_id="team")
            said = [{"type": "typing_indicator", "data": {"room_id": "team", "is_typing": at % 2 == 0}} for at in range(50)]
            await alice.send_to(text_data=json.dumps(said))
            heard = [(await bob.first("typing_indicator"))["data"]["is_typing"] for _ in range(2)]
            self.assertEqual(heard, [True, False])
            self.assertTrue(await bob.receive_nothing(1.5))
            self.assertEqual(bob.frames, [])
            await alice.send_to(text_data=json.dumps(said[:1] + said[:2]))
            self.assertTrue((await bob.first("typing_indicator"))["data"]["is_typing"])
            await alice.disconnect()
            with self.assertRaises(asyncio.TimeoutError):
                await bob.first("typing_indicator", timeout=1.5)

        async_to_sync(check)()

    def test_nobody_stays_half_signed_in(self):
        async def check():
            socket = WebsocketCommunicator(application, "/ws/v1/")
            await socket.connect()
            await socket.send_to(text_data=json.dumps({"type": "auth", "id": 1, "data": {"token": issue_token(self.bob)}}))
            self.assertEqual(await self.closed(socket), 4029)

        with mock.patch.object(presence, "opened", side_effect=OperationalError("database is locked")):
            async_to_sync(check)()

    def test_pages_from_elsewhere_are_closed_after_the_accept(self):
        async def check():
            socket = self.open("/ws/v1/", self.alice, [(b"origin", b"https://evil.example")])
            self.assertTrue((await socket.connect())[0])
            self.assertEqual(await self.closed(socket), 4003)

        async_to_sync(check)()

    def test_one_user_has_so_many_sockets(self):
        async def check():
            first = self.open("/ws/v1/", self.alice)
            await first.connect()
            await first.receive_from(5)
            second = self.open("/ws/v1/", self.alice)
            await second.connect()
            self.assertEqual(await self.closed(second), 4029)
            await first.disconnect()

        with mock.patch.object(limits, "CONNECTIONS_PER_USER", 1):
            async_to_sync(check)()
