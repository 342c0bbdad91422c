from django.apps import AppConfig
from django.db.backends.signals import connection_created


def prepare_sqlite(sender, connection, **kwargs):
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            # Readers and the one writer no longer wait for each other, and a read transaction sees one moment.
            cursor.execute("PRAGMA journal_mode=WAL")
            cursor.execute("PRAGMA synchronous=NORMAL")


class ChatConfig(AppConfig):
    name = "chat"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self):
        connection_created.connect(prepare_sqlite, dispatch_uid="chat.prepare_sqlite")
