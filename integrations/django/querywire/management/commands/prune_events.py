from django.core.management.base import BaseCommand

from querywire.chat import log


class Command(BaseCommand):
    help = "Forgets old events. A client that was away for longer loads the newest page again. Run it from cron."

    def add_arguments(self, parser):
        parser.add_argument("--keep", type=int, default=log.SYNC_LIMIT, help="events to keep per room")

    def handle(self, *args, keep, **options):
        self.stdout.write(f"{log.prune(keep=keep)} events forgotten")
