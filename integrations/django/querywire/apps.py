from asgiref.sync import async_to_sync
from django.apps import AppConfig
from django.contrib.auth import get_user_model
from django.db.backends.signals import connection_created
from django.db.models.signals import post_migrate, post_save


def prepare_sqlite(sender, connection, **kwargs):
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            # Readers and the one writer no longer wait for each other, and a read transaction sees one moment.
            cursor.execute("PRAGMA journal_mode=WAL")
            cursor.execute("PRAGMA synchronous=NORMAL")


def begin_epoch(sender, using, **kwargs):
    """Here rather than at first use: that may come inside a transaction that only reads."""
    from .models import Epoch

    Epoch.objects.using(using).get_or_create(pk=1)


def dismiss_deactivated(sender, instance, created, **kwargs):
    """Not called by `queryset.update`: what changes users in that way calls `dismiss` itself."""
    from .fanout.publish import dismiss

    if not created and not instance.is_active:
        async_to_sync(dismiss)(instance.pk)


class QuerywireConfig(AppConfig):
    name = "querywire"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self):
        from . import conf  # noqa: F401  (registers its check)

        connection_created.connect(prepare_sqlite, dispatch_uid="querywire.prepare_sqlite")
        post_migrate.connect(begin_epoch, sender=self, dispatch_uid="querywire.begin_epoch")
        post_save.connect(dismiss_deactivated, get_user_model(), dispatch_uid="querywire.dismiss_deactivated")
