"""Numbers, the log and snapshots, with writers that compete for real."""

from functools import partial
from unittest import mock


from querywire.chat import log, messages, rooms
from querywire.models import Message, Room, RoomEvent
from querywire.protocol.errors import ChatError

from .kit import TransactionTestCase, in_threads, make_room, make_users


class NumbersTest(TransactionTestCase):
    def setUp(self):
        self.alice, self.bob, self.carol = make_users()
        make_room("team", members=["alice", "bob"])

    def cursor(self, seq):
        return {"seq": seq, "epoch": log.epoch()}

    def since(self, seq, **changes):
        return rooms.sync(self.alice, {"team": {**self.cursor(seq), **changes}})["rooms"]["team"]

    def test_writers_that_compete_leave_no_hole(self):
        def write(user):
            for count in range(25):
                messages.post(user, "team", f"{user} {count}", f"{user}-{count}")

        in_threads(*(partial(write, user) for user in (self.alice, self.bob) for _ in range(2)))
        # Each user wrote twice from two threads with the same client ids: half of the posts were retries.
        numbers = list(RoomEvent.objects.order_by("seq").values_list("seq", flat=True))
        self.assertEqual(numbers, list(range(1, 51)))
        self.assertEqual(Message.objects.count(), 50)
        self.assertEqual(Room.objects.get(pk="team").seq, 50)

    def test_what_did_not_happen_takes_no_number(self):
        first = messages.post(self.alice, "team", "once", "c1").reply
        again = messages.post(self.alice, "team", "once", "c1")
        self.assertEqual(again.reply, first)
        self.assertEqual(again.room_frames, [])
        message_id = first["message"]["id"]
        for refused in (
            lambda: messages.post(self.carol, "team", "not a member"),
            lambda: messages.post(self.alice, "team", "  "),
            lambda: messages.edit(self.bob, "team", message_id, "not his"),
            lambda: messages.post(self.alice, "team", "reply", reply_to_id=10**6),
            lambda: messages.post(self.alice, "nowhere", "no such room"),
        ):
            self.assertRaises(ChatError, refused)
        messages.react(self.alice, "team", message_id, "+1", add=False)
        messages.edit(self.alice, "team", message_id, "once")
        messages.delete(self.alice, "team", message_id)
        self.assertEqual(messages.delete(self.alice, "team", message_id).room_frames, [])
        self.assertIn("room", rooms.join_room(self.alice, "team").reply)
        self.assertEqual(messages.post(self.bob, "team", "next").room_frames[0]["seq"], 3)

    def test_client_ids_are_the_senders_own(self):
        messages.post(self.alice, "team", "from alice", "same")
        messages.post(self.bob, "team", "from bob", "same")
        self.assertEqual(Message.objects.count(), 2)

    def test_positions_are_what_is_stored_whoever_wrote_it(self):
        make_room("other", members=["alice"])
        in_threads(lambda: messages.post(self.bob, "team", "from another process"))
        self.assertEqual(log.positions(["team", "other", "nowhere"]), {"team": self.cursor(1), "other": self.cursor(0)})

    def test_sync_hands_over_what_was_missed(self):
        frames = [messages.post(self.alice, "team", str(count)).room_frames[0] for count in range(5)]
        delta = self.since(2)
        self.assertEqual(delta["events"], frames[2:])
        self.assertTrue(delta["complete"])
        self.assertEqual(self.since(5), {"events": [], "complete": True, **self.cursor(5)})

    def test_sync_by_message_id(self):
        sent = [messages.post(self.alice, "team", str(count)) for count in range(3)]
        delta = rooms.sync(self.alice, {"team": {"message_id": str(sent[1].reply["message"]["id"])}})
        self.assertEqual(delta["rooms"]["team"]["events"], sent[2].room_frames)

    def test_sync_says_when_it_cannot_tell(self):
        for count in range(10):
            messages.post(self.alice, "team", str(count))
        self.assertEqual(log.prune("team", keep=3), 7)
        self.assertFalse(self.since(6)["complete"], "pruned")
        self.assertTrue(self.since(7)["complete"])
        self.assertFalse(self.since(11)["complete"], "a position that is still to come")
        self.assertFalse(self.since(9, epoch="another")["complete"])
        self.assertFalse(self.since(9, epoch=None)["complete"], "a number without its epoch")
        with mock.patch.object(log, "SYNC_LIMIT", 2):
            self.assertFalse(self.since(7)["complete"], "more than fits")

    def test_a_room_one_has_left_is_not_handed_over(self):
        messages.post(self.alice, "team", "secret")
        answer = rooms.sync(self.carol, {"team": self.cursor(0)})["rooms"]["team"]
        self.assertEqual((answer["events"], answer["complete"]), ([], False))

    def test_a_page_and_its_position_are_of_one_moment(self):
        messages.post(self.alice, "team", "before")
        read_page = messages.read_page

        def interrupted(*args):
            in_threads(lambda: messages.post(self.bob, "team", "meanwhile"))
            return read_page(*args)

        with mock.patch.object(messages, "read_page", interrupted):
            page = messages.history(self.alice, "team")
        self.assertEqual([message["content"] for message in page["messages"]], ["before"])
        self.assertEqual(page["as_of"], 1)
        self.assertEqual(log.position("team")["seq"], 2)
