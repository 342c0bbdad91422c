from asgiref.sync import async_to_sync
from django.apps import AppConfig
from django.contrib.auth import get_user_model
from django.db.backends.signals import connection_created
from django.db.models.signals import post_save


def prepare_sqlite(sender, connection, **kwargs):
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            # Readers and the one writer no longer wait for each other, and a read transaction sees one moment.
            cursor.execute("PRAGMA journal_mode=WAL")
            cursor.execute("PRAGMA synchronous=NORMAL")


def dismiss_deactivated(sender, instance, created, **kwargs):
    """Not called by `queryset.update`: what changes users in that way calls `fanout.dismiss` itself."""
    from .fanout import dismiss

    if not created and not instance.is_active:
        async_to_sync(dismiss)(instance.pk)


class ChatConfig(AppConfig):
    name = "chat"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self):
        connection_created.connect(prepare_sqlite, dispatch_uid="chat.prepare_sqlite")
        post_save.connect(dismiss_deactivated, get_user_model(), dispatch_uid="chat.dismiss_deactivated")
