"""Who has a socket open. In the database, because several processes serve the same users."""

from datetime import timedelta

from django.contrib.auth import get_user_model
from django.utils import timezone

from ..access import limits
from ..database import writes
from ..models import Connection, Membership
from ..protocol import wire
from ..protocol.errors import ChatError

# Three heartbeats of 30 s: what is silent for longer was lost with its process.
STALE_AFTER = timedelta(seconds=90)


def fresh():
    return Connection.objects.filter(seen_at__gt=timezone.now() - STALE_AFTER)


@writes
def opened(user, channel):
    """Whether this is the user's first socket; and what it should know of the user's peers."""
    Connection.objects.filter(seen_at__lt=timezone.now() - STALE_AFTER).delete()  # a write first: see log.next_seq
    others = fresh().filter(user=user).count()
    if others >= limits.CONNECTIONS_PER_USER:
        raise ChatError("too_many", "A user has so many connections, and no more.", retryable=True)
    Connection.objects.create(channel=channel, user=user)
    mine = Membership.objects.filter(user=user).values("room_id")
    peers = Membership.objects.filter(room__in=mine).exclude(user=user).values("user_id")
    online = fresh().filter(user__in=peers).values_list("user_id", flat=True).distinct()
    return others == 0, [status(user_id, "online") for user_id in sorted(online)]


@writes
def closed(user, channel):
    """What to tell the user's peers, if this was the last socket."""
    Connection.objects.filter(channel=channel).delete()
    if fresh().filter(user=user).exists():
        return None
    return status(user.pk, "offline", last_seen_at=wire.iso(timezone.now()))


@writes
def seen(users):
    """
    For all sockets of a process that are alive: user ids by channel. Returns the users whose account has ended. Rows that
    others took for stale, because this process was stopped for a while, come back.
    """
    Connection.objects.filter(channel__in=users).update(seen_at=timezone.now())
    known = set(Connection.objects.filter(channel__in=users).values_list("channel", flat=True))
    accounts = set(get_user_model().objects.filter(pk__in=users.values(), is_active=True).values_list("pk", flat=True))
    lost = [Connection(channel=channel, user_id=user) for channel, user in users.items() if channel not in known]
    Connection.objects.bulk_create([row for row in lost if row.user_id in accounts], ignore_conflicts=True)
    return set(users.values()) - accounts


def status(user_id, value, **more):
    return {"type": "user_status", "data": {"user_id": str(user_id), "status": value, **more}}
