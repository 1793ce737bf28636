"""All settings, in one file. Every variable is read once; the README has them as a table."""

from pathlib import Path
from typing import Any

import environ
from django.core.exceptions import ImproperlyConfigured

from console import data_dir, env

BASE_DIR = Path(__file__).resolve().parent.parent
DATA_DIR = data_dir.prepare(env.path("DATA_DIR", BASE_DIR / "var"))

# Server ------------------------------------------------------------------------------------------------------
HOST = env.text("HOST", "127.0.0.1")
PORT = env.number("PORT", 8000, at_least=1, at_most=65535)
WORKERS = env.number("WORKERS", 2, at_least=1, at_most=64)
THREADS = env.number("THREADS", 8, at_least=1, at_most=64)
SITE_URL = env.web_address("SITE_URL", f"http://127.0.0.1:{PORT}")
TRUSTED_PROXIES = env.number("TRUSTED_PROXIES", 0, at_least=0, at_most=9)
API_MAX_BODY = 64 * 1024  # bytes of one request to the API
MAX_BODY = 1024 * 1024  # bytes of one request; console/server.py refuses more before a thread is taken

VERIFY_SECRET = env.text("VERIFY_SECRET")
VERIFY_NETWORKS = env.networks("VERIFY_NETWORKS")
VERIFY_PROXIES = env.number("VERIFY_PROXIES", TRUSTED_PROXIES, at_least=0, at_most=9)
VERIFY_CACHE = env.number("VERIFY_CACHE", 100_000, at_least=0, at_most=10_000_000)
VERIFY_MAX_STALE = env.number("VERIFY_MAX_STALE", 4, at_least=1, at_most=300)  # seconds
VERIFY_UNKNOWN = env.number("VERIFY_UNKNOWN", 600, at_least=1, at_most=1_000_000)  # a minute, network and worker
INTAKE_MAX_BODY = 5 * 1024 * 1024  # bytes of one request to the intake, as sent; as Datadog's own takes
PROXY_VISITS = env.number("PROXY_VISITS", 600, at_least=1, at_most=1_000_000)  # a minute, visitor and worker
GITHUB_KEYS_URL = env.address("GITHUB_KEYS_URL", "https://api.github.com/meta/public_keys/secret_scanning")
EGRESS_ALLOW = env.networks("EGRESS_ALLOW")  # besides public addresses, where organisations may have data sent to
API_RATES = env.rates("API_RATES", read=(1000, 60), write=(300, 60), search=(100, 60), validate=(10_000, 60))

TICK = env.flag("TICK", default=True)  # whether this server does the timed work itself

USAGE_DIR = DATA_DIR / "usage"
USAGE_RESERVE = env.number("USAGE_RESERVE", 64, at_least=0, at_most=65_536) * 1024 * 1024  # bytes

# Core --------------------------------------------------------------------------------------------------------
DEBUG = env.flag("DEBUG")
DEMO = env.flag("DEMO")
SECURE = env.flag("SECURE")
SECRET_KEY = env.text("SECRET_KEY") or data_dir.secret(DATA_DIR / "secret_key")
PEPPERS = data_dir.pepper_ring(env.path("PEPPERS_FILE", DATA_DIR / "peppers.json"))
ALLOWED_HOSTS = env.words("ALLOWED_HOSTS", "127.0.0.1,localhost,[::1]")
CSRF_TRUSTED_ORIGINS = [SITE_URL]
ROOT_URLCONF = "console.urls"
WSGI_APPLICATION = "console.wsgi.application"
APPEND_SLASH = True
DATA_UPLOAD_MAX_MEMORY_SIZE = MAX_BODY
DATA_UPLOAD_MAX_NUMBER_FIELDS = 1000

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.sessions",
    "django.forms",
    "allauth",
    "allauth.account",
    "allauth.usersessions",
    "django_htmx",
    "template_partials",
    "audit",
    "accounts",
    "keys",
    "console",
    "api",
    "django.contrib.staticfiles",  # after console, whose runserver also does the timed work
]

MIDDLEWARE = [
    "console.middleware.plain_health",
    "console.middleware.request_facts",
    "console.middleware.changes_announced",
    "django.middleware.security.SecurityMiddleware",
    "console.middleware.security_headers",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "console.middleware.acting",
    "console.middleware.htmx_answers",
    "console.middleware.lost_forms",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "django.template.context_processors.i18n",
                "console.context.page",
            ],
            "builtins": ["django.templatetags.i18n", "console.templatetags.ui"],
        },
    }
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

# Data --------------------------------------------------------------------------------------------------------
SQLITE_OPTIONS = {
    # Take the write lock at BEGIN: a lock upgrade half-way fails at once whatever the timeout. WAL is set once, by
    # the `prepare` command: sent by every connection to a fresh file it fails some of them.
    "transaction_mode": "IMMEDIATE",
    "timeout": 20,
    "init_command": (
        "PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; PRAGMA recursive_triggers=ON;"
        " PRAGMA cache_size=-16000; PRAGMA journal_size_limit=67108864;"
    ),
}
POSTGRESQL_OPTIONS = {
    "connect_timeout": 2,
    "tcp_user_timeout": 2000,
    "keepalives_idle": 5,
    "keepalives_interval": 1,
    "keepalives_count": 3,
    "options": "-c statement_timeout=15000 -c lock_timeout=10000 -c idle_in_transaction_session_timeout=20000",
}


def _database() -> dict[str, Any]:
    """The database DATABASE_URL names, with this project's options for its engine."""
    url = env.text("DATABASE_URL", f"sqlite:///{DATA_DIR / 'keyhouse.sqlite3'}")
    config: dict[str, Any] = dict(environ.Env.db_url_config(url))  # type: ignore[no-untyped-call]
    options = {
        "django.db.backends.sqlite3": SQLITE_OPTIONS,
        "django.db.backends.postgresql": POSTGRESQL_OPTIONS,
    }.get(str(config.get("ENGINE")))
    if options is None or not config.get("NAME"):
        raise ImproperlyConfigured("DATABASE_URL: expected sqlite:///path or postgres://user:password@host/name.")
    return config | {"OPTIONS": options, "CONN_MAX_AGE": None, "CONN_HEALTH_CHECKS": True, "ATOMIC_REQUESTS": False}


DATABASES = {"default": _database()}
DATABASES["default"]["TEST"] = {"NAME": env.text("TEST_DATABASE") or None}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
CACHES = {"default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "console_cache"}}

# Sign-in -----------------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.Person"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = ["accounts.passwords.Argon2id"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 15}},
    {"NAME": "accounts.passwords.MaximumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
ACCOUNT_ADAPTER = "console.account.adapter.Adapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_USER_DISPLAY = "console.account.adapter.display"
ACCOUNT_EMAIL_VERIFICATION = "none"  # an invitation, sent to the address, is what makes an account
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = False
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_CHANGE_EMAIL = False
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
SESSION_COOKIE_AGE = 12 * 60 * 60  # seconds
SESSION_COOKIE_NAME = "keyhouse_session"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = SECURE
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = LANGUAGE_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_NAME = "keyhouse_csrf"
CSRF_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "console.errors.csrf_failure"
LANGUAGE_COOKIE_NAME = "keyhouse_language"
LANGUAGE_COOKIE_HTTPONLY = True
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"

# Browser security --------------------------------------------------------------------------------------------
SECURE_CSP = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self'",
    "connect-src": "'self'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
    "base-uri": "'none'",
}
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SECURE_SSL_REDIRECT = SECURE
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^verify(?:[;/]|$)"]
SECURE_HSTS_SECONDS = 31_536_000 if SECURE else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = SECURE
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TRUSTED_PROXIES else None

# Languages and time ------------------------------------------------------------------------------------------
LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("fr", "Français"), ("ja", "日本語")]
LOCALE_PATHS = [BASE_DIR / "console" / "locale"]
USE_TZ = True
TIME_ZONE = "UTC"

# Static files ------------------------------------------------------------------------------------------------
STATIC_URL = "static/"
STATIC_ROOT = DATA_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
WHITENOISE_KEEP_ONLY_HASHED_FILES = False

# Mail --------------------------------------------------------------------------------------------------------
EMAIL_IS_SET_UP = bool(env.text("EMAIL_URL"))
EMAIL_TIMEOUT = 5  # seconds: whoever waits for a mail to leave waits no longer
DEFAULT_FROM_EMAIL = SERVER_EMAIL = env.text("EMAIL_FROM", "Keyhouse <keyhouse@localhost>")
EMAIL_FILE_PATH = DATA_DIR / "outbox"
if EMAIL_IS_SET_UP:
    vars().update(environ.Env.email_url_config(env.text("EMAIL_URL")))  # type: ignore[no-untyped-call]
else:
    EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"

# Words the project's own pages share -------------------------------------------------------------------------
PRODUCT_NAME = "Keyhouse"
SUPPORT_CONTACT = env.text("SUPPORT_CONTACT")

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"redact": {"()": "console.logs.RedactSecrets"}},
    "formatters": {"line": {"format": "{asctime} {levelname} {name} {message}", "style": "{"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "filters": ["redact"], "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": "INFO"},
    "loggers": {"django": {"handlers": ["stderr"], "propagate": False, "level": "INFO"}},
}
