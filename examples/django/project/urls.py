from django.conf import settings
from django.urls import include, path

from demo import views

urlpatterns = [path("", include("querywire.http.urls"))]
if settings.DEMO_MODE:
    urlpatterns += [
        path("token", views.token),
        path("demo/rooms", views.create_room),
        path("demo/prune", views.prune),
    ]
