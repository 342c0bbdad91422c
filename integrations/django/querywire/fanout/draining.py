"""
Going down without a gap. On SIGTERM daphne takes nobody new, asks all who are connected to move to another process, which they do
before they leave this one, and ends when they have gone, or after `DRAIN_SECONDS`. A second SIGTERM ends it at once.
"""

import asyncio
import json
import logging
import random
import signal
import sys
import threading

from ..conf import setting

SERVICE_RESTART = 1012
LOOK_SECONDS = 0.05
# For the last close frames to be written.
FAREWELL_SECONDS = 0.2

logger = logging.getLogger(__name__)


def drain_on_sigterm(hub):
    """Nothing, under another server than daphne: what happens on a signal is that one's."""
    reactor = sys.modules.get("twisted.internet.reactor")
    if reactor is None or not reactor.running or threading.current_thread() is not threading.main_thread():
        return
    loop = asyncio.get_running_loop()

    def on_signal(*args):
        signal.signal(signal.SIGTERM, lambda *args: loop.call_soon_threadsafe(reactor.stop))
        loop.call_soon_threadsafe(lambda: loop.create_task(end(reactor, hub)))

    signal.signal(signal.SIGTERM, on_signal)


async def end(reactor, hub):
    try:
        stop_listening(reactor)
        await drain(hub, setting("DRAIN_SECONDS"))
        await asyncio.sleep(FAREWELL_SECONDS)
    except Exception:
        logger.exception("could not ask everybody to go")
    reactor.stop()


def stop_listening(reactor):
    """So that nginx sends to other processes those who are asked to move."""
    from twisted.internet.tcp import Port

    for reader in reactor.getReaders():
        if isinstance(reader, Port):
            reader.stopListening()


async def drain(hub, seconds):
    loop = asyncio.get_running_loop()
    ends_at = loop.time() + seconds
    for socket in hub.audience.all_sockets():
        # Not all at the same moment, and long enough before the end for the next socket to be caught up.
        data = {"retry_after_ms": random.randrange(int(seconds * 250) + 1)}
        await quietly(socket.hear(json.dumps({"type": "draining", "data": data})))
    while hub.audience.all_sockets() and loop.time() < ends_at:
        await asyncio.sleep(LOOK_SECONDS)
    for socket in hub.audience.all_sockets():
        await quietly(socket.close(SERVICE_RESTART))


async def quietly(writing):
    """One that is gone already is no reason to forget the others."""
    try:
        await writing
    except Exception as error:
        logger.debug("could not write to a socket: %r", error)
