import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone

User = settings.AUTH_USER_MODEL


def new_epoch():
    return uuid.uuid4().hex


class Room(models.Model):
    CHANNEL, GROUP, DIRECT = "channel", "group", "direct"
    KINDS = [(CHANNEL, "open to all"), (GROUP, "a team"), (DIRECT, "two people, closed to others")]

    # Appears in URLs and in channel-layer group names, so: letters, digits, hyphen and underscore.
    id = models.CharField(primary_key=True, max_length=64)
    name = models.CharField(max_length=120)
    kind = models.CharField(max_length=16, choices=KINDS, default=CHANNEL)
    # Number of the newest event of this room (level 2). Only `log.record` moves it.
    seq = models.BigIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now)
    last_activity_at = models.DateTimeField(default=timezone.now, db_index=True)


class RoomPurpose(models.Model):
    """What a room was made for: the two people whose conversation it is, or a request. The same again is the same room."""

    purpose = models.CharField(max_length=320, unique=True)
    room = models.ForeignKey(Room, models.CASCADE, related_name="+")


class Message(models.Model):
    room = models.ForeignKey(Room, models.CASCADE, related_name="messages")
    sender = models.ForeignKey(User, models.CASCADE, related_name="+")
    content = models.TextField()
    # The sender's own id for it: a retry after a lost reply meets the constraint below instead of posting twice.
    client_id = models.CharField(max_length=64, null=True, blank=True)
    seq = models.BigIntegerField()
    version = models.PositiveIntegerField(default=1)
    reply_to = models.ForeignKey("self", models.SET_NULL, null=True, blank=True, related_name="+")
    # What `checked_attachments` lets through.
    attachments = models.JSONField(null=True, blank=True)
    # The application's own; passed through untouched.
    metadata = models.JSONField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    edited_at = models.DateTimeField(null=True, blank=True)
    # The row stays, so that a client may still page from a message that is gone.
    deleted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["room", "sender", "client_id"], name="message_once_per_client_id"),
            models.UniqueConstraint(fields=["room", "seq"], name="message_seq_in_room"),
        ]


class Membership(models.Model):
    room = models.ForeignKey(Room, models.CASCADE, related_name="memberships")
    user = models.ForeignKey(User, models.CASCADE, related_name="chat_memberships")
    role = models.CharField(max_length=16, default="member")
    joined_at = models.DateTimeField(default=timezone.now)
    last_read = models.ForeignKey(Message, models.SET_NULL, null=True, blank=True, related_name="+")
    last_read_seq = models.BigIntegerField(default=0)
    read_at = models.DateTimeField(null=True, blank=True)
    # Kept up to date by the writers, so that a new message costs one UPDATE and not one COUNT per member.
    unread_count = models.PositiveIntegerField(default=0)
    mention_count = models.PositiveIntegerField(default=0)
    # Grows with every change of the room as this user sees it: of two copies, the higher one is the newer.
    version = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["room", "user"], name="member_once")]


class Reaction(models.Model):
    message = models.ForeignKey(Message, models.CASCADE, related_name="reactions")
    user = models.ForeignKey(User, models.CASCADE, related_name="+")
    name = models.CharField(max_length=32)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["message", "user", "name"], name="reaction_once")]


class RoomEvent(models.Model):
    """What happened in a room, by number (level 2). `sync` reads it; `manage.py prune_events` cuts its tail off."""

    room = models.ForeignKey(Room, models.CASCADE, related_name="events")
    seq = models.BigIntegerField()
    body = models.JSONField()
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["room", "seq"], name="event_seq_in_room")]


class Epoch(models.Model):
    """One row. Sequence numbers mean something under one epoch only: `manage.py new_epoch` after restoring a backup."""

    value = models.CharField(max_length=32, default=new_epoch)


class Connection(models.Model):
    """An open socket, for presence. `seen_at` moves with the heartbeat: rows of a crashed process age out."""

    channel = models.CharField(max_length=120, primary_key=True)
    user = models.ForeignKey(User, models.CASCADE, related_name="+")
    seen_at = models.DateTimeField(default=timezone.now, db_index=True)
