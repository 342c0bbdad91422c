"""Rows to JSON and back: the shapes on the wire, nothing else. No queries beyond the relations handed in."""

from datetime import timezone as tz

# Kept from readers below level 2. (`for_reader` also turns who reacted into `me`.)
NUMBERED = ("seq", "epoch")
# Of those who have reacted alike, so many are named.
MAX_NAMED = 20
FOREIGN = ("attachments", "metadata")  # not ours to look into


def iso(moment):
    if moment is None:
        return None
    return moment.astimezone(tz.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def user_json(user):
    # A string, as in the token's `sub`: the client compares the two to know its own messages.
    return {"id": str(user.pk), "username": user.get_username()}


def plain_message(message):
    """The message of level 0."""
    return {
        "id": message.pk,
        "content": message.content,
        "sender": user_json(message.sender),
        "timestamp": iso(message.created_at),
        "room_id": message.room_id,
    }


def message_json(message):
    body = plain_message(message)
    body.update(seq=message.seq, version=message.version, reactions=reactions_json(message))
    optional = {
        "client_id": message.client_id,
        "reply_to_id": message.reply_to_id,
        "attachments": message.attachments,
        "metadata": message.metadata,
        "edited_at": iso(message.edited_at),
        "deleted_at": iso(message.deleted_at),
    }
    body.update({key: value for key, value in optional.items() if value is not None})
    return body


def reactions_json(message):
    users = {}
    for reaction in sorted(message.reactions.all(), key=lambda reaction: reaction.pk):
        users.setdefault(reaction.name, []).append(str(reaction.user_id))
    return [{"name": name, "count": len(ids), "user_ids": ids} for name, ids in users.items()]


def member_json(membership):
    body = {
        "user": user_json(membership.user),
        "role": membership.role,
        "joined_at": iso(membership.joined_at),
        "last_read_message_id": membership.last_read_id,
    }
    if membership.read_at is not None:
        body["read_at"] = iso(membership.read_at)
    return body


def unread_json(membership):
    return {
        "room_id": membership.room_id,
        "unread_count": membership.unread_count,
        "mention_count": membership.mention_count,
        "last_read_message_id": membership.last_read_id,
        "version": membership.version,
    }


def room_json(room, membership, last_message, member_count, peer=None):
    other = {"peer": user_json(peer)} if peer else {}
    last = {"last_message": message_json(last_message)} if last_message else {}
    return {
        "id": room.pk,
        "name": room.name,
        "kind": room.kind,
        **other,
        **last,
        "last_activity_at": iso(room.last_activity_at),
        "member_count": member_count,
        "unread_count": membership.unread_count,
        "mention_count": membership.mention_count,
        "last_read_message_id": membership.last_read_id,
        "version": membership.version,
    }


def for_reader(value, user_id, level):
    """A copy for one reader: reactions say `me`, and not of all who it was; below level 2 nothing carries a number."""
    if isinstance(value, list):
        return [for_reader(item, user_id, level) for item in value]
    if not isinstance(value, dict):
        return value
    if "user_ids" in value and "count" in value:
        named = value["user_ids"][:MAX_NAMED]
        return {"name": value["name"], "count": value["count"], "me": user_id in value["user_ids"], "user_ids": named}
    return {
        key: item if key in FOREIGN else for_reader(item, user_id, level)
        for key, item in value.items()
        if level >= 2 or key not in NUMBERED
    }


def readers_named(value):
    """The ids of all who have reacted, wherever in it: to them `for_reader` gives something else."""
    if isinstance(value, list):
        return {user_id for item in value for user_id in readers_named(item)}
    if not isinstance(value, dict):
        return set()
    if "user_ids" in value and "count" in value:
        return set(value["user_ids"])
    return {user_id for key, item in value.items() if key not in FOREIGN for user_id in readers_named(item)}
