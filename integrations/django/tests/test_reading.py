"""Unread counts, pages, presence, commands."""

import random
from datetime import timedelta
from io import StringIO

from django.core.management import call_command
from django.test import TestCase
from django.utils import timezone

from querywire.access.tokens import TokenRejected, issue_token, read_token
from querywire.chat import log, messages, presence, rooms
from querywire.models import Connection, Epoch, Membership, Message, Room
from querywire.protocol import wire

from .kit import make_room, make_users


class ReadingTest(TestCase):
    def setUp(self):
        self.users = self.alice, self.bob, self.carol = make_users()
        make_room("team", members=["alice", "bob", "carol"])

    def test_counts_never_drift(self):
        dice = random.Random(20240612)
        sent = []
        for step in range(150):
            user = dice.choice(self.users)
            action = dice.random()
            if action < 0.5 or not sent:
                text = dice.choice(["hello", "hello @bob", "(@Carol)", "mail@bob is no call", "@alice."])
                sent.append((user, messages.post(user, "team", f"{step} {text}").reply["message"]["id"]))
            elif action < 0.65:
                owner, message_id = sent.pop(dice.randrange(len(sent)))
                messages.delete(owner, "team", message_id)
            elif action < 0.75:
                owner, message_id = dice.choice(sent)
                messages.edit(owner, "team", message_id, f"{step} now for @alice")
            elif action < 0.9:
                messages.mark_read(user, "team", dice.choice(sent)[1])
            else:
                messages.mark_unread(user, "team", dice.choice(sent)[1])
            self.check_counts(step)

    def check_counts(self, step):
        for member in Membership.objects.select_related("user"):
            unread = [
                message
                for message in Message.objects.filter(seq__gt=member.last_read_seq, deleted_at=None)
                if message.sender_id != member.user_id
            ]
            calls = [message for message in unread if messages.mentions(message.content, member.user.username)]
            self.assertEqual(
                (member.unread_count, member.mention_count), (len(unread), len(calls)), f"{member.user} at step {step}"
            )

    def test_marking_as_unread_moves_the_pointer_back_and_never_forward(self):
        sent = [messages.post(self.bob, "team", text).reply["message"]["id"] for text in ("one", "two @alice", "three")]
        messages.mark_read(self.alice, "team", sent[2])
        change = messages.mark_unread(self.alice, "team", sent[1])
        counts = ("unread_count", "mention_count", "last_read_message_id")
        self.assertEqual([change.reply[name] for name in counts], [2, 1, sent[0]])
        self.assertEqual((change.room_frames, list(change.user_frames)), ([], [self.alice.pk]), "nobody else is told")
        again = messages.mark_unread(self.alice, "team", sent[2])
        self.assertEqual((again.reply, again.user_frames), (change.reply, {}), "it was unread already")
        first = messages.mark_unread(self.alice, "team", sent[0]).reply
        self.assertEqual([first[name] for name in counts], [3, 1, None])

    def test_mentions_are_words_of_their_own(self):
        found = [text for text in ("@bob", "hi @Bob.", "a@bob", "@bobby", "(@bob)", "bob") if messages.mentions(text, "bob")]
        self.assertEqual(found, ["@bob", "hi @Bob.", "(@bob)"])

    def test_every_view_of_a_room_is_newer_than_the_last(self):
        versions = []
        for step in (
            lambda: messages.post(self.bob, "team", "one"),
            lambda: messages.post(self.alice, "team", "two"),
            lambda: messages.mark_read(self.alice, "team", Message.objects.first().pk),
            lambda: messages.mark_unread(self.alice, "team", Message.objects.first().pk),
            lambda: messages.delete(self.bob, "team", Message.objects.first().pk),
            lambda: rooms.leave_room(self.carol, "team"),
        ):
            step()
            versions.append(Membership.objects.get(user=self.alice).version)
        self.assertEqual(versions, sorted(set(versions)))

    def test_pages_meet_without_gap_or_overlap(self):
        make_room("long", members=["alice"], messages=53)
        ids = list(Message.objects.filter(room="long").order_by("seq").values_list("pk", flat=True))
        seen, before, older = [], {}, True
        while older:
            page = messages.history(self.alice, "long", limit=20, **before)
            seen = [message["id"] for message in page["messages"]] + seen
            before, older = {"before": seen[0]}, page["has_older"]
        self.assertEqual(seen, ids)
        middle = messages.history(self.alice, "long", around=ids[26], limit=10)
        self.assertEqual([message["id"] for message in middle["messages"]], ids[21:31])
        self.assertTrue(middle["has_older"] and middle["has_newer"])
        last = messages.history(self.alice, "long", after=ids[42], limit=10)
        self.assertEqual([message["id"] for message in last["messages"]], ids[43:])
        self.assertFalse(last["has_newer"])

    def test_a_deleted_message_is_gone_from_pages_and_still_a_place_to_page_from(self):
        sent = [messages.post(self.alice, "team", str(count)).reply["message"]["id"] for count in range(4)]
        messages.delete(self.alice, "team", sent[2])
        page = messages.history(self.alice, "team", before=sent[2])
        self.assertEqual([message["id"] for message in page["messages"]], sent[:2])
        self.assertTrue(page["has_newer"])
        empty = messages.history(self.alice, "team", before=sent[0])
        self.assertEqual((empty["messages"], empty["has_older"], empty["has_newer"]), ([], False, True))

    def test_rooms_by_page(self):
        for count in range(5):
            make_room(f"room-{count}", members=["alice"], messages=count % 2)
        names, cursor = [], None
        while True:
            page = rooms.get_rooms(self.alice, cursor, limit=2)
            names += [room["id"] for room in page["rooms"]]
            cursor = page["next_cursor"]
            if cursor is None:
                break
        expected = Room.objects.filter(memberships__user=self.alice).order_by("-last_activity_at", "pk")
        self.assertEqual(names, [room.pk for room in expected])

    def test_reactions_say_me_to_whoever_reacted(self):
        message = messages.post(self.alice, "team", "hi").reply["message"]
        messages.react(self.bob, "team", message["id"], "+1", add=True)
        frame = messages.react(self.carol, "team", message["id"], "+1", add=True).room_frames[0]
        named = [str(self.bob.pk), str(self.carol.pk)]
        for user, me in ((self.alice, False), (self.bob, True)):
            seen = wire.for_reader(frame, str(user.pk), 3)
            self.assertEqual(seen["data"]["reactions"], [{"name": "+1", "count": 2, "me": me, "user_ids": named}])

    def test_level_1_shows_no_numbers_but_the_applications_own(self):
        sent = messages.post(self.alice, "team", "hi", metadata={"seq": 7})
        seen = wire.for_reader(sent.room_frames[0], str(self.bob.pk), 1)
        self.assertNotIn("seq", seen)
        self.assertNotIn("epoch", seen)
        self.assertNotIn("seq", seen["message"])
        self.assertEqual(seen["message"]["metadata"], {"seq": 7})


class PresenceTest(TestCase):
    def test_sockets_of_a_crashed_process_age_out(self):
        alice, bob, _ = make_users()
        make_room("team", members=["alice", "bob"])
        self.assertEqual(presence.opened(alice, "first"), (True, []))
        self.assertEqual(presence.opened(alice, "second"), (False, []), "bob knows already")
        self.assertIsNone(presence.closed(alice, "second"), "one is still open")
        self.assertEqual([frame["data"]["user_id"] for frame in presence.opened(bob, "his")[1]], [str(alice.pk)])
        Connection.objects.filter(channel="first").update(seen_at=timezone.now() - timedelta(minutes=5))
        self.assertEqual(presence.opened(bob, "his other")[1], [])
        presence.closed(bob, "his other")
        self.assertEqual(presence.closed(bob, "his")["data"]["status"], "offline")

    def test_who_was_taken_for_gone_comes_back_and_whose_account_ended_is_named(self):
        alice, bob, _ = make_users()
        presence.opened(alice, "hers")
        Connection.objects.all().delete()
        type(bob).objects.filter(pk=bob.pk).update(is_active=False)
        self.assertEqual(presence.seen({"hers": alice.pk, "his": bob.pk}), {bob.pk})
        self.assertEqual(list(Connection.objects.values_list("channel", flat=True)), ["hers"])


class CommandsTest(TestCase):
    def run_command(self, *args):
        out = StringIO()
        call_command(*args, stdout=out)
        return out.getvalue().strip()

    def test_tokens(self):
        alice = make_users()[0]
        claims = read_token(self.run_command("issue_token", "alice"))
        self.assertEqual((claims["sub"], claims["username"]), (str(alice.pk), "alice"))
        for token, code in ((None, 4001), (issue_token(alice, -1), 4001), ("nonsense", 4004)):
            with self.assertRaises(TokenRejected) as caught:
                read_token(token)
            self.assertEqual(caught.exception.close_code, code)

    def test_a_new_epoch_voids_all_positions(self):
        before = log.epoch()
        self.run_command("new_epoch")
        self.assertNotEqual(log.epoch(), before)
        self.assertEqual(Epoch.objects.count(), 1)

    def test_pruning(self):
        make_room("team", messages=15)
        self.assertEqual(self.run_command("prune_events", "--keep", "10"), "5 events forgotten")
        self.assertEqual(Room.objects.get(pk="team").events.count(), 10)
