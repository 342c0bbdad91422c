from django.core.management.base import BaseCommand

from demo import demo_data


class Command(BaseCommand):
    help = "Creates the users alice, bob and carol, and rooms with a few hundred messages. Safe to repeat."

    def handle(self, *args, **options):
        for room in demo_data.seed():
            self.stdout.write(f"{room.pk}: {room.messages.count()} messages, {room.memberships.count()} members")
