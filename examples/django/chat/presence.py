"""Who has a socket open. In the database, because several processes serve the same users."""

from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from . import wire
from .models import Connection
from .rooms import peers_of

# Three heartbeats of 30 s: what is silent for longer was lost with its process.
STALE_AFTER = timedelta(seconds=90)


def fresh():
    return Connection.objects.filter(seen_at__gt=timezone.now() - STALE_AFTER)


def count(user):
    return fresh().filter(user=user).count()


def opened(user, channel):
    """Frames to tell the user's peers, by user id; and what this socket should know of them."""
    with transaction.atomic():
        Connection.objects.filter(seen_at__lt=timezone.now() - STALE_AFTER).delete()  # a write first: see log.next_seq
        first = not fresh().filter(user=user).exists()
        Connection.objects.create(channel=channel, user=user)
        peers = peers_of(user)
        online = fresh().filter(user__in=peers).values_list("user_id", flat=True).distinct()
        news = {peer: [status(user.pk, "online")] for peer in peers} if first else {}
        return news, [status(user_id, "online") for user_id in sorted(online)]


def seen(channel):
    Connection.objects.filter(channel=channel).update(seen_at=timezone.now())


def closed(user, channel):
    with transaction.atomic():
        Connection.objects.filter(channel=channel).delete()
        if fresh().filter(user=user).exists():
            return {}
        frame = status(user.pk, "offline", last_seen_at=wire.iso(timezone.now()))
        return {peer: [frame] for peer in peers_of(user)}


def status(user_id, value, **more):
    return {"type": "user_status", "data": {"user_id": str(user_id), "status": value, **more}}
