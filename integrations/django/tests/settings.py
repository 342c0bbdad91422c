"""A project that has nothing but this app. `DATABASE_URL` names another database than SQLite."""

import os
import tempfile
from pathlib import Path

import dj_database_url

SECRET_KEY = "only for these tests"
INSTALLED_APPS = ["django.contrib.auth", "django.contrib.contenttypes", "channels", "querywire"]
ROOT_URLCONF = "querywire.http.urls"
USE_TZ = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
CHANNEL_LAYERS = {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer", "CONFIG": {"capacity": 2000}}}

FILE = Path(tempfile.gettempdir()) / f"querywire-tests-{os.getpid()}.sqlite3"
# Connections of threads end with what they did: a database with somebody in it cannot be dropped.
DATABASES = {"default": dj_database_url.parse(os.environ.get("DATABASE_URL") or f"sqlite:///{FILE}", conn_max_age=0)}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    DATABASES["default"]["OPTIONS"] = {"timeout": 20}
    # A file here too: a database in memory knows nothing of several writers.
    DATABASES["default"]["TEST"] = {"NAME": FILE}

LOGGING = {"version": 1, "disable_existing_loggers": False, "handlers": {"c": {"class": "logging.StreamHandler"}}, "root": {"handlers": ["c"] if os.environ.get("LOG") else [], "level": os.environ.get("LOG", "CRITICAL")}}
