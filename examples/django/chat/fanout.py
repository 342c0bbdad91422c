"""Tells a committed change to the sockets. The channel layer carries it to every process (with REDIS_URL)."""

import logging

from channels.layers import get_channel_layer

logger = logging.getLogger(__name__)


def room_group(room_id):
    return f"room.{room_id}"


def user_group(user_id):
    return f"user.{user_id}"


def account_group(user_id):
    """The sockets of a user, of either kind: for what ends them."""
    return f"account.{user_id}"


def plain_group(room_id):
    """The sockets of the plain consumer (level 0)."""
    return f"chat.{room_id}"


async def publish(change):
    """
    Only ever after the commit: a broadcast from inside a transaction tells of rows that others cannot read yet, and of
    some that never come to be. A failure here is logged and no more: the change is safe, and from level 2 on the
    clients notice the hole and fetch it.
    """
    try:
        if change.room_frames:
            await to_room(change.room_id, change.room_frames)
        for user_id, frames in change.user_frames.items():
            await send(user_group(user_id), frames)
            for frame in frames:
                if frame["type"] == "room_removed":
                    event = {"type": "expelled", "room_id": frame["data"]["room_id"]}
                    await get_channel_layer().group_send(account_group(user_id), event)
    except Exception:
        logger.exception("could not broadcast a change of room %r", change.room_id)


async def dismiss(user_id):
    """Ends every connection of a user, in every process."""
    await get_channel_layer().group_send(account_group(user_id), {"type": "dismissed"})


async def to_room(room_id, frames, skip=None):
    await send(room_group(room_id), frames, skip)
    for frame in frames:
        if frame["type"] in TO_PLAIN:
            await send(plain_group(room_id), [TO_PLAIN[frame["type"]](frame)], skip)


async def send(group, frames, skip=None):
    await get_channel_layer().group_send(group, {"type": "deliver", "frames": frames, "skip": skip})


def plain_chat_message(frame):
    keys = ("id", "content", "sender", "timestamp", "room_id")
    return {"type": "chat_message", "message": {key: frame["message"][key] for key in keys}}


def plain_relay(frame):
    return {"type": frame["type"], "data": frame["data"]}


# What the plain consumer knows, so that both kinds of client can sit in one room while you move from one to the other.
TO_PLAIN = {
    "chat_message": plain_chat_message,
    "typing_indicator": plain_relay,
    "read_receipt": plain_relay,
}
