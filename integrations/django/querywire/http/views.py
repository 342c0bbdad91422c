"""The little HTTP a chat needs: history for clients of a plain consumer, and what a load balancer asks."""

from functools import wraps

from django.http import JsonResponse

from ..access import origins
from ..access.tokens import TokenRejected, user_from_token
from ..chat import messages as chat_messages
from ..chat import log, requests
from ..conf import setting
from ..database import TROUBLE, unavailable
from ..protocol import wire
from ..protocol.errors import ChatError


def answer(body, status=200):
    return JsonResponse(body, status=status)


STATUS_OF = {"not_member": 403, "unavailable": 503}


def served(view, request, *args, **kwargs):
    """What is asked wrongly is refused and not a traceback."""
    try:
        return view(request, *args, **kwargs)
    except TokenRejected as rejected:
        return answer({"error": {"code": "unauthorized", "close_code": rejected.close_code}}, 401)
    except ChatError as error:
        return answer({"error": error.as_json()}, STATUS_OF.get(error.code, 400))
    except TROUBLE:
        return answer({"error": unavailable().as_json()}, STATUS_OF["unavailable"])
    except (ValueError, TypeError, KeyError, OverflowError):
        return answer({"error": {"code": "invalid", "message": "A value is missing, or of the wrong kind."}}, 400)


def guarded(view):
    """For pages that may connect, and no others."""

    @wraps(view)
    def inner(request, *args, **kwargs):
        origin = request.headers.get("Origin")
        if not origins.is_allowed(origin):
            return answer({"error": {"code": "forbidden"}}, 403)
        response = answer({}) if request.method == "OPTIONS" else served(view, request, *args, **kwargs)
        if origin is not None:
            response["Access-Control-Allow-Origin"] = origin
            response["Access-Control-Allow-Headers"] = "authorization, content-type"
        response["Vary"] = "Origin"
        return response

    return inner


@guarded
def health(request):
    """Whether this process should be sent anybody: it can read its database."""
    log.epoch()
    return answer({"ok": True, "level": setting("LEVEL")})


@guarded
def messages(request, room_id):
    """GET ?before=&after=&around=&limit= with `Authorization: Bearer <token>`: the history level 0 has no frame for."""
    user = user_from_token(request.headers.get("Authorization", "").partition("Bearer ")[2])
    query = request.GET.dict()
    where = {key: query[key] for key in ("before", "after", "around") if query.get(key)}
    limit = requests.limit_of({"limit": int(query.get("limit", 50))})
    page = chat_messages.history(user, room_id, limit=limit, **where)
    return answer(wire.for_reader({key: page[key] for key in ("messages", "has_older", "has_newer")}, str(user.pk), level=1))
