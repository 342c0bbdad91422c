from django.conf import settings
from django.urls import re_path

from .consumers.live import LiveConsumer
from .consumers.lost import LostConsumer
from .consumers.plain import ChatConsumer

ROOM = r"(?P<room_id>[A-Za-z0-9_-]{1,64})"


def endpoints(prefix, level):
    """One endpoint per room (connecting is subscribing), and one for all rooms (`subscribe_room` frames)."""
    return [
        re_path(rf"^ws/{prefix}/chat/{ROOM}/$", LiveConsumer.as_asgi(level=level)),
        re_path(rf"^ws/{prefix}/$", LiveConsumer.as_asgi(level=level)),
    ]


websocket_urlpatterns = [
    re_path(rf"^ws/chat/{ROOM}/$", ChatConsumer.as_asgi()),
    *endpoints("v1", settings.QUERYWIRE_LEVEL),
    # The same rooms with less, to see what a client makes of it.
    *endpoints("level1", 1),
    *endpoints("level2", 2),
    *endpoints("level3", 3),
    re_path(r"", LostConsumer.as_asgi()),
]
