"""What makes the example easy to try, and tests easy to write. In demo mode only."""

import json

from django.contrib.auth import get_user_model
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_POST
from querywire.access.tokens import issue_token
from querywire.chat import log
from querywire.http.views import answer, guarded
from querywire.models import Room
from querywire.protocol import wire

from . import demo_data


@guarded
@require_GET
def token(request):
    """GET ?user=alice&ttl=3600; a negative ttl gives one that has run out."""
    user = get_user_model().objects.filter(username=request.GET.get("user", "")).first()
    if user is None:
        names = list(get_user_model().objects.order_by("username").values_list("username", flat=True))
        return answer({"error": {"code": "unknown_user", "message": "Pick one of these.", "users": names}}, 404)
    ttl = request.GET.get("ttl")
    return answer({"token": issue_token(user, int(ttl) if ttl else None), "user": wire.user_json(user)})


@csrf_exempt
@guarded
@require_POST
def create_room(request):
    """POST {id, name?, kind?, members?, messages?}."""
    wanted = json.loads(request.body)
    room = demo_data.make_room(
        wanted["id"],
        wanted.get("name", wanted["id"]),
        wanted.get("kind", Room.CHANNEL),
        wanted.get("members", demo_data.USERS),
        int(wanted.get("messages", 0)),
    )
    return answer({"id": room.pk, "seq": room.seq})


@csrf_exempt
@guarded
@require_POST
def prune(request):
    """POST {room_id, keep?}: forgets events, as `manage.py prune_events` does."""
    wanted = json.loads(request.body)
    return answer({"pruned": log.prune(wanted["room_id"], int(wanted.get("keep", 0)))})
