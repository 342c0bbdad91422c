"""What goes to the sockets: how much of it, in which order, and what becomes of it when the channel layer forgets."""

import asyncio
import threading
from unittest import mock

from asgiref.sync import async_to_sync
from channels.db import database_sync_to_async
from channels.layers import get_channel_layer

from querywire.chat import messages, presence, rooms
from querywire.fanout import hub as hub_module
from querywire.fanout import link
from querywire.fanout.draining import drain
from querywire.fanout.hub import hub_here
from querywire.fanout.publish import publish

from .kit import Socket, TransactionTestCase, make_room, make_users


class Counted:
    """What is said to the channel layer."""

    def __enter__(self):
        layer = get_channel_layer()
        send = layer.group_send
        self.sent = []

        async def counted(group, message):
            if message["type"] != "echo":
                self.sent.append((group, message))
            await send(group, message)

        self.patch = mock.patch.object(layer, "group_send", counted)
        self.patch.start()
        return self

    def __exit__(self, *args):
        self.patch.stop()


def run(check):
    """Quick heartbeats of the link, so that nobody waits."""
    with mock.patch.object(link, "EVERY_SECONDS", 0.1), mock.patch.object(link, "PATIENCE_SECONDS", 0.5):
        async_to_sync(check)()


async def until(condition, what):
    for _ in range(500):
        if condition():
            return
        await asyncio.sleep(0.01)
    raise AssertionError(what)


post = database_sync_to_async(messages.post)


class HubTest(TransactionTestCase):
    def setUp(self):
        self.users = make_users([f"user-{count}" for count in range(30)])
        self.alice, self.bob, self.carol = self.users[:3]
        make_room("team", [user.username for user in self.users])

    async def sockets(self, users, subscribed=True):
        found = [await Socket(user).enter() for user in users]
        for socket in found if subscribed else ():
            await socket.ask("subscribe_room", room_id="team")
        return found

    async def end(self, sockets):
        for socket in sockets:
            await socket.disconnect()

    def test_a_change_is_told_once_for_a_process_whatever_the_number_of_members(self):
        async def check():
            sockets = await self.sockets(self.users[:10])
            await asyncio.sleep(0.3)
            with Counted() as counted:
                change = await post(self.alice, "team", "hi")
                await publish(change)
                await self.read_all(sockets, "chat_message")
                await asyncio.sleep(0.3)
                self.assertEqual([group for group, _ in counted.sent], ["room.team", "chat.team"])
                counted.sent.clear()
                await publish(await database_sync_to_async(rooms.leave_room)(self.carol, "team"))
                await asyncio.sleep(0.3)
                expected = ["room.team", f"user.{self.carol.pk}", f"account.{self.carol.pk}"]
                self.assertEqual([group for group, _ in counted.sent], expected)
                counted.sent.clear()
                newcomer = (await self.sockets([self.users[20]]))[0]
                await newcomer.disconnect()
                await asyncio.sleep(0.3)
                self.assertEqual([group for group, _ in counted.sent], ["querywire.presence"] * 2)
            await self.end(sockets)

        run(check)

    def test_who_is_asked_to_go_is_served_until_he_does_or_the_time_is_over(self):
        async def check():
            going, staying = await self.sockets([self.alice, self.bob])
            draining = asyncio.ensure_future(drain(hub_here(), 1))
            for socket in (going, staying):
                hint = (await socket.first("draining"))["data"]["retry_after_ms"]
                self.assertTrue(0 <= hint <= 250)
            self.assertIn("rooms", await going.ask("get_rooms"))
            await going.disconnect()
            output = await staying.receive_output(5)
            while output["type"] == "websocket.send":
                output = await staying.receive_output(5)
            self.assertEqual(output["code"], 1012)
            await asyncio.wait_for(draining, 5)

        run(check)

    def test_draining_is_over_when_everybody_has_gone(self):
        async def check():
            sockets = await self.sockets([self.alice, self.bob])
            draining = asyncio.ensure_future(drain(hub_here(), 60))
            await self.end(sockets)
            await asyncio.wait_for(draining, 5)

        run(check)

    async def read_all(self, sockets, wanted):
        for socket in sockets:
            await socket.first(wanted)

    def test_peers_hear_who_comes_and_goes_and_nobody_else_does(self):
        dave, stranger = make_users(["dave", "stranger"])
        make_room("other", ["stranger"])

        async def check():
            watching, aside = await self.sockets([self.alice, stranger], subscribed=False)
            bob = await Socket(self.bob).enter()
            status = (await watching.first("user_status"))["data"]
            self.assertEqual((status["user_id"], status["status"]), (str(self.bob.pk), "online"))
            second = await Socket(self.bob).enter()
            await second.disconnect()
            await bob.disconnect()
            self.assertEqual((await watching.first("user_status"))["data"]["status"], "offline")
            await aside.send_to(text_data='{"type":"ping"}')
            self.assertEqual((await aside.next())["type"], "pong", "nothing before it")
            await self.end([watching, aside])

        run(check)

    def test_the_welcome_is_the_first_word_whatever_others_tell_meanwhile(self):
        go_on = threading.Event()
        opened = presence.opened

        def slowly(user, channel):
            if user == self.bob:
                go_on.wait(5)
            return opened(user, channel)

        async def check():
            bob = Socket(self.bob)
            await bob.connect()
            await until(lambda: hub_here().audience.of_user(self.bob.pk), "nobody entered")
            [session] = hub_here().audience.of_user(self.bob.pk)
            alice = await Socket(self.alice).enter()
            await until(lambda: session.early, "nothing was told meanwhile")
            go_on.set()
            self.assertEqual((await bob.next())["type"], "welcome")
            self.assertEqual((await bob.first("user_status"))["data"]["user_id"], str(self.alice.pk))
            await self.end([alice, bob])

        with mock.patch.object(presence, "opened", slowly):
            run(check)

    def test_a_burst_is_told_in_order_in_fewer_texts_and_the_views_last_and_right(self):
        async def check():
            reader, lister = await Socket(self.alice).enter(), await Socket(self.bob).enter()
            await reader.ask("subscribe_room", room_id="team")
            await asyncio.sleep(0.2)
            before = reader.texts
            count = 60
            for number in range(count):
                await publish(await post(self.carol, "team", f"{number} @user-1"))
            for number in range(count):
                self.assertEqual((await reader.first("chat_message"))["seq"], number + 1)
            unread, versions = None, []
            while unread != count:
                state = (await lister.first("unread_update"))["data"]
                unread = state["unread_count"]
                versions.append(state["version"])
                self.assertEqual(state["mention_count"], unread)
            self.assertEqual(versions, sorted(set(versions)))
            self.assertLess(len(versions), count / 2)
            self.assertLess(reader.texts - before, 3 * count)
            await self.end([reader, lister])

        run(check)

    def test_who_was_forgotten_by_the_channel_layer_is_told_what_was_missed(self):
        async def check():
            alice = (await self.sockets([self.alice]))[0]
            await publish(await post(self.bob, "team", "before"))
            await alice.first("chat_message")
            await asyncio.sleep(0.2)
            get_channel_layer().groups.clear()  # as a Redis that was flushed
            for text in ("one", "two"):
                await post(self.bob, "team", text)  # by another process, whose words are lost
            for text in ("one", "two"):
                self.assertEqual((await alice.first("chat_message"))["message"]["content"], text)
            groups = get_channel_layer().groups
            self.assertIn("room.team", groups)
            self.assertIn(f"user.{self.alice.pk}", groups)
            await alice.disconnect()

        run(check)

    def test_a_channel_layer_that_is_away_stops_nobody_here_and_hears_all_of_it_later(self):
        async def check():
            layer = get_channel_layer()
            alice, bob = await self.sockets([self.alice, self.bob])
            send, heard = layer.group_send, []

            async def away(group, message):
                raise ConnectionError("nobody there")

            async def back(group, message):
                heard.append(group)
                await send(group, message)

            with mock.patch.object(layer, "group_send", away), mock.patch.object(layer, "group_add", away):
                await until(lambda: not hub_here().link.well.is_set(), "it notices")
                carol = (await self.sockets([self.carol]))[0]
                self.assertIn("message", await alice.ask("chat_message", room_id="team", message="hi"))
                for socket in (bob, carol):
                    self.assertEqual((await socket.first("chat_message"))["message"]["content"], "hi")
            with mock.patch.object(layer, "group_send", back):
                await until(lambda: "room.team" in heard, "others are told afterwards")
            await self.end([alice, bob, carol])

        run(check)

    def test_what_others_read_in_reactions_is_not_what_one_reads_oneself(self):
        async def check():
            sent = (await post(self.alice, "team", "hi")).reply["message"]["id"]
            sockets = await self.sockets([self.alice, self.bob, self.carol])
            react = database_sync_to_async(messages.react)
            await publish(await react(self.bob, "team", sent, "+1", add=True))
            seen = [(await socket.first("reaction_updated"))["data"]["reactions"][0]["me"] for socket in sockets]
            self.assertEqual(seen, [False, True, False])
            await self.end(sockets)

        run(check)

    def test_nothing_is_kept_of_who_has_gone(self):
        async def check():
            sockets = await self.sockets(self.users[:5])
            hub = hub_here()
            await self.end(sockets)
            who = hub.audience
            kept = (dict(who.rooms), dict(who.users), dict(who.places), hub.alive)
            self.assertEqual(kept, ({}, {}, {}, {}))
            self.assertEqual(who.wanted_groups(), {"querywire.presence"})

        run(check)

    def test_who_is_alive_is_reported_once_for_all(self):
        async def check():
            alice, bob = await self.sockets([self.alice, self.bob])
            with mock.patch.object(hub_module, "PRESENCE_SECONDS", 0.05):
                hub_here().tasks.append(asyncio.ensure_future(hub_here().report_alive()))
                users = type(self.bob).objects
                await database_sync_to_async(users.filter(pk=self.bob.pk).update)(is_active=False)
                for socket in (alice, bob):
                    await socket.send_to(text_data='{"type":"ping"}')
                while True:
                    output = await bob.receive_output(5)
                    if output["type"] == "websocket.close":
                        break
                self.assertEqual(output["code"], 4003)
                await alice.first("pong")
            await alice.disconnect()

        run(check)
