"""Settings of the example back end. Everything that differs between machines comes from the environment."""

import os
import secrets
from pathlib import Path

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

ALLOWED_ORIGINS = [origin for origin in os.environ.get("DJANGO_ALLOWED_ORIGINS", "").split(",") if origin]

INSTALLED_APPS = [
    "daphne",  # first, so that `manage.py runserver` speaks WebSocket too
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "channels",
    "chat",
]
MIDDLEWARE = ["django.middleware.common.CommonMiddleware"]
ROOT_URLCONF = "project.urls"
ASGI_APPLICATION = "project.asgi.application"
USE_TZ = True
TIME_ZONE = "UTC"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

DATABASE_FILE = os.environ.get("DJANGO_DB", str(BASE_DIR / "db.sqlite3"))
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": DATABASE_FILE,
        # A file here too: a database in memory knows nothing of several writers.
        "TEST": {"NAME": f"{DATABASE_FILE}.test"},
        # A second writer waits for the first instead of failing at once with "database is locked".
        "OPTIONS": {"timeout": 20},
        # Channels checks the connection around every database call; reopening the file each time is a waste.
        "CONN_MAX_AGE": 600,
    }
}

# A channel layer drops what a slow reader has not fetched beyond `capacity`, without a word. 100, the default, is less
# than one busy room produces while a phone is asleep. (At level 2 the client notices the hole and asks for the rest.)
CHANNEL_CAPACITY = 2000
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

# `or`: set to nothing, it would be one that everybody knows.
JWT_SECRET = os.environ.get("JWT_SECRET") or SECRET_KEY
JWT_LIFETIME_SECONDS = int(os.environ.get("JWT_LIFETIME_SECONDS", "3600"))

# What /ws/v1/ offers: 1 replies, 2 sequence numbers and sync, 3 snapshot positions.
QUERYWIRE_LEVEL = int(os.environ.get("QUERYWIRE_LEVEL", "3"))

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"console": {"class": "logging.StreamHandler"}},
    "root": {"handlers": ["console"], "level": os.environ.get("DJANGO_LOG_LEVEL", "INFO")},
}
