from django.conf import settings
from django.urls import path

from chat import views

urlpatterns = [
    path("health", views.health),
    path("api/rooms/<slug:room_id>/messages", views.messages),
]
if settings.DEMO_MODE:
    urlpatterns += [
        path("token", views.token),
        path("demo/rooms", views.create_room),
        path("demo/prune", views.prune),
    ]
