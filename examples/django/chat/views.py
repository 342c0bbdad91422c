"""The little HTTP a chat needs: history for clients of the plain consumer, and what makes the example easy to try."""

import json

from functools import wraps

from django.conf import settings
from django.contrib.auth import get_user_model
from django.http import JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_POST

from . import demo_data, log, origins
from . import messages as chat_messages
from . import requests, wire
from .errors import ChatError
from .models import Room
from .tokens import TokenRejected, issue_token, read_token, user_of


def answer(body, status=200):
    return JsonResponse(body, status=status)


def guarded(view):
    """For pages that may connect, and no others; what is asked wrongly is refused and not a traceback."""

    @wraps(view)
    def inner(request, *args, **kwargs):
        origin = request.headers.get("Origin")
        if not origins.is_allowed(origin):
            return answer({"error": {"code": "forbidden"}}, 403)
        try:
            response = answer({}) if request.method == "OPTIONS" else view(request, *args, **kwargs)
        except TokenRejected as rejected:
            response = answer({"error": {"code": "unauthorized", "close_code": rejected.close_code}}, 401)
        except ChatError as error:
            response = answer({"error": error.as_json()}, 403 if error.code == "not_member" else 400)
        except (ValueError, TypeError, KeyError, OverflowError):
            response = answer({"error": {"code": "invalid", "message": "A value is missing, or of the wrong kind."}}, 400)
        if origin is not None:
            response["Access-Control-Allow-Origin"] = origin
            response["Access-Control-Allow-Headers"] = "authorization, content-type"
        response["Vary"] = "Origin"
        return response

    return inner


@guarded
def health(request):
    return answer({"ok": True, "level": settings.QUERYWIRE_LEVEL})


@guarded
def messages(request, room_id):
    """GET ?before=&after=&around=&limit= with `Authorization: Bearer <jwt>`: the history level 0 has no frame for."""
    user = user_of(read_token(request.headers.get("Authorization", "").partition("Bearer ")[2]))
    query = request.GET.dict()
    where = {key: query[key] for key in ("before", "after", "around") if query.get(key)}
    limit = requests.limit_of({"limit": int(query.get("limit", 50))})
    page = chat_messages.history(user, room_id, limit=limit, **where)
    return answer(wire.for_reader({key: page[key] for key in ("messages", "has_older", "has_newer")}, str(user.pk), level=1))


@guarded
@require_GET
def token(request):
    """Demo mode only. GET ?user=alice&ttl=3600; a negative ttl gives one that has run out."""
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
    """Demo mode only. POST {id, name?, kind?, members?, messages?}."""
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
    """Demo mode only. POST {room_id, keep?}: forgets events, as `manage.py prune_events` does."""
    wanted = json.loads(request.body)
    return answer({"pruned": log.prune(wanted["room_id"], int(wanted.get("keep", 0)))})
