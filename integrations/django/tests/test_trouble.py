"""Writers that compete, and a database that is away, locked or started again."""

import asyncio
import os
import time
from functools import partial
from threading import Event
from unittest import mock

from asgiref.sync import async_to_sync
from django.db import InterfaceError, OperationalError, connection, connections
from django.test import override_settings

from querywire import database
from querywire.chat import log, messages, requests, rooms
from querywire.models import Message, Room, RoomEvent

from .kit import Socket, TransactionTestCase, in_threads, make_room, make_users

WRITERS = 4
WRITES = int(os.environ.get("QUERYWIRE_TEST_WRITES", "60"))


class CompetingTest(TransactionTestCase):
    def setUp(self):
        self.alice, self.bob = make_users(["alice", "bob"])
        make_room("team", ["alice", "bob"])

    def test_what_is_read_meanwhile_is_of_one_moment(self):
        done = Event()
        found = {"pages": 0, "answers": 0, "wrong": []}

        def write(writer):
            for count in range(WRITES):
                messages.post((self.alice, self.bob)[writer % 2], "team", f"{writer} {count}", f"{writer}-{count}")
                if count % 10 == 9:
                    messages.mark_read(self.bob, "team", Message.objects.order_by("-seq").values_list("pk", flat=True)[0])

        def write_all():
            try:
                in_threads(*(partial(write, writer) for writer in range(WRITERS)))
            finally:
                done.set()

        def read_pages():
            while not done.is_set():
                page = messages.history(self.alice, "team", limit=20)
                numbers = [message["seq"] for message in page["messages"]]
                newest = list(range(page["as_of"], max(page["as_of"] - 20, 0), -1))[::-1]
                found["pages"] += 1
                if numbers != newest:
                    found["wrong"].append(("page", page["as_of"], numbers))

        def read_log():
            seq, epoch = 0, log.epoch()
            while not done.is_set():
                answer = rooms.sync(self.alice, {"team": {"seq": max(seq - 5, 0), "epoch": epoch}})["rooms"]["team"]
                found["answers"] += 1
                expected = list(range(max(seq - 5, 0) + 1, answer["seq"] + 1))
                if not answer["complete"] or [event["seq"] for event in answer["events"]] != expected:
                    found["wrong"].append(("sync", seq, answer["seq"], answer["complete"]))
                seq = answer["seq"]

        in_threads(write_all, read_pages, read_log, read_log)
        self.assertEqual(found["wrong"], [])
        self.assertGreater(min(found["pages"], found["answers"]), 0)
        total = WRITERS * WRITES
        self.assertEqual(list(RoomEvent.objects.order_by("seq").values_list("seq", flat=True)), list(range(1, total + 1)))
        self.assertEqual(list(Message.objects.order_by("pk").values_list("seq", flat=True)), list(range(1, total + 1)))
        self.assertEqual(Room.objects.get(pk="team").seq, total)
        print(f"{total} writes, {found['pages']} pages, {found['answers']} answers to sync", end=" ", flush=True)

    def test_what_the_database_had_to_undo_is_done_again(self):
        conflicts = [conflict("40001"), conflict("40P01")]

        @database.writes
        def write():
            Room.objects.filter(pk="team").update(name="changed")
            if conflicts:
                error, cause = conflicts.pop()
                raise error from cause
            return "done"

        self.assertEqual(write(), "done")
        conflicts[:] = [conflict("55P03")]
        self.assertRaises(OperationalError, write)

    def test_a_commit_of_which_nobody_knows_is_not_run_twice(self):
        runs = []

        @database.writes
        def write():
            runs.append(1)

        with mock.patch.object(connection, "_commit", side_effect=OperationalError("the connection is gone")):
            with mock.patch.object(database, "is_lost", return_value=True):
                self.assertRaises(OperationalError, write)
        self.assertEqual(runs, [1])


def conflict(code):
    cause = Exception()
    cause.pgcode = code
    return OperationalError("as PostgreSQL says it"), cause


class AwayTest(TransactionTestCase):
    def setUp(self):
        self.alice, self.bob = make_users(["alice", "bob"])
        make_room("team", ["alice", "bob"])

    def test_trouble_of_any_kind_is_a_refusal_that_says_when_to_try_again(self):
        async def check(error):
            socket = await Socket(self.alice).enter()
            with mock.patch.object(requests, "handle", side_effect=error):
                refused = await socket.ask("chat_message", room_id="team", message="hi", client_id="c1")
            self.assertEqual((refused["code"], refused["retryable"]), ("unavailable", True))
            self.assertGreater(refused["retry_after_ms"], 0)
            with mock.patch.object(log, "positions", side_effect=error):
                await socket.send_to(text_data='{"type":"ping"}')
                self.assertNotIn("heads", (await socket.first("pong"))["data"])
            self.assertIn("message", await socket.ask("chat_message", room_id="team", message="hi", client_id="c1"))
            await socket.disconnect()

        for error in (OperationalError("database is locked"), InterfaceError("connection already closed")):
            async_to_sync(check)(error)

    def test_the_heartbeat_does_not_wait_behind_a_request(self):
        async def check():
            socket = await Socket(self.alice).enter()
            release = Event()
            handle = requests.handle

            def slow(*args):
                release.wait(10)
                return handle(*args)

            with mock.patch.object(requests, "handle", slow):
                await socket.send_to(text_data='{"type":"chat_message","id":"m","data":{"room_id":"team","message":"one"}}')
                await socket.send_to(text_data='{"type":"ping"}')
                await socket.first("pong", timeout=2)
                release.set()
                self.assertEqual((await socket.first("response"))["reply_to"], "m")
            await socket.disconnect()

        async_to_sync(check)()

    def test_what_was_sent_before_the_socket_ended_is_stored_and_told(self):
        async def check():
            alice, bob = await Socket(self.alice).enter(), await Socket(self.bob).enter()
            await bob.ask("subscribe_room", room_id="team")
            await alice.send_to(text_data='{"type":"chat_message","data":{"room_id":"team","message":"last words"}}')
            await alice.disconnect()
            self.assertEqual((await bob.first("chat_message"))["message"]["content"], "last words")
            await bob.disconnect()

        async_to_sync(check)()


if connection.vendor == "postgresql":

    class PostgresTest(TransactionTestCase):
        def setUp(self):
            self.alice, self.bob = make_users(["alice", "bob"])
            make_room("team", ["alice", "bob"])

        def test_a_connection_that_was_ended_meanwhile_is_opened_anew(self):
            def posted_after_a_restart():
                mine = connections["default"]
                mine.ensure_connection()
                pid = mine.connection.info.backend_pid if hasattr(mine.connection, "info") else None
                in_threads(lambda: end_backend(pid))
                return messages.post(self.alice, "team", "after").reply["message"]["seq"]

            self.assertEqual(in_threads(posted_after_a_restart), [1])

        @override_settings(QUERYWIRE={"LOCK_TIMEOUT_MS": 300})
        def test_a_locked_table_is_a_refusal_and_keeps_no_pong(self):
            locked, release = Event(), Event()

            def lock():
                with database.transaction.atomic(), connections["default"].cursor() as cursor:
                    cursor.execute("LOCK TABLE querywire_room IN ACCESS EXCLUSIVE MODE")
                    locked.set()
                    release.wait(20)

            async def check():
                socket = await Socket(self.alice).enter()
                await socket.ask("subscribe_room", room_id="team")
                locking = asyncio.get_running_loop().run_in_executor(None, lambda: in_threads(lock))
                while not locked.is_set():
                    await asyncio.sleep(0.01)
                started = time.monotonic()
                refused = await socket.ask("chat_message", room_id="team", message="hi", client_id="c1")
                self.assertEqual((refused["code"], refused["retryable"]), ("unavailable", True))
                await socket.send_to(text_data='{"type":"ping"}')
                await socket.first("pong")
                self.assertLess(time.monotonic() - started, 5)
                release.set()
                await locking
                self.assertIn("message", await socket.ask("chat_message", room_id="team", message="hi", client_id="c1"))
                await socket.disconnect()

            async_to_sync(check)()

        def test_strict_isolation_by_default_loses_no_write(self):
            """A project may have set SERIALIZABLE for all its connections."""

            def write(writer):
                with connections["default"].cursor() as cursor:
                    cursor.execute("SET default_transaction_isolation = 'serializable'")
                for count in range(10):
                    messages.post(self.alice, "team", f"{writer} {count}")

            in_threads(*(partial(write, writer) for writer in range(3)))
            self.assertEqual(list(RoomEvent.objects.order_by("seq").values_list("seq", flat=True)), list(range(1, 31)))


def end_backend(pid):
    with connections["default"].cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s)", [pid])
