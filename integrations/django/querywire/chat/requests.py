"""
What a client may ask for: type → function(user, data, level) → Change. Runs in the database thread; the consumer sends
the reply and publishes the rest.
"""

import json

from ..models import Room
from ..protocol.errors import ChatError
from ..protocol.frames import is_integer, is_name
from . import messages, new_rooms, rooms
from .log import Change


MAX_FOREIGN = 16 * 1024


def handle(user, request_type, data, level):
    function = REQUESTS.get(request_type)
    if function is None:
        raise ChatError("unsupported", "There is no such request.")
    return function(user, data, level)


def room_of(data):
    room_id = data.get("room_id")
    if not is_integer(room_id) and not is_name(room_id):
        raise ChatError("invalid", "room_id is missing, or no name of a room.")
    return str(room_id)


def limit_of(data, default=50):
    limit = data.get("limit", default)
    if not is_integer(limit) or limit < 1:
        raise ChatError("invalid", f"limit must be a whole number from 1 to {messages.MAX_PAGE}.")
    return min(limit, messages.MAX_PAGE)


def cursors_of(data):
    cursors = data.get("rooms")
    if not isinstance(cursors, dict) or len(cursors) > 500:
        raise ChatError("invalid", "rooms must map at most 500 room ids to positions.")
    return {room_id: cursor if isinstance(cursor, dict) else {} for room_id, cursor in cursors.items()}


def foreign(data, name):
    """Not ours to look into, but it goes out with every page that holds the message."""
    if len(json.dumps(data.get(name))) > MAX_FOREIGN:
        raise ChatError("too_large", f"{name} takes at most {MAX_FOREIGN} characters as JSON.")
    return data.get(name)


def client_id_of(data):
    client_id = data.get("client_id")
    if client_id is not None and (not isinstance(client_id, str) or not 0 < len(client_id) <= 64):
        raise ChatError("invalid", "client_id must be a text of 1 to 64 characters.")
    return client_id


def chat_message(user, data, level):
    client_id = client_id_of(data)
    extra = {name: foreign(data, name) for name in ("attachments", "metadata")}
    return messages.post(user, room_of(data), data.get("message"), client_id, data.get("reply_to_id"), **extra)


def edit_message(user, data, level):
    return messages.edit(user, room_of(data), data.get("message_id"), data.get("message"))


def delete_message(user, data, level):
    return messages.delete(user, room_of(data), data.get("message_id"))


def add_reaction(user, data, level):
    return messages.react(user, room_of(data), data.get("message_id"), data.get("reaction"), add=True)


def remove_reaction(user, data, level):
    return messages.react(user, room_of(data), data.get("message_id"), data.get("reaction"), add=False)


def read_receipt(user, data, level):
    return messages.mark_read(user, room_of(data), data.get("message_id"))


def mark_unread(user, data, level):
    return messages.mark_unread(user, room_of(data), data.get("message_id"))


def get_history(user, data, level):
    where = {key: data[key] for key in ("before", "after", "around") if data.get(key) is not None}
    if len(where) > 1:
        raise ChatError("invalid", "Give one of before, after and around.")
    return Change(at_level(messages.history(user, room_of(data), limit=limit_of(data), **where), level))


def get_rooms(user, data, level):
    return Change(rooms.get_rooms(user, data.get("cursor"), limit_of(data)))


def get_members(user, data, level):
    return Change(at_level(rooms.get_members(user, room_of(data)), level))


def at_level(snapshot, level):
    if level < 3:
        del snapshot["as_of"], snapshot["epoch"]
    return snapshot


def create_room(user, data, level):
    client_id = client_id_of(data)
    kind = Room.GROUP if data.get("kind") is None else data["kind"]
    members = [] if data.get("members") is None else data["members"]
    if not isinstance(kind, str) or kind not in dict(Room.KINDS):
        raise ChatError("invalid", f"kind must be one of {', '.join(dict(Room.KINDS))}.")
    if not isinstance(members, list) or not all(is_integer(member) or is_name(member) for member in members):
        raise ChatError("invalid", "members must be a list of the ids of users.")
    return new_rooms.create(user, kind, data.get("name"), members, client_id)


def join_room(user, data, level):
    return rooms.join_room(user, room_of(data))


def leave_room(user, data, level):
    return rooms.leave_room(user, room_of(data))


REQUESTS = {
    "chat_message": chat_message,
    "edit_message": edit_message,
    "delete_message": delete_message,
    "add_reaction": add_reaction,
    "remove_reaction": remove_reaction,
    "read_receipt": read_receipt,
    "mark_unread": mark_unread,
    "get_history": get_history,
    "get_rooms": get_rooms,
    "get_members": get_members,
    "create_room": create_room,
    "join_room": join_room,
    "leave_room": leave_room,
}
