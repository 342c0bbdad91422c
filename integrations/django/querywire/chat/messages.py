"""Messages: post, edit, delete, react, read, page through. Synchronous; each writer is one transaction."""

import re

from django.contrib.auth import get_user_model
from django.db import IntegrityError
from django.db.models import Case, F, When
from django.utils import timezone

from ..database import reads, writes
from ..models import Membership, Message, Reaction, Room
from ..protocol import wire
from ..protocol.errors import ChatError
from . import log
from .attachments import checked_attachments
from .rooms import membership_of, touch_members

MAX_LENGTH = 4000
MAX_PAGE = 200
# Each of them goes out with every change of any.
MAX_REACTIONS = 100
MENTION = re.compile(r"(?<!\w)@([\w.-]+)")


def post(user, room_id, content, client_id=None, reply_to_id=None, **extra):
    """`extra`: attachments, and metadata, the application's own business."""
    extra["attachments"] = checked_attachments(extra.get("attachments"))
    content = checked(content, extra["attachments"])
    try:
        return insert(user, room_id, content, client_id, reply_to_id, extra)
    except IntegrityError:
        # Rolled back, number included: this client id is taken, so an earlier try got through. Same answer as then.
        known = Message.objects.filter(room_id=room_id, sender=user, client_id=client_id).first()
        if client_id is None or known is None:
            raise
        return log.Change(reply={"message": wire.message_json(known)})


@writes
def insert(user, room_id, content, client_id, reply_to_id, extra):
    seq = log.next_seq(room_id)
    membership_of(user, room_id)
    if reply_to_id is not None:
        reply_to_id = find(room_id, reply_to_id).pk
    message = Message.objects.create(
        room_id=room_id,
        sender=user,
        content=content,
        client_id=client_id,
        reply_to_id=reply_to_id,
        seq=seq,
        created_at=next_moment(room_id),
        **extra,
    )
    Room.objects.filter(pk=room_id).update(last_activity_at=message.created_at)
    body = wire.message_json(message)
    frame = log.record(room_id, seq, "chat_message", message=body)
    count_as_unread(message)
    return log.Change({"message": body}, room_id, [frame], is_moved=True)


def checked(content, attachments=None):
    if content is not None and not isinstance(content, str):
        raise ChatError("invalid", "message must be a text.")
    if not isinstance(content, str) or not (content.strip() or attachments):
        raise ChatError("empty", "A message needs some text.")
    if len(content) > MAX_LENGTH:
        raise ChatError("too_long", f"A message may have {MAX_LENGTH} characters; this has {len(content)}.")
    return content


def next_moment(room_id):
    """A clock that was set back must not put a new message before an old one."""
    last = Message.objects.filter(room_id=room_id).order_by("-seq").values_list("created_at", flat=True).first()
    return max(timezone.now(), last) if last else timezone.now()


def mentions(content, username):
    # "@bob." ends a sentence; the dot is not part of the name.
    names = {form for name in MENTION.findall(content.lower()) for form in (name, name.rstrip(".-"))}
    return username.lower() in names


def count_as_unread(message):
    """One statement for all members: it is the one part of a message that costs more with each of them."""
    own = When(user_id=message.sender_id, then=F("unread_count"))
    touch_members(message.room_id, unread_count=Case(own, default=F("unread_count") + 1))
    if "@" in message.content:
        others = Membership.objects.filter(room_id=message.room_id).exclude(user_id=message.sender_id)
        names = others.values_list("pk", f"user__{get_user_model().USERNAME_FIELD}")
        called = [pk for pk, username in names if mentions(message.content, username)]
        others.filter(pk__in=called).update(mention_count=F("mention_count") + 1)


def recount(member):
    """The counts from the messages themselves. Only a new message is counted by adding one."""
    unread = Message.objects.filter(room_id=member.room_id, seq__gt=member.last_read_seq, deleted_at=None)
    unread = unread.exclude(sender_id=member.user_id)
    calls = unread.filter(content__contains="@").values_list("content", flat=True)
    member.unread_count = unread.count()
    member.mention_count = sum(mentions(content, member.user.get_username()) for content in calls)


def recount_members(message):
    """After a change of a message: for those who have not read it."""
    touch_members(message.room_id)
    waiting = Membership.objects.filter(room_id=message.room_id, last_read_seq__lt=message.seq)
    for member in waiting.exclude(user_id=message.sender_id).select_related("user"):
        recount(member)
        member.save(update_fields=["unread_count", "mention_count"])


def find(room_id, message_id):
    found = Message.objects.filter(room_id=room_id, pk=log.to_id(message_id)).select_related("sender").first()
    if found is None:
        raise ChatError("not_found", "There is no such message in this room.")
    return found


def find_open(user, room_id, message_id):
    membership_of(user, room_id)
    message = find(room_id, message_id)
    if message.deleted_at is not None:
        raise ChatError("not_found", "This message was deleted.")
    return message


@writes
def edit(user, room_id, message_id, content):
    content = checked(content)
    seq = log.next_seq(room_id)
    message = find_open(user, room_id, message_id)
    if message.sender_id != user.pk:
        raise ChatError("forbidden", "Only its sender may edit a message.")
    if message.content == content:
        return log.nothing_happened({"message": wire.message_json(message)})
    message.content = content
    message.edited_at = timezone.now()
    message.version += 1
    message.save()
    frame = log.record(room_id, seq, "message_updated", data={"message": wire.message_json(message)})
    recount_members(message)
    return log.Change({"message": wire.message_json(message)}, room_id, [frame], is_moved=True)


@writes
def delete(user, room_id, message_id):
    seq = log.next_seq(room_id)
    membership, message = membership_of(user, room_id), find(room_id, message_id)
    if message.sender_id != user.pk and membership.role != "admin":
        raise ChatError("forbidden", "Only its sender or an admin may delete a message.")
    if message.deleted_at is not None:
        return log.nothing_happened({"message": wire.message_json(message)})
    message.content, message.attachments, message.metadata = "", None, None
    message.deleted_at = timezone.now()
    message.version += 1
    message.save()
    message.reactions.all().delete()
    data = {"room_id": room_id, "message_id": message.pk, "version": message.version}
    frame = log.record(room_id, seq, "message_deleted", data=data)
    recount_members(message)
    return log.Change({"message": wire.message_json(message)}, room_id, [frame], is_moved=True)


@writes
def react(user, room_id, message_id, name, add):
    if not isinstance(name, str) or not 0 < len(name) <= 32:
        raise ChatError("invalid", "A reaction is a name of 1 to 32 characters.")
    seq = log.next_seq(room_id)
    message = find_open(user, room_id, message_id)
    mine = Reaction.objects.filter(message=message, user=user, name=name)
    if mine.exists() == add:
        return log.nothing_happened({"reactions": wire.reactions_json(message), "version": message.version})
    if add:
        names = Reaction.objects.filter(message=message).exclude(name=name).values("name").distinct()
        if names.count() >= MAX_REACTIONS:
            raise ChatError("too_many", f"A message has at most {MAX_REACTIONS} different reactions.")
        Reaction.objects.create(message=message, user=user, name=name)
    else:
        mine.delete()
    message.version += 1
    message.save()
    state = {"reactions": wire.reactions_json(message), "version": message.version}
    data = {"room_id": room_id, "message_id": message.pk, **state}
    frame = log.record(room_id, seq, "reaction_updated", data=data)
    return log.Change(state, room_id, [frame])


@writes
def mark_read(user, room_id, message_id):
    """Moves the pointer forward, never back: receipts of two devices may arrive in any order."""
    log.lock(room_id)
    member = membership_of(user, room_id)
    message = find(room_id, message_id)
    if message.seq <= member.last_read_seq:
        return log.Change(reply=wire.unread_json(member))
    member.last_read, member.last_read_seq, member.read_at = message, message.seq, timezone.now()
    recount(member)
    member.version += 1
    member.save()
    change = read_state(member)
    receipt = {
        "room_id": room_id,
        "user_id": str(user.pk),
        "message_id": message.pk,
        "read_at": wire.iso(member.read_at),
    }
    # Not an event of the log: only the newest counts, and `get_members` has it.
    change.room_frames.append({"type": "read_receipt", "data": receipt, "room_id": room_id})
    return change


@writes
def mark_unread(user, room_id, message_id):
    """
    Back to just before this message: the one move backwards, and nobody else is told. What is unread already stays as
    it is: the pointer would move over what nobody has read.
    """
    log.lock(room_id)
    member = membership_of(user, room_id)
    message = find(room_id, message_id)
    if message.seq > member.last_read_seq:
        return log.Change(reply=wire.unread_json(member))
    before = Message.objects.filter(room_id=room_id, seq__lt=message.seq).order_by("-seq").first()
    member.last_read, member.last_read_seq = before, before.seq if before else 0
    recount(member)
    member.version += 1
    member.save()
    return read_state(member)


def read_state(member):
    """For the one who asked, and all of the same user's devices."""
    state = wire.unread_json(member)
    return log.Change(state, member.room_id, user_frames={member.user_id: [{"type": "unread_update", "data": state}]})


@reads
def history(user, room_id, before=None, after=None, around=None, limit=50):
    """One page, oldest first. `as_of` is the room's position at the very moment the rows were read."""
    membership_of(user, room_id)
    here = log.position(room_id)
    visible = Message.objects.filter(room_id=room_id, deleted_at=None)
    page = read_page(visible, room_id, before, after, around, limit)
    reply = {
        "messages": [wire.message_json(message) for message in page],
        "has_older": bool(page) and visible.filter(seq__lt=page[0].seq).exists(),
        "has_newer": bool(page) and visible.filter(seq__gt=page[-1].seq).exists(),
    }
    if not page and before is not None:
        reply["has_newer"] = True
    return {**reply, "as_of": here["seq"], "epoch": here["epoch"]}


def read_page(visible, room_id, before, after, around, limit):
    rows = visible.select_related("sender").prefetch_related("reactions")
    if around is not None:
        middle = find(room_id, around).seq
        older = list(rows.filter(seq__lt=middle).order_by("-seq")[: limit // 2])
        return older[::-1] + list(rows.filter(seq__gte=middle).order_by("seq")[: limit - len(older)])
    if after is not None:
        return list(rows.filter(seq__gt=find(room_id, after).seq).order_by("seq")[:limit])
    if before is not None:
        rows = rows.filter(seq__lt=find(room_id, before).seq)
    return list(rows.order_by("-seq")[:limit])[::-1]
