"""Django's own defaults, but for a connection that is kept; 0 would be 6 times slower on PostgreSQL."""

import os
from urllib.parse import urlsplit

_url = urlsplit(os.environ["DATABASE_URL"])
_postgresql = {
    "ENGINE": "django.db.backends.postgresql",
    "NAME": _url.path[1:],
    "USER": _url.username,
    "HOST": _url.hostname,
    "PORT": _url.port,
}
_sqlite = {
    "ENGINE": "django.db.backends.sqlite3",
    "NAME": _url.path[1:],
    "OPTIONS": {"init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;"},
}
DATABASES = {"default": (_sqlite if _url.scheme == "sqlite" else _postgresql) | {"CONN_MAX_AGE": None}}
SECRET_KEY = "a benchmark has no secrets"  # noqa: S105
ALLOWED_HOSTS = ["127.0.0.1"]
ROOT_URLCONF = "bench.rivals.views"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "rest_framework",
    "rest_framework_api_key",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
