"""Users, rooms and conversations to look at. Deterministic: the same rooms on every machine."""

import random
from datetime import timedelta

from django.contrib.auth import get_user_model
from django.db import transaction
from django.utils import timezone

from querywire.chat import log
from querywire.models import Membership, Message, Room, RoomEvent
from querywire.protocol import wire

USERS = ["alice", "bob", "carol"]
ROOMS = [
    # id, name, kind, members, messages
    ("general", "General", Room.CHANNEL, USERS, 240),
    ("random", "Random", Room.CHANNEL, USERS, 120),
    ("engineering", "Engineering", Room.GROUP, ["alice", "bob"], 80),
    ("alice-bob", "Alice and Bob", Room.DIRECT, ["alice", "bob"], 40),
    ("announcements", "Announcements", Room.CHANNEL, ["carol"], 5),
    ("empty", "Nothing here yet", Room.CHANNEL, USERS, 0),
]
OPENINGS = ["I think", "By the way,", "Remember that", "Good news:", "Just saw that", "Quick question, is it so that"]
SUBJECTS = ["the build", "our new server", "the release", "that test", "the coffee machine", "the demo", "lunch"]
ENDINGS = ["works now.", "needs another look.", "is ready.", "can wait until Monday.", "is on fire.", "went well!"]


def make_users(names=USERS):
    model = get_user_model()
    return [model.objects.get_or_create(username=name)[0] for name in names]


def make_room(room_id, name, kind=Room.CHANNEL, members=(), messages=0):
    """Does nothing to a room that exists."""
    users = make_users(members)
    room = Room.objects.filter(pk=room_id).first()
    if room:
        return room
    with transaction.atomic():
        room = Room.objects.create(pk=room_id, name=name, kind=kind)  # a write first: see log.next_seq
        Membership.objects.bulk_create(
            Membership(room=room, user=user, role="admin" if user == users[0] else "member") for user in users
        )
        fill(room, users, messages)
    return room


def fill(room, users, count):
    if not count:
        return
    dice = random.Random(room.pk)
    now = timezone.now()
    rows = [
        Message(
            room=room,
            sender=dice.choice(users),
            content=f"{dice.choice(OPENINGS)} {dice.choice(SUBJECTS)} {dice.choice(ENDINGS)}",
            seq=seq,
            created_at=now - timedelta(minutes=7 * (count - seq) + 5),
        )
        for seq in range(1, count + 1)
    ]
    Message.objects.bulk_create(rows)
    saved = list(room.messages.select_related("sender").prefetch_related("reactions").order_by("seq"))
    RoomEvent.objects.bulk_create(
        RoomEvent(room=room, seq=row.seq, body={"type": "chat_message", "message": wire.message_json(row)})
        for row in saved
    )
    room.seq = count
    room.last_activity_at = saved[-1].created_at
    room.save()
    read_up_to(room, saved, dice)


def read_up_to(room, saved, dice):
    """The first member has read it all; the others are a few messages behind."""
    for position, member in enumerate(room.memberships.order_by("pk")):
        unread = [row for row in saved[len(saved) - dice.randint(1, 5) * position :] if row.sender_id != member.user_id]
        unread = unread if position else []
        last = max((row for row in saved if not unread or row.seq < unread[0].seq), key=lambda row: row.seq, default=None)
        member.last_read, member.last_read_seq = last, last.seq if last else 0
        member.read_at = last and last.created_at
        member.unread_count = len(unread)
        member.save()


def seed():
    make_users()

    return [make_room(*room) for room in ROOMS]
