from django.urls import path

from . import views

urlpatterns = [
    path("health", views.health),
    path("api/rooms/<slug:room_id>/messages", views.messages),
]
