"""Positions: a page of history says which events it holds. Your own consumer may go when nobody calls it any more."""

from project.asgi import serve  # first: it sets Django up

from django.urls import re_path
from querywire.routing import ROOM, endpoints, websocket_application

from demo.plain import ChatConsumer

application = serve(
    websocket_application(
        re_path(rf"^ws/chat/{ROOM}/$", ChatConsumer.as_asgi()),
        *endpoints("ws/v1", level=3),
    )
)
