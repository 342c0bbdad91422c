"""Rooms and who is in them. Plain synchronous functions: a Change (or a reply) in, no sockets."""

import json
from datetime import timezone

from django.contrib.auth import get_user_model
from django.db.models import Count, F, Q
from django.utils.dateparse import parse_datetime

from ..database import reads, writes
from ..models import Membership, Message, Room
from ..protocol import wire
from ..protocol.errors import ChatError
from ..protocol.frames import is_text
from . import log


def membership_of(user, room_id):
    """Looked up for every request: membership ends at once, and so does an account."""
    memberships = Membership.objects.select_related("room", "user")
    found = memberships.filter(user=user, user__is_active=True, room_id=room_id).first()
    if found is None:
        raise ChatError("not_member", f"You are not a member of room {room_id!r}.")
    return found


def last_message_of(room_id):
    visible = Message.objects.filter(room_id=room_id, deleted_at=None)
    return visible.select_related("sender").prefetch_related("reactions").order_by("-seq").first()


def pairs_in(rooms):
    """Who is in those of these rooms that are a conversation of two: {room id: memberships}. One query."""
    direct = [room.pk for room in rooms if room.kind == Room.DIRECT]
    found = {}
    for member in Membership.objects.filter(room__in=direct).select_related("user") if direct else ():
        found.setdefault(member.room_id, []).append(member)
    return {room_id: members for room_id, members in found.items() if len(members) == 2}


def peer_of(membership, pairs):
    others = [other.user for other in pairs.get(membership.room_id, ()) if other.user_id != membership.user_id]
    return others[0] if others else None


def room_for(membership):
    count = Membership.objects.filter(room_id=membership.room_id).count()
    peer = peer_of(membership, pairs_in([membership.room]))
    return wire.room_json(membership.room, membership, last_message_of(membership.room_id), count, peer)


def touch_members(room_id, **changes):
    """Every member's view of the room changes now."""
    Membership.objects.filter(room_id=room_id).update(version=F("version") + 1, **changes)


@reads
def views(users_of_rooms):
    """
    For each user's own devices: the rooms as this user now sees them, and the counts. Takes the ids of the users by room
    id; who is no member sees nothing. At most four queries for each room, however many look at it.
    """
    frames = {}
    for room_id, user_ids in users_of_rooms.items():
        room = Room.objects.filter(pk=room_id).first()
        last = room and last_message_of(room_id)
        members = {member.user_id: member for member in Membership.objects.filter(room_id=room_id)}
        pairs = pairs_in([room] if room else [])
        for user_id in members.keys() & user_ids:
            member = members[user_id]
            seen = wire.room_json(room, member, last, len(members), peer_of(member, pairs))
            frames.setdefault(user_id, []).extend(
                (
                    {"type": "room_updated", "data": {"room": seen}},
                    {"type": "unread_update", "data": wire.unread_json(member)},
                )
            )
    return frames


def rooms_of(user):
    return list(Membership.objects.filter(user=user).values_list("room_id", flat=True))


@reads
def get_rooms(user, cursor=None, limit=50):
    """Newest activity first. `cursor` is opaque: the sort key of the last room of the page before."""
    memberships = Membership.objects.filter(user=user).select_related("room")
    if cursor is not None:
        moment, room_id = read_cursor(cursor)
        memberships = memberships.filter(
            Q(room__last_activity_at__lt=moment) | Q(room__last_activity_at=moment, room_id__gt=room_id)
        )
    page = list(memberships.order_by("-room__last_activity_at", "room_id")[: limit + 1])
    more, page = len(page) > limit, page[:limit]
    counts = dict(
        Membership.objects.filter(room__in=[member.room_id for member in page])
        .values_list("room_id")
        .annotate(count=Count("pk"))
    )
    pairs = pairs_in([member.room for member in page])
    rooms = [
        wire.room_json(
            member.room, member, last_message_of(member.room_id), counts[member.room_id], peer_of(member, pairs)
        )
        for member in page
    ]
    return {"rooms": rooms, "next_cursor": write_cursor(page[-1].room) if more else None}


def write_cursor(room):
    return json.dumps([room.last_activity_at.isoformat(), room.pk])


def read_cursor(cursor):
    try:
        moment, room_id = json.loads(cursor)
        moment = parse_datetime(moment).astimezone(timezone.utc)
    except (TypeError, ValueError, AttributeError, OverflowError, RecursionError):
        room_id = None
    if not is_text(room_id):
        raise ChatError("invalid", "This cursor is none of ours.")
    return moment, room_id


@reads
def get_members(user, room_id):
    membership_of(user, room_id)
    here = log.position(room_id)
    members = Membership.objects.filter(room_id=room_id).select_related("user").order_by(f"user__{get_user_model().USERNAME_FIELD}")
    page = [wire.member_json(member) for member in members]
    return {"members": page, "as_of": here["seq"], "epoch": here["epoch"]}


@writes
def join_room(user, room_id):
    seq = log.next_seq(room_id)
    room = Room.objects.get(pk=room_id)
    if Membership.objects.filter(room=room, user=user).exists():
        return log.nothing_happened({"room": room_for(membership_of(user, room_id))})
    if room.kind != Room.CHANNEL:  # or whoever hears its name reads all that was said there
        raise ChatError("forbidden", "Only a channel is open to all.")
    return with_member(user, room, seq)


@writes
def add_member(room_id, user, role="member"):
    """For your own code: whatever the room's kind. Who is in already stays as they are."""
    seq = log.next_seq(room_id)
    room = Room.objects.get(pk=room_id)
    if Membership.objects.filter(room=room, user=user).exists():
        return log.nothing_happened({"room": room_for(membership_of(user, room_id))})
    return with_member(user, room, seq, role)


def with_member(user, room, seq, role="member"):
    newest = last_message_of(room.pk)
    member = Membership.objects.create(
        room=room, user=user, role=role, last_read=newest, last_read_seq=newest.seq if newest else 0
    )
    frame = log.record(
        room.pk, seq, "member_joined", data={"room_id": room.pk, "member": wire.member_json(member)}
    )
    Membership.objects.filter(room=room).exclude(user=user).update(version=F("version") + 1)
    view = room_for(member)
    frames = {user.pk: [{"type": "room_added", "data": {"room": view}}]}
    return log.Change({"room": view}, room.pk, [frame], frames, is_moved=True)


@writes
def leave_room(user, room_id, reason="left"):
    """Also for your own code, to remove somebody: `reason="removed"`."""
    seq = log.next_seq(room_id)
    member = membership_of(user, room_id)
    left = wire.member_json(member)
    member.delete()
    frame = log.record(room_id, seq, "member_left", data={"room_id": room_id, "member": left})
    touch_members(room_id)
    frames = {user.pk: [{"type": "room_removed", "data": {"room_id": room_id, "reason": reason}}]}
    return log.Change({}, room_id, [frame], frames, is_moved=True)


SYNC_TOTAL = 5000

# Left, or removed, while away.
GONE = {"code": "not_member", "message": "You are not a member of this room.", "retryable": False}


def readable(user, room_ids):
    mine = Membership.objects.filter(user=user, user__is_active=True)
    return list(mine.filter(room__in=list(room_ids)).values_list("room_id", flat=True))


@reads
def sync(user, rooms):
    """One answer for all rooms, of a size that has an end: the rooms beyond it are loaded again."""
    answers, left = {}, SYNC_TOTAL
    mine = set(readable(user, rooms))
    for room_id, cursor in rooms.items():
        if room_id in mine:
            answers[room_id] = log.events_since(room_id, cursor, left)
            left -= len(answers[room_id]["events"])
        else:
            answers[room_id] = {"events": [], "complete": False, "error": GONE}
    return {"rooms": answers}
