"""Numbers the events of a room and remembers them (level 2). Knows nothing of sockets."""

import re
from dataclasses import dataclass, field

from django.db import transaction
from django.db.models import F

from .errors import ChatError
from .frames import is_integer
from .models import Epoch, Room, RoomEvent

SYNC_LIMIT = 1000


@dataclass
class Change:
    """What a committed transaction leaves to be told: the reply, and frames for the room and for single users."""

    reply: dict
    room_id: str = ""
    room_frames: list = field(default_factory=list)
    user_frames: dict = field(default_factory=dict)


def nothing_happened(reply):
    """Ends the transaction without a trace: the number goes back. `reply` is made before, while queries may be run."""
    transaction.set_rollback(True)
    return Change(reply)


def next_seq(room_id):
    """
    Takes the room's next number. Must be the first statement of its transaction: the UPDATE makes this transaction the
    room's only writer until it commits (SQLite locks the file, PostgreSQL the row), so numbers are handed out in
    commit order and without holes. A SELECT before it would start an SQLite read snapshot that may be too old to
    write from, which fails at once with "database is locked", whatever the timeout.
    """
    if not Room.objects.filter(pk=room_id).update(seq=F("seq") + 1):
        raise ChatError("not_found", f"There is no room {room_id!r}.")
    return Room.objects.values_list("seq", flat=True).get(pk=room_id)


def lock(room_id):
    """The same, for a change that is no event of the room: takes no number."""
    Room.objects.filter(pk=room_id).update(seq=F("seq"))


def record(room_id, seq, event_type, **payload):
    """Stores the event under the number taken in the same transaction, and returns its frame."""
    body = {"type": event_type, **payload}
    RoomEvent.objects.create(room_id=room_id, seq=seq, body=body)
    return as_frame(room_id, seq, body, epoch())


def as_frame(room_id, seq, body, epoch_value):
    return {**body, "room_id": room_id, "seq": seq, "epoch": epoch_value}


def epoch():
    return Epoch.objects.get_or_create(pk=1)[0].value


def position(room_id):
    return {"seq": Room.objects.values_list("seq", flat=True).get(pk=room_id), "epoch": epoch()}


def positions(room_ids):
    """Of many rooms at once."""
    here = epoch()
    rooms = Room.objects.filter(pk__in=room_ids).values_list("pk", "seq")
    return {pk: {"seq": seq, "epoch": here} for pk, seq in rooms}


def events_since(room_id, cursor, limit=None):
    """
    The events after `cursor` = {seq, epoch} or {message_id}. `complete` is False when the log cannot prove that nothing
    is missing: pruned, another epoch, a cursor from the future, too much to send. Call it inside a transaction.
    """
    here = position(room_id)
    since = resolve_cursor(room_id, cursor)
    wrong_epoch = cursor.get("epoch") not in (None, here["epoch"])
    if since is None or wrong_epoch or since > here["seq"] or here["seq"] - since > min(SYNC_LIMIT, SYNC_LIMIT if limit is None else limit):
        return {"events": [], "complete": False, **here}
    # No further than the position that was read: a later event may have been committed since.
    rows = list(RoomEvent.objects.filter(room_id=room_id, seq__gt=since, seq__lte=here["seq"]).order_by("seq"))
    if len(rows) != here["seq"] - since:
        return {"events": [], "complete": False, **here}
    frames = [as_frame(room_id, row.seq, row.body, here["epoch"]) for row in rows]
    return {"events": frames, "complete": True, **here}


def resolve_cursor(room_id, cursor):
    if is_integer(cursor.get("seq")):
        return cursor["seq"] if cursor.get("epoch") is not None else None
    if cursor.get("message_id") is None:
        return None
    # A client that keeps message ids only: everything after that message was posted, its edits included.
    message = Room(pk=room_id).messages.filter(pk=to_id(cursor["message_id"])).first()
    return message and message.seq


def to_id(value):
    """Ids may come back as strings. No more digits than the database has room for."""
    if is_integer(value) and value >= 0:
        return value
    if isinstance(value, str) and re.fullmatch("[0-9]{1,18}", value):
        return int(value)
    raise ChatError("invalid", "This is not a message id.")


def prune(room_id=None, keep=0):
    """Forgets all but the newest `keep` events of one room, or of every room. Returns how many went."""
    rooms = Room.objects.filter(pk=room_id) if room_id else Room.objects.all()
    gone = 0
    for pk, seq in rooms.values_list("pk", "seq"):
        gone += RoomEvent.objects.filter(room_id=pk, seq__lte=seq - keep).delete()[0]
    return gone
