"""All settings, read from the environment (docs/configuration.md). A bad value stops the start."""

from __future__ import annotations

import hashlib
from pathlib import Path
from urllib.parse import urlsplit

import environ
from django.utils.translation import gettext_lazy as _

from jimeng_site import cors, secrets
from jimeng_site.api_reference import SPECTACULAR
from jimeng_site.database import SQLITE_OPTIONS
from jimeng_site.logs import logging_config

JIMENG_VERSION = "0.1.0"
BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()
env_file = env.str("JIMENG_ENV_FILE", default=str(BASE_DIR / ".env"))
if env_file and Path(env_file).is_file():
    env.read_env(env_file)

# --- where we are -------------------------------------------------------------------------------
DEBUG = env.bool("DEBUG", default=False)
HOST = env.str("HOST", default="127.0.0.1")
PORT = env.int("PORT", default=8000)
PUBLIC_BASE_URL = env.str("PUBLIC_BASE_URL", default="").rstrip("/")
JIMENG_DATA_DIR = Path(env.str("JIMENG_DATA_DIR", default=str(BASE_DIR / "data"))).resolve()
_loopback = ["localhost", "127.0.0.1", "[::1]", ".localhost"]
_public_host = urlsplit(PUBLIC_BASE_URL).hostname or ""
# Reached under names that we cannot know (containers, a LAN) when it listens on all addresses.
_known_hosts = ["*"] if HOST in ("0.0.0.0", "::") else [*_loopback, HOST, *filter(None, [_public_host])]  # noqa: S104
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=_known_hosts)
CSRF_TRUSTED_ORIGINS = env.list(
    "CSRF_TRUSTED_ORIGINS",
    default=[f"{urlsplit(PUBLIC_BASE_URL).scheme}://{urlsplit(PUBLIC_BASE_URL).netloc}"] if PUBLIC_BASE_URL else [],
)
_https = PUBLIC_BASE_URL.startswith("https://")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _https
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if env.bool("TRUST_X_FORWARDED_PROTO", False) else None

# --- secrets ------------------------------------------------------------------------------------
SECRET_KEY = env.str("SECRET_KEY", default="") or secrets.secret_key(JIMENG_DATA_DIR)
# Newest first: the first encrypts, all decrypt. None here: those in the data folder (accounts/vault.py).
JIMENG_ENCRYPTION_KEYS = env.list("JIMENG_ENCRYPTION_KEYS", default=[])
if not JIMENG_ENCRYPTION_KEYS:
    secrets.encryption_keys(JIMENG_DATA_DIR)  # made on first start

# --- database -----------------------------------------------------------------------------------
DATABASE_URL = env.str("DATABASE_URL", default="") or f"sqlite:///{JIMENG_DATA_DIR / 'gateway.sqlite3'}"
DATABASES = {"default": env.db_url_config(DATABASE_URL)}
_is_sqlite = DATABASES["default"]["ENGINE"].endswith("sqlite3")
JIMENG_DATABASE_LANES = env.int("JIMENG_DATABASE_LANES", default=1 if _is_sqlite else 6)
if _is_sqlite:
    DATABASES["default"]["OPTIONS"] = SQLITE_OPTIONS
else:
    # The pool serves the lanes, which keep one connection each, and the threads of pages and admin.
    DATABASES["default"]["OPTIONS"] = {"pool": {"min_size": 1, "max_size": JIMENG_DATABASE_LANES + 8, "timeout": 30}}
DATABASES["default"]["CONN_MAX_AGE"] = 0
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
# Says "the same database" in the name of the engine's lock file.
JIMENG_DATABASE_FINGERPRINT = hashlib.sha256(DATABASE_URL.encode()).hexdigest()[:12]

# --- the upstream -------------------------------------------------------------------------------
JIMENG_UPSTREAM = env.str("JIMENG_UPSTREAM", default="jimeng")  # or "sandbox"
JIMENG_BASE_URL = env.str("JIMENG_BASE_URL", default="https://jimeng.jianying.com").rstrip("/")
JIMENG_IMAGEX_URL = env.str("JIMENG_IMAGEX_URL", default="https://imagex.bytedanceapi.com").rstrip("/")
JIMENG_UPLOAD_SCHEME = env.str("JIMENG_UPLOAD_SCHEME", default="https")
JIMENG_UPSTREAM_CONNECTIONS = env.int("JIMENG_UPSTREAM_CONNECTIONS", default=64)
JIMENG_UPSTREAM_TIMEOUT_S = env.float("JIMENG_UPSTREAM_TIMEOUT_S", default=30.0)

# --- accounts and keys --------------------------------------------------------------------------
JIMENG_PASSTHROUGH = env.bool("JIMENG_PASSTHROUGH", default=True)
JIMENG_PASSTHROUGH_DAYS = env.int("JIMENG_PASSTHROUGH_DAYS", default=30)
JIMENG_ACCOUNT_CONCURRENCY = env.int("JIMENG_ACCOUNT_CONCURRENCY", default=2)
JIMENG_PROBE_INTERVAL_S = env.float("JIMENG_PROBE_INTERVAL_S", default=6 * 3600.0)

# First rests in seconds by reason, "busy=3,risk_hold=7200": what is not named has the default of accounts/rotation.py.
JIMENG_RESTS = env.dict("JIMENG_RESTS", default={})
JIMENG_CHECK_IN = env.bool("JIMENG_CHECK_IN", default=True)
JIMENG_CHECK_IN_SPREAD_S = env.float("JIMENG_CHECK_IN_SPREAD_S", default=4 * 3600.0)
JIMENG_LOGIN_WARN_DAYS = env.int("JIMENG_LOGIN_WARN_DAYS", default=5)
JIMENG_RENEWAL_HOURS = env.int("JIMENG_RENEWAL_HOURS", default=72)
JIMENG_EVENTS_DAYS = env.int("JIMENG_EVENTS_DAYS", default=90)

# --- alerts -------------------------------------------------------------------------------------
JIMENG_ALERT_CREDITS_BELOW = env.int("JIMENG_ALERT_CREDITS_BELOW", default=100)
JIMENG_ALERT_QUIET_S = env.float("JIMENG_ALERT_QUIET_S", default=6 * 3600.0)
JIMENG_STALLED_S = env.float("JIMENG_STALLED_S", default=120.0)
# smtp://user:password@host:587 and the like; empty: mails are only written to the log.
EMAIL_URL = env.str("EMAIL_URL", default="")
vars().update(env.email_url_config(EMAIL_URL or "consolemail://"))
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="jimeng-gateway@localhost")

# --- the engine ---------------------------------------------------------------------------------
JIMENG_ENGINE = env.str("JIMENG_ENGINE", default="embedded")
JIMENG_QUEUE_LIMIT = env.int("JIMENG_QUEUE_LIMIT", default=2000)
JIMENG_QUEUE_TIMEOUT_S = env.float("JIMENG_QUEUE_TIMEOUT_S", default=300.0)
JIMENG_IMAGE_DEADLINE_S = env.float("JIMENG_IMAGE_DEADLINE_S", default=15 * 60.0)
JIMENG_VIDEO_DEADLINE_S = env.float("JIMENG_VIDEO_DEADLINE_S", default=60 * 60.0)
JIMENG_SUBMIT_GRACE_S = env.float("JIMENG_SUBMIT_GRACE_S", default=20.0)
JIMENG_LOST_RECORD_S = env.float("JIMENG_LOST_RECORD_S", default=60.0)
JIMENG_GRACEFUL_TIMEOUT_S = env.int("JIMENG_GRACEFUL_TIMEOUT_S", default=30)

# --- answers ------------------------------------------------------------------------------------
JIMENG_RESULT_URL = env.str("JIMENG_RESULT_URL", default="media")  # or "upstream"
JIMENG_WAIT_TIMEOUT = env.float("JIMENG_WAIT_TIMEOUT", default=580.0)  # seconds; below the SDKs' 600
JIMENG_UPLOAD_REUSE_S = env.float("JIMENG_UPLOAD_REUSE_S", default=3600.0)
JIMENG_JSON_KEEPALIVE = env.float("JIMENG_JSON_KEEPALIVE", default=0.0)  # seconds; 0: off
JIMENG_CHAT_PROGRESS = env.str("JIMENG_CHAT_PROGRESS", default="reasoning")  # or "content", "silent"
JIMENG_REATTACH_S = env.float("JIMENG_REATTACH_S", default=1800.0)
JIMENG_FETCH_ALLOW_HOSTS = env.list("JIMENG_FETCH_ALLOW_HOSTS", default=[])
DATA_UPLOAD_MAX_MEMORY_SIZE = env.int("JIMENG_MAX_BODY_BYTES", default=50 * 1024 * 1024)

# --- files --------------------------------------------------------------------------------------
# For how long result files are kept, and how much of them; 0: for ever, all. Pinned ones stay in any case.
JIMENG_KEEP_DAYS = env.int("JIMENG_KEEP_DAYS", default=0)
JIMENG_KEEP_GB = env.float("JIMENG_KEEP_GB", default=0.0)
JIMENG_TRASH_DAYS = env.int("JIMENG_TRASH_DAYS", default=30)
JIMENG_STORAGE = env.str("JIMENG_STORAGE", default="local")  # or "s3"
JIMENG_S3_BUCKET = env.str("JIMENG_S3_BUCKET", default="")
JIMENG_S3_ENDPOINT_URL = env.str("JIMENG_S3_ENDPOINT_URL", default="")  # of a store that is not Amazon's
JIMENG_S3_REGION = env.str("JIMENG_S3_REGION", default="")
JIMENG_S3_ACCESS_KEY_ID = env.str("JIMENG_S3_ACCESS_KEY_ID", default="")
JIMENG_S3_SECRET_ACCESS_KEY = env.str("JIMENG_S3_SECRET_ACCESS_KEY", default="")
JIMENG_S3_PREFIX = env.str("JIMENG_S3_PREFIX", default="").strip("/")
MEDIA_ROOT = JIMENG_DATA_DIR / "media"
MEDIA_URL = "/media/"
FILE_UPLOAD_PERMISSIONS = 0o600
STATIC_URL = "/static/"
STATIC_ROOT = env.str("STATIC_ROOT", default="") or None  # only for `collectstatic`
STATICFILES_DIRS = [BASE_DIR / "static"]
WHITENOISE_USE_FINDERS = True  # `make run` needs no collectstatic
_FOLDER = {
    # A file that a power failure cut off is replaced by the same, whole.
    "BACKEND": "django.core.files.storage.FileSystemStorage",
    "OPTIONS": {"allow_overwrite": True},
}
_BUCKET = {
    "BACKEND": "generation.storage.bucket.BucketStorage",
    "OPTIONS": {
        "bucket_name": JIMENG_S3_BUCKET,
        "endpoint_url": JIMENG_S3_ENDPOINT_URL or None,
        "region_name": JIMENG_S3_REGION or None,
        "access_key": JIMENG_S3_ACCESS_KEY_ID or None,
        "secret_key": JIMENG_S3_SECRET_ACCESS_KEY or None,
        "location": JIMENG_S3_PREFIX,
    },
}
STORAGES = {
    "default": _BUCKET if JIMENG_STORAGE == "s3" else _FOLDER,
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}

# --- Django -------------------------------------------------------------------------------------
INSTALLED_APPS = [
    "unfold",
    "unfold.contrib.filters",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "rest_framework",
    "corsheaders",  # for its checks of the settings below
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "accounts",
    "generation",
    "openai_compat",
]
MIDDLEWARE = [
    "jimeng_site.middleware.request_id",
    "django.middleware.security.SecurityMiddleware",
    "jimeng_site.middleware.AsyncWhiteNoise",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "jimeng_site.middleware.content_policy",
]
# What stays open for long (events, archives) holds no thread: it runs on the lanes, and knows who asks.
JIMENG_LIVE_MIDDLEWARE = [
    "jimeng_site.middleware.request_id",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "jimeng_site.middleware.content_policy",
]
# The API and the media files need neither sessions nor CSRF tokens: each middleware costs a request 0.1 ms.
JIMENG_API_MIDDLEWARE = ["jimeng_site.middleware.request_id", "corsheaders.middleware.CorsMiddleware"]
ROOT_URLCONF = "jimeng_site.urls"
ASGI_APPLICATION = "jimeng_site.asgi.application"
APPEND_SLASH = True
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
                "generation.pages.appearance.page_context",
            ]
        },
    }
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "generation:home"
LOGOUT_REDIRECT_URL = "login"
X_FRAME_OPTIONS = "DENY"
SECURE_CONTENT_TYPE_NOSNIFF = True
USE_TZ = True
TIME_ZONE = env.str("TIME_ZONE", default="Asia/Shanghai")
LANGUAGE_CODE = env.str("LANGUAGE_CODE", default="en")
LANGUAGES = [("en", "English"), ("zh-hans", "简体中文")]
LOCALE_PATHS = [BASE_DIR / "locale"]
REST_FRAMEWORK = {
    "EXCEPTION_HANDLER": "openai_compat.errors.exception_handler",
    "UNAUTHENTICATED_USER": None,
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
}
SPECTACULAR_SETTINGS = {**SPECTACULAR, "VERSION": JIMENG_VERSION}

# --- browsers of other origins (the API only; keys travel in headers, never as cookies) ---------------
JIMENG_CORS_ORIGINS = [each.strip() for each in env.str("JIMENG_CORS_ORIGINS", default="*").split(",") if each.strip()]
CORS_ALLOW_ALL_ORIGINS = "*" in JIMENG_CORS_ORIGINS
CORS_ALLOWED_ORIGINS = [origin.rstrip("/") for origin in JIMENG_CORS_ORIGINS if origin != "*"]
CORS_ALLOW_CREDENTIALS = False
CORS_ALLOW_METHODS = cors.METHODS
CORS_ALLOW_HEADERS = cors.REQUEST_HEADERS
CORS_EXPOSE_HEADERS = cors.RESPONSE_HEADERS

# --- logs ---------------------------------------------------------------------------------------
LOG_LEVEL = env.str("LOG_LEVEL", default="INFO")
LOG_FORMAT = env.str("LOG_FORMAT", default="text")  # or "json"
LOGGING = logging_config(level=LOG_LEVEL, as_json=LOG_FORMAT == "json")

# --- pages --------------------------------------------------------------------------------------
UNFOLD = {
    "SITE_TITLE": _("Jimeng gateway"),
    "SITE_HEADER": _("Jimeng gateway"),
    "SITE_SYMBOL": "image",
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": "jimeng_site.navigation.icon"}],
    "SHOW_HISTORY": True,
    "SHOW_LANGUAGES": True,
    "STYLES": ["jimeng_site.navigation.admin_styles"],
    "ENVIRONMENT": "jimeng_site.navigation.environment",
    "DASHBOARD_CALLBACK": "jimeng_site.dashboard.dashboard",
    "SIDEBAR": {"navigation": "jimeng_site.navigation.sidebar"},
}
