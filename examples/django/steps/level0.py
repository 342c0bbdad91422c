"""Before: a consumer of your own (`demo/plain.py`). Messages go out; nobody is answered."""

from project.asgi import serve  # first: it sets Django up

from django.urls import re_path
from querywire.routing import ROOM, websocket_application

from demo.plain import ChatConsumer

application = serve(websocket_application(re_path(rf"^ws/chat/{ROOM}/$", ChatConsumer.as_asgi())))
