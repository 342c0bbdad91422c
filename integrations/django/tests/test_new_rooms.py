"""Rooms that people make, whom a conversation of two is with, and who has reacted."""

from unittest import mock

from asgiref.sync import async_to_sync
from django.test import TestCase, override_settings

from querywire.chat import messages, new_rooms, requests, rooms
from querywire.models import Membership, Room
from querywire.protocol import wire
from querywire.protocol.errors import ChatError

from .kit import Socket, TransactionTestCase, in_threads, make_room, make_users


def create(user, **data):
    return requests.handle(user, "create_room", data, 3)


def never(user, kind, name, others):
    return False


class NewRoomsTest(TestCase):
    def setUp(self):
        self.alice, self.bob, self.carol = make_users()

    def refused(self, user, code, **data):
        with self.assertRaises(ChatError) as caught:
            create(user, **data)
        self.assertEqual(caught.exception.code, code, data)

    def pair(self, user, other):
        return create(user, kind="direct", members=[other.pk]).reply["room"]

    def test_one_room_for_each_client_id(self):
        asked = {"name": " Plans ", "members": [self.bob.pk, str(self.bob.pk), self.alice.pk], "client_id": "c1"}
        change = create(self.alice, **asked)
        room = change.reply["room"]
        self.assertEqual((room["name"], room["kind"], room["member_count"]), ("Plans", "group", 2))
        told = change.user_frames[self.bob.pk][0]
        self.assertEqual((told["type"], told["data"]["room"]["id"]), ("room_added", room["id"]))
        self.assertEqual(told["data"]["room"]["member_count"], 2)
        self.assertEqual([frame["type"] for frame in change.room_frames], ["member_joined", "member_joined"])
        again = create(self.alice, **{**asked, "name": "Other"})
        self.assertEqual((again.reply["room"], again.user_frames, again.room_frames), (room, {}, []))
        self.assertNotEqual(create(self.bob, **asked).reply["room"]["id"], room["id"])
        members = rooms.get_members(self.bob, room["id"])["members"]
        self.assertEqual([(m["user"]["username"], m["role"]) for m in members], [("alice", "admin"), ("bob", "member")])
        rooms.leave_room(self.alice, room["id"])
        self.refused(self.alice, "not_member", **asked)

    def test_one_conversation_for_two(self):
        room = self.pair(self.alice, self.bob)
        self.assertEqual(room["peer"], wire.user_json(self.bob))
        self.assertEqual(self.pair(self.bob, self.alice)["id"], room["id"])
        self.assertEqual(rooms.get_rooms(self.bob)["rooms"][0]["peer"]["username"], "alice")
        views = rooms.views({room["id"]: {self.alice.pk, self.bob.pk}})
        self.assertEqual(views[self.bob.pk][0]["data"]["room"]["peer"]["username"], "alice")
        messages.post(self.alice, room["id"], "hi")
        rooms.leave_room(self.bob, room["id"])
        self.assertNotIn("peer", rooms.get_rooms(self.alice)["rooms"][0])
        back = self.pair(self.alice, self.bob)
        self.assertEqual((back["id"], back["member_count"], back["peer"]["username"]), (room["id"], 2, "bob"))
        rooms.leave_room(self.bob, room["id"])
        rooms.leave_room(self.alice, room["id"])
        self.assertEqual(self.pair(self.bob, self.alice)["id"], room["id"])
        # Also one that the application has made.
        make_room("dm", members=["bob", "carol"], kind=Room.DIRECT)
        self.assertEqual(self.pair(self.carol, self.bob)["id"], "dm")

    def test_what_nobody_may_make_is_refused_and_nothing_is_left_of_it(self):
        self.refused(self.alice, "empty")
        self.refused(self.alice, "empty", name=" \n")
        self.refused(self.alice, "empty", name=7)
        self.refused(self.alice, "too_long", name="x" * 121)
        self.refused(self.alice, "not_found", name="x", members=["nobody"])
        self.refused(self.alice, "not_found", name="x", members=[2**53 - 1])
        self.refused(self.alice, "too_many", name="x", members=list(range(101)))
        for bad in ({"kind": "x"}, {"kind": []}, {"members": "bob"}, {"members": [{}]}, {"client_id": ""}, {"client_id": 7}):
            self.refused(self.alice, "invalid", **{"name": "x", **bad})
        self.refused(self.alice, "invalid", kind="direct")
        self.refused(self.alice, "invalid", kind="direct", members=[self.alice.pk])
        self.refused(self.alice, "invalid", kind="direct", members=[self.bob.pk, self.carol.pk])
        self.carol.is_active = False
        self.carol.save()
        self.refused(self.alice, "not_found", kind="direct", members=[self.carol.pk])
        with mock.patch.object(new_rooms, "ROOMS_PER_USER", 0):
            self.refused(self.alice, "too_many", name="x")
        self.assertEqual(Room.objects.count(), 0)

    def test_the_project_says_who_may(self):
        room = self.pair(self.alice, self.bob)
        with override_settings(QUERYWIRE={"MAY_CREATE_ROOM": "tests.test_new_rooms.never"}):
            self.refused(self.alice, "forbidden", name="x")
            self.assertEqual(self.pair(self.bob, self.alice)["id"], room["id"], "it is there")
            rooms.leave_room(self.bob, room["id"])
            self.refused(self.alice, "forbidden", kind="direct", members=[self.bob.pk])
        self.assertFalse(Membership.objects.filter(user=self.bob).exists())

    def test_reactions_name_twenty_at_most(self):
        many = make_users([f"u{number}" for number in range(25)])
        make_room("team", members=["alice", *[user.username for user in many]])
        sent = messages.post(self.alice, "team", "hi").reply["message"]["id"]
        for user in many:
            change = messages.react(user, "team", sent, "+1", add=True)
        seen = wire.for_reader(change.room_frames[0], str(many[24].pk), 3)["data"]["reactions"]
        named = [str(user.pk) for user in many[:20]]
        self.assertEqual(seen, [{"name": "+1", "count": 25, "me": True, "user_ids": named}])


class AtOnceTest(TransactionTestCase):
    def setUp(self):
        self.alice, self.bob, self.carol = make_users()
        call_begin_epoch()

    def test_two_who_write_to_each_other_at_the_same_moment_are_in_one_room(self):
        def ask(user, other):
            return lambda: create(user, kind="direct", members=[other.pk]).reply["room"]["id"]

        ids = in_threads(*[ask(self.alice, self.bob), ask(self.bob, self.alice)] * 2)
        self.assertEqual(len(set(ids)), 1)
        self.assertEqual(Room.objects.count(), 1)

    def test_it_appears_in_the_lists_of_all_its_members(self):
        async_to_sync(self.watch)()

    async def watch(self):
        alice, bob = await Socket(self.alice).enter(), await Socket(self.bob).enter()
        reply = await alice.ask("create_room", kind="direct", members=[str(self.bob.pk)])
        for socket, peer in ((alice, "bob"), (bob, "alice")):
            room = (await socket.first("room_added"))["data"]["room"]
            self.assertEqual((room["id"], room["peer"]["username"]), (reply["room"]["id"], peer))
        # Bob hears of it from now on, without having asked.
        await alice.ask("chat_message", room_id=reply["room"]["id"], message="hi")
        while True:
            room = (await bob.first("room_updated"))["data"]["room"]
            if room.get("last_message"):
                break
        self.assertEqual((room["last_message"]["content"], room["peer"]["username"]), ("hi", "alice"))
        for socket in (alice, bob):
            await socket.disconnect()


def call_begin_epoch():
    """Other tests of this kind empty the tables."""
    from querywire.models import Epoch

    Epoch.objects.get_or_create(pk=1)
