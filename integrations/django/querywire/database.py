"""How the database is asked: what one read sees, what a write does when another is in its way, and on which threads."""

import random
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from functools import lru_cache, wraps
from threading import Lock

from channels.db import database_sync_to_async
from django.db import InterfaceError, OperationalError, transaction

from .conf import setting
from .protocol.errors import ChatError

# What restarts, locks and lost connections look like. PostgreSQL says the second of a connection that is gone.
TROUBLE = (OperationalError, InterfaceError)
# PostgreSQL: could not serialise; deadlock. The transaction is undone, and may simply be run again.
CONFLICTS = ("40001", "40P01")
PATIENCE_SECONDS = 5
RETRY_AFTER_MS = 1000


ONE_MOMENT = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY;"


def reads(function):
    """
    All that it reads is of one moment. On SQLite (WAL) that is how transactions are; on PostgreSQL each statement would
    see another moment, unless told. Inside a transaction of the caller's, it is the caller's that counts.
    """
    return in_transaction(function, postgres_begin=ONE_MOMENT)


def writes(function):
    """One transaction, which is run again where the database had to undo it. Its first statement must be a write."""
    return in_transaction(function, turn=one_writer)


def in_transaction(function, postgres_begin="", turn=lambda connection: nullcontext()):
    def once(connection, attempt, args, kwargs):
        with turn(connection), transaction.atomic():
            if connection.vendor == "postgresql":
                with connection.cursor() as cursor:
                    cursor.execute(f"{postgres_begin} SET LOCAL lock_timeout = {int(setting('LOCK_TIMEOUT_MS'))}")
            result = function(*args, **kwargs)
            attempt["committing"] = True
        return result

    @wraps(function)
    def run(*args, **kwargs):
        connection = transaction.get_connection()
        if connection.in_atomic_block:
            with transaction.atomic():
                return function(*args, **kwargs)
        until, losses = time.monotonic() + PATIENCE_SECONDS, 0
        while True:
            attempt = {"committing": False}
            before = connection.connection
            try:
                return once(connection, attempt, args, kwargs)
            except TROUBLE as error:
                if is_lost(connection, before) and not attempt["committing"] and not losses:
                    # It has stood idle while the database was restarted. Nothing was done on it.
                    losses = 1
                    connection.close()
                elif sqlstate(error) not in CONFLICTS or time.monotonic() > until:
                    raise
            # Not all at once again.
            time.sleep(random.uniform(0.001, 0.03))

    return run


sqlite_writer = Lock()


def one_writer(connection):
    """SQLite has one, and those who wait for it look again every so often; threads of one process can queue instead."""
    return sqlite_writer if connection.vendor == "sqlite" else nullcontext()


def is_lost(connection, before):
    """Django may have opened another one at the end of the transaction."""
    return before is not None and (connection.connection is not before or not connection.is_usable())


def sqlstate(error):
    """The code that PostgreSQL gives, by psycopg 2 or 3."""
    return getattr(error.__cause__, "sqlstate", None) or getattr(error.__cause__, "pgcode", None)


def unavailable():
    return ChatError("unavailable", "Try again in a moment.", retryable=True, retry_after_ms=RETRY_AFTER_MS)


@lru_cache(maxsize=None)
def threads(purpose):
    """A pool of its own for heartbeats: they must not wait behind requests that wait for a lock."""
    return ThreadPoolExecutor(setting("DATABASE_THREADS") if purpose == "requests" else 2, f"querywire-{purpose}")


def in_database(function, *args, purpose="requests"):
    """
    On a thread of the pool. `database_sync_to_async` alone takes one thread for the whole process, and then one slow query
    stops everybody. `ChatError("unavailable")` when the database is away, or keeps us waiting.
    """

    def run():
        try:
            return function(*args)
        except TROUBLE as error:
            raise unavailable() from error

    return database_sync_to_async(run, thread_sensitive=False, executor=threads(purpose))()
