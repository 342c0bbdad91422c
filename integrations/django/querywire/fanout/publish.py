"""
Tells a committed change to the sockets of all processes. Only ever after the commit: a broadcast from inside a transaction tells
of rows that others cannot read yet, and of some that never come to be. What is lost here, the clients notice from level 2 on.
"""

import logging

from channels.layers import get_channel_layer

from .groups import PRESENCE, account_group, plain_group, room_group, user_group
from .hub import hub_here

logger = logging.getLogger(__name__)


async def publish(change, skip=None):
    """From synchronous code: `async_to_sync(publish)(change)`. `skip` is the channel name of a socket that is not told."""
    await tell(list(messages_of(change, skip)))


async def publish_presence(user_id, frame, room_ids):
    """To everybody in these rooms. Takes one message for each process, whatever the number of members and rooms."""
    message = {"type": "presence", "user_id": str(user_id), "frame": frame, "room_ids": list(room_ids)}
    await tell([(PRESENCE, message)])


async def dismiss(user_id):
    """Ends every connection of a user, in every process."""
    message = {"type": "dismissed", "user_id": str(user_id)}
    await tell([(user_group(user_id), message), (account_group(user_id), message)])


async def tell(messages):
    hub = hub_here()
    if hub:
        return hub.tell(messages)
    for group, message in messages:
        try:
            await get_channel_layer().group_send(group, message)
        except Exception:
            logger.exception("could not tell %r", group)


def messages_of(change, skip):
    """One message for a room, with what all of its members are told alike; one for each user who is told something else."""
    if change.room_frames or change.is_moved:
        yield room_group(change.room_id), {
            "type": "room",
            "room_id": change.room_id,
            "frames": change.room_frames,
            "is_moved": change.is_moved,
            "skip": skip,
        }
    plain = [TO_PLAIN[frame["type"]](frame) for frame in change.room_frames if frame["type"] in TO_PLAIN]
    if plain:
        yield plain_group(change.room_id), {"type": "deliver", "frames": plain}
    for user_id, frames in change.user_frames.items():
        yield user_group(user_id), {"type": "user", "user_id": str(user_id), "frames": frames}
        for frame in frames:
            if frame["type"] == "room_removed":
                yield account_group(user_id), {"type": "expelled", "room_id": frame["data"]["room_id"]}


def plain_chat_message(frame):
    keys = ("id", "content", "sender", "timestamp", "room_id")
    return {"type": "chat_message", "message": {key: frame["message"][key] for key in keys}}


def plain_relay(frame):
    return {"type": frame["type"], "data": frame["data"]}


# What a consumer of level 0 knows, so that both kinds of client can sit in one room while you move from one to the other.
TO_PLAIN = {
    "chat_message": plain_chat_message,
    "typing_indicator": plain_relay,
    "read_receipt": plain_relay,
}
