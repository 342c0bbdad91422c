import os

from channels.routing import ProtocolTypeRouter
from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "project.settings")
django_app = get_asgi_application()  # before anything that imports a model


def serve(websockets):
    return ProtocolTypeRouter({"http": django_app, "websocket": websockets})


def everything():
    """The plain consumer, what a project offers, and each level by itself, to see what a client makes of it."""
    from django.urls import re_path
    from querywire.routing import ROOM, endpoints, websocket_application

    from demo.plain import ChatConsumer

    return websocket_application(
        re_path(rf"^ws/chat/{ROOM}/$", ChatConsumer.as_asgi()),
        *endpoints("ws/v1"),
        *(route for level in (1, 2, 3) for route in endpoints(f"ws/level{level}", level)),
    )


application = serve(everything())
