"""What a project may set, in `QUERYWIRE = {…}` of its settings. Everything has a default that is safe as it is."""

from django.conf import settings
from django.core.checks import Error, register
from django.utils.module_loading import import_string

DEFAULTS = {
    # What the endpoints offer: 1 replies, 2 sequence numbers and sync, 3 snapshot positions.
    "LEVEL": 3,
    # function(token) -> claims with `sub` (the user's primary key) and `exp`; raises TokenRejected.
    "READ_TOKEN": "querywire.access.tokens.read_token",
    # function(user, kind, name, others) -> whether the user may make this room, and bring these users into it. None: everybody may.
    "MAY_CREATE_ROOM": None,
    # Signs and checks tokens (HS256). None: SECRET_KEY.
    "JWT_SECRET": None,
    "JWT_LIFETIME_SECONDS": 3600,
    # Pages of other hosts than ALLOWED_HOSTS that may connect, like "https://app.example.com".
    "ALLOWED_ORIGINS": [],
    # Requests of one process that are in the database at the same time; each has a connection of its own.
    "DATABASE_THREADS": 8,
    # PostgreSQL: how long a request waits for a lock of others before it is refused as `unavailable`. The client waits 10 s for
    # an answer, and a refusal that may be tried again is worth more to it than silence.
    "LOCK_TIMEOUT_MS": 4000,
    # On SIGTERM, under daphne: how long sockets have to move to another process, at most.
    "DRAIN_SECONDS": 10,
}


def setting(name):
    """Read when it is needed, so that tests may override it."""
    return {**DEFAULTS, **getattr(settings, "QUERYWIRE", {})}[name]


def jwt_secret():
    # `or`: set to nothing, it would be one that everybody knows.
    return setting("JWT_SECRET") or settings.SECRET_KEY


@register
def check_settings(app_configs=None, **kwargs):
    """For `manage.py check`, which every command runs first."""
    unknown = sorted(set(getattr(settings, "QUERYWIRE", {})) - set(DEFAULTS))
    problems = [
        (f"QUERYWIRE has no setting {name!r}.", f"It has {', '.join(DEFAULTS)}.", "E001") for name in unknown
    ]
    if setting("LEVEL") not in (1, 2, 3):
        problems.append((f"QUERYWIRE['LEVEL'] is {setting('LEVEL')!r}.", "Choose 1, 2 or 3.", "E002"))
    for name in ("DATABASE_THREADS", "LOCK_TIMEOUT_MS", "JWT_LIFETIME_SECONDS", "DRAIN_SECONDS"):
        if not isinstance(setting(name), int) or setting(name) < 1:
            problems.append((f"QUERYWIRE[{name!r}] is {setting(name)!r}.", "Choose a whole number from 1 on.", "E003"))
    if isinstance(setting("ALLOWED_ORIGINS"), str):
        problems.append(("QUERYWIRE['ALLOWED_ORIGINS'] is a text.", "Make it a list of origins.", "E004"))
    for name in ("READ_TOKEN", "MAY_CREATE_ROOM"):
        try:
            import_string(setting(name)) if setting(name) is not None else None
        except ImportError as error:
            problems.append((f"QUERYWIRE[{name!r}]: {error}.", "Name a function by its dotted path.", "E005"))
    if not getattr(settings, "CHANNEL_LAYERS", {}).get("default"):
        problems.append(
            ("There is no channel layer.", "Set CHANNEL_LAYERS, for one process to the InMemoryChannelLayer.", "E006")
        )
    return [Error(message, hint=hint, id=f"querywire.{number}") for message, hint, number in problems]
