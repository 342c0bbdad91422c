"""Which web pages may use the server. Browsers say where a page is from; other programs say nothing, and could say anything."""

from urllib.parse import urlsplit

from django.conf import settings
from django.http.request import validate_host

from ..conf import setting
from ..consumers.lost import LostConsumer


def is_allowed(origin):
    """Pages of our own hosts, whatever their port, and those that ALLOWED_ORIGINS names."""
    if origin is None or origin in setting("ALLOWED_ORIGINS") or "*" in setting("ALLOWED_ORIGINS"):
        return True
    try:
        host = urlsplit(origin).hostname or ""
    except ValueError:
        return False
    return validate_host(f"[{host}]" if ":" in host else host, settings.ALLOWED_HOSTS)


def only_allowed_origins(application):
    """Around the WebSocket routes. A refusal after the accept (4003) tells browsers to stop; one before it, to try again."""
    lost = LostConsumer.as_asgi()

    async def guarded(scope, receive, send):
        origins = [value.decode("latin1") for name, value in scope.get("headers", []) if name == b"origin"]
        allowed = all(is_allowed(origin) for origin in origins)
        return await (application if allowed else lost)(scope, receive, send)

    return guarded
