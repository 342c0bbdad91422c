"""For a project's `asgi.py`, after `get_asgi_application()`: this reads models."""

from channels.routing import URLRouter
from django.urls import re_path

from .access.origins import only_allowed_origins
from .conf import setting
from .consumers.live import LiveConsumer
from .consumers.lost import LostConsumer

ROOM = r"(?P<room_id>[A-Za-z0-9_-]{1,64})"


def endpoints(prefix, level=None):
    """One endpoint per room (connecting is subscribing), and one for all rooms (`subscribe_room` frames)."""
    consumer = LiveConsumer.as_asgi(level=setting("LEVEL") if level is None else level)
    return [re_path(rf"^{prefix}/chat/{ROOM}/$", consumer), re_path(rf"^{prefix}/$", consumer)]


def websocket_application(*routes):
    """
    All WebSockets of a project, for pages that may connect. Without routes: those under `/ws/v1/`. Any address that is none
    is told so, where Channels would answer HTTP 500.
    """
    return only_allowed_origins(URLRouter([*(routes or endpoints("ws/v1")), re_path(r"", LostConsumer.as_asgi())]))
