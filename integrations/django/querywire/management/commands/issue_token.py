from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError

from querywire.access.tokens import issue_token


class Command(BaseCommand):
    help = "Prints a token for a user."

    def add_arguments(self, parser):
        parser.add_argument("username")
        parser.add_argument("--ttl", type=int, default=None, help="seconds; negative for one that has run out")

    def handle(self, *args, username, ttl, **options):
        user = get_user_model().objects.filter(username=username).first()
        if user is None:
            raise CommandError(f"There is no user {username!r}.")
        self.stdout.write(issue_token(user, ttl))
