"""Numbers the events of a room and remembers them (level 2). Knows nothing of sockets."""

import math
import re
from dataclasses import dataclass, field

from django.db import transaction
from django.db.models import F

from ..database import reads
from ..models import Epoch, Room, RoomEvent
from ..protocol.errors import ChatError
from ..protocol.frames import is_integer

SYNC_LIMIT = 1000


@dataclass
class Change:
    """
    What a committed transaction leaves to be told: the reply, frames for those who have the room open and for single users,
    and whether the room now looks different to every member. What each of them sees is read after the commit.
    """

    reply: dict
    room_id: str = ""
    room_frames: list = field(default_factory=list)
    user_frames: dict = field(default_factory=dict)
    is_moved: bool = False


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
    return Epoch.objects.values_list("value", flat=True).get(pk=1)


def position(room_id):
    return {"seq": Room.objects.values_list("seq", flat=True).get(pk=room_id), "epoch": epoch()}


@reads
def positions(room_ids):
    """Of many rooms at once."""
    here = epoch()
    rooms = Room.objects.filter(pk__in=room_ids).values_list("pk", "seq")
    return {pk: {"seq": seq, "epoch": here} for pk, seq in rooms}


def events_since(room_id, cursor, limit=math.inf):
    """
    The events after `cursor` = {seq, epoch} or {message_id}. `complete` is False when the log cannot prove that nothing
    is missing: pruned, another epoch, a cursor from the future, too much to send. Call it inside what `reads` of one moment.
    """
    here = position(room_id)
    since = resolve_cursor(room_id, cursor)
    wrong_epoch = cursor.get("epoch") not in (None, here["epoch"])
    if since is None or wrong_epoch or since > here["seq"] or here["seq"] - since > min(SYNC_LIMIT, limit):
        return {"events": [], "complete": False, **here}
    # No further than the position that was read: a later event may have been committed since.
    rows = list(RoomEvent.objects.filter(room_id=room_id, seq__gt=since, seq__lte=here["seq"]).order_by("seq"))
    if len(rows) != here["seq"] - since:
        return {"events": [], "complete": False, **here}
    frames = [as_frame(room_id, row.seq, row.body, here["epoch"]) for row in rows]
    return {"events": frames, "complete": True, **here}


@reads
def missed(cursors):
    """The events after these positions, by room id, of the rooms that have any. Nothing where the log cannot tell."""
    found = {}
    heads = positions(list(cursors))
    for room_id, cursor in cursors.items():
        if room_id in heads and heads[room_id] != cursor:
            found[room_id] = events_since(room_id, cursor)["events"]
    return {room_id: frames for room_id, frames in found.items() if frames}


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
