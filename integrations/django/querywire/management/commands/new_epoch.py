from django.core.management.base import BaseCommand

from querywire.models import Epoch, new_epoch


class Command(BaseCommand):
    help = "Declares all sequence numbers void. Run it after restoring a backup: the numbers in it are used up already."

    def handle(self, *args, **options):
        Epoch.objects.update_or_create(pk=1, defaults={"value": new_epoch()})
        self.stdout.write("Clients will load everything afresh.")
