"""Rooms that people make. The same again is the same room, whatever was lost on the way."""

import uuid

from django.db import IntegrityError
from django.utils.module_loading import import_string

from ..access.tokens import user_with
from ..conf import setting
from ..database import writes
from ..models import Membership, Room, RoomPurpose
from ..protocol import wire
from ..protocol.errors import ChatError
from . import log
from .rooms import membership_of, room_for

MAX_NAME = 120
# Others, whom somebody brings into a room by making it.
MAX_MEMBERS = 100
ROOMS_PER_USER = 1000


def create(user, kind, name, members, client_id=None):
    """`members`: the ids of the others. `client_id`: unique among the rooms that the user makes."""
    others = people(user, members)
    if kind == Room.DIRECT:
        if len(others) != 1:
            raise ChatError("invalid", "A direct conversation has one other member.")
        purpose = pair_of(user, others[0])
        known = room_for_purpose(purpose) or room_of_two(user, others[0])
        # For those who are not told that it is called by the other one.
        name = f"{user.get_username()}, {others[0].get_username()}"[:MAX_NAME]
    else:
        purpose = None if client_id is None else f"made:{user.pk}:{client_id}"
        known = room_for_purpose(purpose)
        name = checked_name(name)
    if known is not None:
        return again(user, known, kind, others)
    check_allowed(user, kind, name, others)
    try:
        return insert(user, kind, name, others, purpose)
    except IntegrityError:
        # Rolled back: somebody has just made it.
        known = room_for_purpose(purpose)
        if known is None:
            raise
        return again(user, known, kind, others)


def again(user, room_id, kind, others):
    """Gone from a group, one is not in again because a lost request comes late; who writes to somebody is with them again."""
    there = set(Membership.objects.filter(room_id=room_id).values_list("user_id", flat=True))
    missing = [person for person in (user, *others) if person.pk not in there]
    if kind != Room.DIRECT or not missing:
        return log.Change({"room": room_for(membership_of(user, room_id))})
    check_allowed(user, kind, "", others)
    return bring_back(user, room_id, missing)


@writes
def insert(user, kind, name, others, purpose):
    room = Room.objects.create(id=uuid.uuid4().hex, name=name, kind=kind)
    if purpose is not None:
        RoomPurpose.objects.create(purpose=purpose, room=room)
    return with_members(user, room, (user, *others), "member" if kind == Room.DIRECT else "admin")


@writes
def bring_back(user, room_id, missing):
    log.lock(room_id)
    there = set(Membership.objects.filter(room_id=room_id).values_list("user_id", flat=True))
    return with_members(user, Room.objects.get(pk=room_id), [person for person in missing if person.pk not in there])


def with_members(user, room, people, own_role="member"):
    """They are told of the room as it is with all of them."""
    frames = []
    for person in people:
        if Membership.objects.filter(user=person).count() >= ROOMS_PER_USER:
            raise ChatError("too_many", f"One is in at most {ROOMS_PER_USER} rooms.")
        newest = room.messages.filter(deleted_at=None).order_by("-seq").first()
        member = Membership.objects.create(
            room=room,
            user=person,
            role=own_role if person.pk == user.pk else "member",
            last_read=newest,
            last_read_seq=newest.seq if newest else 0,
        )
        data = {"room_id": room.pk, "member": wire.member_json(member)}
        frames.append(log.record(room.pk, log.next_seq(room.pk), "member_joined", data=data))
    told = {
        person.pk: [{"type": "room_added", "data": {"room": room_for(membership_of(person, room.pk))}}]
        for person in people
    }
    return log.Change({"room": room_for(membership_of(user, room.pk))}, room.pk, frames, told, is_moved=True)


def pair_of(user, other):
    return "pair:" + ":".join(sorted([str(user.pk), str(other.pk)]))


def room_for_purpose(purpose):
    return purpose and RoomPurpose.objects.filter(purpose=purpose).values_list("room_id", flat=True).first()


def room_of_two(user, other):
    """One that was not asked for in this way."""
    theirs = Membership.objects.filter(user=other).values("room_id")
    for room_id in Membership.objects.filter(user=user, room__kind=Room.DIRECT, room__in=theirs).values_list("room_id", flat=True):
        if Membership.objects.filter(room_id=room_id).count() == 2:
            return room_id
    return None


def people(user, ids):
    """Those others; before the transaction, which would not outlive a key that is none."""
    if len(ids) > MAX_MEMBERS:
        raise ChatError("too_many", f"A new room begins with at most {MAX_MEMBERS} others.")
    found = {}
    for key in ids:
        person = user_with(key)
        if person is None or not person.is_active:
            raise ChatError("not_found", "There is nobody of this id.")
        if person.pk != user.pk:
            found[person.pk] = person
    return list(found.values())


def checked_name(name):
    name = name.strip() if isinstance(name, str) else ""
    if not name:
        raise ChatError("empty", "A room needs a name.")
    if len(name) > MAX_NAME:
        raise ChatError("too_long", f"The name of a room has at most {MAX_NAME} characters.")
    return name


def check_allowed(user, kind, name, others):
    path = setting("MAY_CREATE_ROOM")
    if path is not None and not import_string(path)(user, kind, name, others):
        raise ChatError("forbidden", "You may not make such a room.")
