"""Settings of the example back end. Everything that differs between machines comes from the environment."""

import os
import secrets
from pathlib import Path

import dj_database_url
from django.core.exceptions import ImproperlyConfigured

BASE_DIR = Path(__file__).resolve().parent.parent

DEBUG = os.environ.get("DJANGO_DEBUG") == "1"
# Hands a token for anybody to anybody (GET /token?user=alice) and opens the /demo/ endpoints. Never in production.
DEMO_MODE = os.environ.get("DJANGO_DEMO") == "1"

SECRET_KEY = os.environ.get("DJANGO_SECRET_KEY", "")
if not SECRET_KEY:
    if not (DEBUG or DEMO_MODE):
        raise ImproperlyConfigured("Set DJANGO_SECRET_KEY, or DJANGO_DEMO=1 for a demo on this machine.")
    # Until the next start: tokens end with it.
    SECRET_KEY = secrets.token_urlsafe(48)

# Pages of these hosts may connect as well; of others only those in ALLOWED_ORIGINS, like https://app.example.com.
ALLOWED_HOSTS = os.environ.get("DJANGO_ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]").split(",")

INSTALLED_APPS = [
    "daphne",  # first, so that `manage.py runserver` speaks WebSocket too
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "channels",
    "querywire",
    "demo",
]
MIDDLEWARE = ["django.middleware.common.CommonMiddleware"]
ROOT_URLCONF = "project.urls"
ASGI_APPLICATION = "project.asgi.application"
USE_TZ = True
TIME_ZONE = "UTC"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

DATABASE_FILE = os.environ.get("DJANGO_DB", str(BASE_DIR / "db.sqlite3"))
DATABASES = {
    "default": dj_database_url.parse(
        os.environ.get("DATABASE_URL") or f"sqlite:///{DATABASE_FILE}",
        # Channels checks the connection around every database call; opening it anew each time is a waste.
        conn_max_age=int(os.environ.get("DATABASE_CONN_MAX_AGE", "600")),
    )
}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    # A second process waits for the first instead of failing at once with "database is locked".
    DATABASES["default"]["OPTIONS"] = {"timeout": 20}
    # A file here too: a database in memory knows nothing of several writers.
    DATABASES["default"]["TEST"] = {"NAME": f"{DATABASE_FILE}.test"}

# A channel layer drops what has waited too long behind so many others, without a word. It counts per process: all sockets
# of one share what comes in from the others. 100, the default, is a burst of one busy room. (From level 2 on the clients notice
# the hole and ask for the rest.)
CHANNEL_CAPACITY = int(os.environ.get("CHANNEL_CAPACITY", "2000"))
REDIS_URL = os.environ.get("REDIS_URL")
if REDIS_URL:
    CHANNEL_LAYERS = {
        "default": {
            "BACKEND": "channels_redis.core.RedisChannelLayer",
            "CONFIG": {"hosts": [REDIS_URL], "capacity": CHANNEL_CAPACITY},
        }
    }
else:
    # Reaches the sockets of this one process only: more than one process needs REDIS_URL.
    CHANNEL_LAYERS = {
        "default": {
            "BACKEND": "channels.layers.InMemoryChannelLayer",
            "CONFIG": {"capacity": CHANNEL_CAPACITY},
        }
    }

QUERYWIRE = {
    # What /ws/v1/ offers: 1 replies, 2 sequence numbers and sync, 3 snapshot positions.
    "LEVEL": int(os.environ.get("QUERYWIRE_LEVEL", "3")),
    "JWT_SECRET": os.environ.get("JWT_SECRET"),
    "JWT_LIFETIME_SECONDS": int(os.environ.get("JWT_LIFETIME_SECONDS", "3600")),
    "ALLOWED_ORIGINS": [origin for origin in os.environ.get("DJANGO_ALLOWED_ORIGINS", "").split(",") if origin],
    "DATABASE_THREADS": int(os.environ.get("DATABASE_THREADS", "8")),
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"console": {"class": "logging.StreamHandler"}},
    "root": {"handlers": ["console"], "level": os.environ.get("DJANGO_LOG_LEVEL", "INFO")},
}
