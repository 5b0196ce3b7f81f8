"""Settings, all from the environment (see .env.example). DEBUG=1 alone is a development site."""

import os
import re
from pathlib import Path
from urllib.parse import urlsplit

import sentry_sdk
from django.contrib.messages import constants as message_constants
from django.core.exceptions import ImproperlyConfigured
from sentry_sdk.integrations.logging import ignore_logger
from sentry_sdk.utils import BadDsn, Dsn

from . import environment, logs
from .environment import (
    address,
    bucket,
    choice,
    env,
    flag,
    header,
    limit,
    network,
    rate,
    required,
    seconds,
    text,
    whole,
)

BASE_DIR = Path(__file__).resolve().parent.parent

environment.read(BASE_DIR / ".env")

DEBUG = flag("DEBUG", False)
SECRET_KEY = required("SECRET_KEY", "sessions and tasks are signed with it.", "development-only")
# Former ones: what was signed with them holds on.
SECRET_KEY_FALLBACKS = environment.several("SECRET_KEY_FALLBACKS", r"(?s).+", "a key")
ALLOWED_HOSTS = environment.several(
    "ALLOWED_HOSTS",
    environment.HOST,
    "example.org (without https:// and port), .example.org or *",
    required(
        "ALLOWED_HOSTS",
        "it names the hosts this site answers to, separated by commas.",
        "localhost,127.0.0.1,[::1]",
    ),
)
if not ALLOWED_HOSTS:
    raise ImproperlyConfigured("ALLOWED_HOSTS names no host. Set it like example.org.")
REDIS_URL = environment.redis(
    "REDIS_URL",
    required(
        "REDIS_URL",
        "it names the Redis or Valkey server between web and worker.",
        "redis://127.0.0.1:6379/0",
    ),
)
SITE_URL = env.str(
    "SITE_URL",
    default="http://127.0.0.1:8000" if DEBUG else f"https://{ALLOWED_HOSTS[0].lstrip('.')}",
).rstrip("/")
if (
    not re.fullmatch(environment.ORIGIN, SITE_URL)
    or not environment.is_address(SITE_URL)
    or "*" in SITE_URL
):
    raise ImproperlyConfigured(
        f"SITE_URL is {SITE_URL!r}: mails link to it, so it must be like https://example.org."
    )

VAR_DIR = environment.folder("VAR_DIR", BASE_DIR / "var")

INSTALLED_APPS = [
    "microblog",
    "exports",
    "blog",
    "accounts",
    "tasks",  # before django_q: its qcluster command extends theirs
    "django_q",
    "csp",
    "corsheaders",
    "rest_framework",
    "drf_spectacular",
    "widget_tweaks",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.sitemaps",
    "django.contrib.staticfiles",
    "django.forms",
]

MIDDLEWARE = [
    "microblog.signs.SignsMiddleware",
    "microblog.tracing.RequestIdMiddleware",
    "microblog.metrics.CountMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "microblog.middleware.PoliciesMiddleware",
    "microblog.middleware.PackMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "corsheaders.middleware.CorsMiddleware",
    "microblog.addresses.AddressMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "accounts.middleware.PreferencesMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "accounts.middleware.SeenMiddleware",
    "accounts.known.KnownMiddleware",
    # Last: their pages know who is signed in.
    "microblog.middleware.MethodMiddleware",
    "microblog.middleware.ApiMiddleware",
    "microblog.middleware.Utf8Middleware",
    "microblog.middleware.BodyLengthMiddleware",
    "microblog.middleware.MaxBodySizeMiddleware",
    "microblog.limits.LimitMiddleware",
]

ROOT_URLCONF = "microblog.urls"
MESSAGE_TAGS = {message_constants.ERROR: "danger"}  # as Bootstrap calls it
WSGI_APPLICATION = "microblog.wsgi.application"
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

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
                "microblog.waiting.waiting",
            ],
        },
    },
]

# Data

DATABASES = {
    "default": environment.database("DATABASE_URL", f"sqlite:///{VAR_DIR / 'db.sqlite3'}"),
}
CONN_MAX_AGE = whole("CONN_MAX_AGE", 60, least=0, most=24 * 3600)
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    DATABASES["default"]["OPTIONS"] = {
        # A writer waits for the lock at its BEGIN, where that is safe, and does not fail half-way.
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode = WAL",
    }
else:
    DATABASES["default"]["CONN_MAX_AGE"] = CONN_MAX_AGE
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
    DATABASES["default"]["OPTIONS"] = {
        # What is asked again and again is planned once a connection.
        "server_side_binding": True,
        "prepare_threshold": 5,
        # A host that was frozen or lost must not hold up all others by the locks it had.
        "connect_timeout": 10,
        "options": "-c lock_timeout=20s -c idle_in_transaction_session_timeout=15s"
        # Nor is the server to keep a connection to it, which takes two hours to notice by default.
        " -c tcp_keepalives_idle=10 -c tcp_keepalives_interval=5 -c tcp_user_timeout=20s",
        # And what we asked of a server that was lost is given up, not waited for a quarter of an
        # hour: the next question goes by a new connection.
        "keepalives_idle": 10,
        "keepalives_interval": 5,
        "tcp_user_timeout": 20_000,  # milliseconds; it also ends keepalives that stay unanswered
        **DATABASES["default"].get("OPTIONS", {}),
    }
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# The broker's server; a cache that is away counts as empty.
CACHES = {
    "default": {
        "BACKEND": "microblog.cache.RedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "microblog",
    }
}

STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "archives": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": VAR_DIR / "archives", "base_url": None},
    },
    "avatars": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": VAR_DIR / "avatars", "base_url": None},
    },
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
for kind, backend in (
    ("ARCHIVES", "exports.buckets.Bucket"),
    ("AVATARS", "accounts.buckets.Bucket"),
):
    if options := bucket(kind):
        STORAGES[kind.lower()] = {"BACKEND": backend, "OPTIONS": options}
if STORAGES["archives"].get("OPTIONS") == STORAGES["avatars"].get("OPTIONS"):
    raise ImproperlyConfigured(
        "AVATARS_S3_BUCKET and ARCHIVES_S3_BUCKET name the same bucket: one whose rules expire what"
        " is in it loses the pictures. Name two."
    )
STATIC_URL = "static/"
STATIC_ROOT = VAR_DIR / "static"
try:
    STATIC_ROOT.mkdir(parents=True, exist_ok=True)  # WhiteNoise warns of a missing one
except OSError as error:
    raise ImproperlyConfigured(
        f"VAR_DIR is {str(VAR_DIR)!r}, where we can't make a folder ({error.strerror}): name"
        " another one, or let us write to it."
    ) from None
STATICFILES_DIRS = [BASE_DIR / "static"]
WHITENOISE_USE_FINDERS = DEBUG

# People

AUTH_USER_MODEL = "accounts.User"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
LOGIN_URL = "accounts:login"
LOGIN_REDIRECT_URL = "blog:home"
LOGOUT_REDIRECT_URL = "blog:home"
SESSION_ENGINE = "accounts.sessions"
SESSION_EXPIRE_AT_BROWSER_CLOSE = True  # unless somebody wants to be remembered:
SESSION_COOKIE_AGE = 30 * 24 * 3600
PASSWORD_RESET_TIMEOUT = 3600
AVATAR_MAX_BYTES = 5 << 20

LANGUAGE_CODE = "en"
# They call themselves what they do in every language. (Who asks for Simplified Chinese gets
# Traditional, by Django: they get along with that better than with English.)
LANGUAGES = [("en", "English"), ("es", "Español"), ("zh-hant", "繁體中文")]
LOCALE_PATHS = [BASE_DIR / "locale"]
FORMAT_MODULE_PATH = ["microblog.formats"]
USE_THOUSAND_SEPARATOR = True
TIME_ZONE = "UTC"
USE_TZ = True

TRANSLATOR = choice("TRANSLATOR", "libretranslate", "azure", default="")
TRANSLATOR_OPTIONS = {
    "url": address("TRANSLATOR_URL"),
    "key": text(
        "TRANSLATOR_KEY", like="[!-~]+", mend="Set it as the service shows it.", secret=True
    ),
    "region": text(
        "TRANSLATOR_REGION", like="[A-Za-z0-9-]+", mend="Set it to one like westeurope."
    ),
}
if TRANSLATOR and not TRANSLATOR_OPTIONS["url"]:
    raise ImproperlyConfigured(
        "TRANSLATOR_URL is not set: it names the server that TRANSLATOR asks."
    )

# Slow work

Q_CLUSTER = {
    "name": "microblog",
    "label": "Django Q2",
    "broker_class": "tasks.broker.Broker",
    "workers": whole("QCLUSTER_WORKERS", 2, least=1, most=1000),
    "timeout": 6 * 3600,
    "retry": 6 * 3600 + 60,  # not used by the Redis broker, but Django-Q2 warns without it
    "save_limit": -1,  # tasks.Attempt is our record; Django-Q2 keeps only what crashed past it
    "guard_cycle": 0.5,
    "recycle": 10_000,  # jobs; a new worker every few seconds would cost more than it frees
    "scheduler": False,  # nothing is scheduled; its queries could hold the sentinel up
    "ALT_CLUSTERS": {},  # without it Q_CLUSTER_NAME is a KeyError
}
TASKS_LEASE_SECONDS = seconds("TASKS_LEASE_SECONDS", 15, least=1, most=3600)
TASKS_SWEEP_SECONDS = seconds("TASKS_SWEEP_SECONDS", 5, least=0.1, most=30)
TASKS_RING_AGAIN_SECONDS = seconds("TASKS_RING_AGAIN_SECONDS", 10, least=0.1, most=3600)
# Doubles at each attempt.
TASKS_RETRY_SECONDS = seconds("TASKS_RETRY_SECONDS", 10, least=0.1, most=24 * 3600)
TASKS_STOP_SECONDS = seconds("TASKS_STOP_SECONDS", 30, least=0, most=3600)
TASKS_MAX_ATTEMPTS = whole("TASKS_MAX_ATTEMPTS", 5, least=1, most=1000)

# 0: as fast as can be
EXPORT_POSTS_PER_SECOND = whole("EXPORT_POSTS_PER_SECOND", 0, least=0, most=1_000_000)
# Where the parts of an archive grow, together as large as the archive.
EXPORT_SCRATCH_DIR = environment.folder("EXPORT_SCRATCH_DIR", VAR_DIR / "scratch")
EXPORT_ATTACH_MAX_BYTES = whole("EXPORT_ATTACH_MAX_BYTES", 5_000_000, least=0, most=1 << 30)
EXPORT_KEEP_DAYS = whole("EXPORT_KEEP_DAYS", 7, least=1, most=3650)
EXPORT_LINK_SECONDS = whole("EXPORT_LINK_SECONDS", 600, least=1, most=7 * 24 * 3600)  # as S3 has it
EXPORT_SENDFILE = choice("EXPORT_SENDFILE", "nginx", "apache", default="")
EXPORT_SENDFILE_URL = text(
    "EXPORT_SENDFILE_URL",
    "/archives/",
    like=r"/([^/?#%]+/)+",
    mend="It names the internal location of nginx, with a slash at both ends, like /archives/.",
)
if EXPORT_SENDFILE and "ARCHIVES_S3_BUCKET" in env:
    raise ImproperlyConfigured(
        "EXPORT_SENDFILE and ARCHIVES_S3_BUCKET are both set: what is in a bucket is sent by the"
        " store itself. Set one of them."
    )
EXPORT_ALLOWANCE = whole("EXPORT_ALLOWANCE", 10, least=0, most=10_000)  # within 24 hours; 0: any
# What is left free on the disks: exports are no reason for the database to stop.
EXPORT_RESERVE_BYTES = whole("EXPORT_RESERVE_BYTES", 100_000_000, least=0, most=1 << 50)

# How often what is over is removed, and what is due is begun; 0: never
TIDY_SECONDS = whole("TIDY_SECONDS", 3600, least=0, most=7 * 24 * 3600)

# For how long what is over is kept (docs/reference/retention.md); what people write, and do not
# delete, always is. The least of tasks: jobs count on it (docs/reference/tasks.md).
KEEP_TASKS_DAYS = whole("KEEP_TASKS_DAYS", 30, least=30, most=3650)
KEEP_OWNED_TASKS_DAYS = whole("KEEP_OWNED_TASKS_DAYS", 90, least=30, most=3650)
KEEP_DELIVERIES_DAYS = whole("KEEP_DELIVERIES_DAYS", 30, least=1, most=3650)
KEEP_DOWNLOADS_DAYS = whole("KEEP_DOWNLOADS_DAYS", 90, least=1, most=3650)
KEEP_DELETIONS_DAYS = whole("KEEP_DELETIONS_DAYS", 365, least=30, most=3650)
KEEP_NOTIFICATIONS_DAYS = whole("KEEP_NOTIFICATIONS_DAYS", 90, least=1, most=3650)
KEEP_DECISIONS_DAYS = whole("KEEP_DECISIONS_DAYS", 365, least=30, most=3650)

# With this, people reach by their webhooks what only this machine and its neighbours can.
WEBHOOK_ALLOW_PRIVATE = flag("WEBHOOK_ALLOW_PRIVATE", False)
WEBHOOK_CA_FILE = environment.certificates("WEBHOOK_CA_FILE")

# Mail

EMAIL_TIMEOUT = whole("EMAIL_TIMEOUT", 30, least=1, most=600)
if DEBUG and "EMAIL_URL" not in env and "EMAIL_BACKEND" not in env:
    EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
else:
    vars().update(environment.mail("EMAIL_URL", "smtp://localhost:25"))
    EMAIL_BACKEND = environment.dotted("EMAIL_BACKEND", EMAIL_BACKEND)  # noqa: F821 (from EMAIL_URL)
EMAIL_FILE_PATH = VAR_DIR / "mail"
ANYMAIL = {
    name.removeprefix("ANYMAIL_"): value
    for name, value in os.environ.items()
    if name.startswith("ANYMAIL_")
}
DEFAULT_FROM_EMAIL = environment.mail_address(
    "DEFAULT_FROM_EMAIL", f"Microblog <noreply@{urlsplit(SITE_URL).hostname}>"
)
SERVER_EMAIL = environment.mail_address("SERVER_EMAIL", DEFAULT_FROM_EMAIL)
ADMINS = [
    ("Admin", each)
    for each in environment.several("ADMINS", environment.MAIL_ADDRESS, "you@example.org")
]

# Security

DATA_UPLOAD_MAX_MEMORY_SIZE = whole("MAX_BODY_BYTES", 1 << 20, least=10_000, most=1 << 30)
UPLOADS_MAX_BYTES = {  # files, on top of that, by the view
    "accounts:profile": AVATAR_MAX_BYTES,
    "exports:verify": whole("VERIFY_MAX_BYTES", 50 << 20, least=1, most=1 << 40),
}
VERIFY_UNPACKED_MAX_BYTES = 20 * UPLOADS_MAX_BYTES["exports:verify"]
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = flag("SECURE_COOKIES", not DEBUG)
LANGUAGE_COOKIE_NAME = "language"
LANGUAGE_COOKIE_AGE = 365 * 24 * 3600
LANGUAGE_COOKIE_SECURE = SESSION_COOKIE_SECURE
LANGUAGE_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_SAMESITE = "Lax"
SECURE_SSL_REDIRECT = flag("SECURE_SSL_REDIRECT", not DEBUG)
SECURE_HSTS_SECONDS = whole(
    "SECURE_HSTS_SECONDS", 0 if DEBUG else 365 * 24 * 3600, least=0, most=10 * 365 * 24 * 3600
)
SECURE_HSTS_INCLUDE_SUBDOMAINS = flag("SECURE_HSTS_INCLUDE_SUBDOMAINS", not DEBUG)
SECURE_HSTS_PRELOAD = flag("SECURE_HSTS_PRELOAD", not DEBUG)
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
if proxy_ssl_header := header("PROXY_SSL_HEADER"):  # for example X-Forwarded-Proto
    SECURE_PROXY_SSL_HEADER = (f"HTTP_{proxy_ssl_header.upper().replace('-', '_')}", "https")
# For example X-Forwarded-For, when the proxy appends to it always.
PROXY_ADDRESS_HEADER = header("PROXY_ADDRESS_HEADER")
LIMITS = {  # see microblog/limits.py
    "sign_in": limit("LIMIT_SIGN_IN", 10, 600),
    "sign_in_address": limit("LIMIT_SIGN_IN_ADDRESS", 100, 600),
    "sign_in_name": limit("LIMIT_SIGN_IN_NAME", 100, 3600),
    "register": limit("LIMIT_REGISTER", 20, 3600),
    "mail": limit("LIMIT_MAIL", 5, 3600),
    "reset": limit("LIMIT_RESET", 5, 3600),
    "profile": limit("LIMIT_PROFILE", 30, 600),
    "write": limit("LIMIT_WRITE", 30, 300),
    "report": limit("LIMIT_REPORT", 20, 3600),
    "search": limit("LIMIT_SEARCH", 60, 60),
    "translate": limit("LIMIT_TRANSLATE", 30, 300),
    "export": limit("LIMIT_EXPORT", 60, 3600),
    "verify": limit("LIMIT_VERIFY", 20, 600),
    "download": limit("LIMIT_DOWNLOAD", 200, 600),
    "webhook": limit("LIMIT_WEBHOOK", 30, 3600),
}
# For /.well-known/security.txt (RFC 9116): where to report a weakness, and in which languages
SECURITY_CONTACT = environment.contacts("SECURITY_CONTACT")
languages = environment.several("SECURITY_LANGUAGES", environment.LANGUAGE, "en or zh-Hant")
SECURITY_LANGUAGES = ", ".join(languages or ["en"])
CSRF_TRUSTED_ORIGINS = environment.several(
    "CSRF_TRUSTED_ORIGINS", environment.ORIGIN, "https://example.org"
)
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:"],  # Bootstrap's own icons are data: URLs
        "connect-src": ["'self'"],
        "manifest-src": ["'self'"],
        "form-action": ["'self'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
    },
}

# The API

API_TOKEN_SECONDS = whole("API_TOKEN_SECONDS", 3600, least=60, most=365 * 24 * 3600)
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["accounts.api.authentication.BearerAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["accounts.api.permissions.Scoped"],
    "DEFAULT_PARSER_CLASSES": ["microblog.api.parsers.StrictJSONParser"],
    "DEFAULT_RENDERER_CLASSES": ["microblog.api.renderers.JSONRenderer"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "microblog.api.negotiation.AlwaysJSON",
    "DEFAULT_PAGINATION_CLASS": "microblog.api.pagination.Pages",
    "DEFAULT_METADATA_CLASS": None,
    "DEFAULT_THROTTLE_CLASSES": ["microblog.api.throttling.Throttle"],
    "DEFAULT_THROTTLE_RATES": {
        "anon": rate("API_RATE_VISITOR", "300/min"),
        "user": rate("API_RATE_PERSON", "600/min"),
        "write": rate("API_RATE_WRITE", "60/min"),
        "report": rate("API_RATE_REPORT", "20/hour"),
        "search": rate("API_RATE_SEARCH", "60/min"),
        "export": rate("API_RATE_EXPORT", "60/hour"),
        "webhook": rate("API_RATE_WEBHOOK", "30/hour"),
    },
    "DEFAULT_SCHEMA_CLASS": "microblog.api.schema.AutoSchema",
    "EXCEPTION_HANDLER": "microblog.api.throttling.handle",
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Microblog",
    "VERSION": "2",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PUBLIC": True,
    "SERVE_AUTHENTICATION": [],
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_NAME_OVERRIDES": {
        "AttemptOutcome": "tasks.models.Attempt.Outcome",
        "DeliveryEvent": "exports.api.serializers.CALLED_FOR",
        "DeliveryState": "exports.models.webhooks.Delivery.State",
        "ExportContents": "exports.contents.choices",
        "Language": LANGUAGES,
        "NotificationKind": "blog.api.v2.notifications.KINDS",
        "ReportReason": "blog.api.v2.reports.REASONS",
        "ScheduleInterval": "exports.models.Schedule.Every",
        "Scope": "accounts.models.tokens.SCOPES.items",
        "TaskState": "tasks.models.State",
        "WebhookEvent": "exports.models.webhooks.Event.values",
    },
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "microblog.api.schema.finish",
    ],
    "SCHEMA_PATH_PREFIX": r"/api/v[12]",
}
# Other sites whose pages may use the API in a browser, for example https://example.org.
CORS_ALLOWED_ORIGINS = environment.origins("CORS_ALLOWED_ORIGINS")
CORS_URLS_REGEX = r"^/api/"
CORS_ALLOW_HEADERS = [
    "authorization",
    "content-type",
    "idempotency-key",
    "if-match",
    "if-none-match",
    "if-range",
    "range",
]
CORS_EXPOSE_HEADERS = [
    "content-disposition",
    "content-range",
    "etag",
    "link",
    "location",
    "retry-after",
    "www-authenticate",
]

# Signals: who may read /metrics. Without either, nobody may; in development everybody.

METRICS_TOKEN = env.str("METRICS_TOKEN", default="")
if METRICS_TOKEN and not re.fullmatch(r"[!-~]{16,}", METRICS_TOKEN):
    raise ImproperlyConfigured(
        "METRICS_TOKEN is too easy to guess, or can't be sent: make it of 16 ASCII characters or"
        " more, without spaces, for example by: openssl rand -hex 32"
    )
METRICS_NETWORKS = [
    network("METRICS_NETWORKS", each)
    for each in environment.several("METRICS_NETWORKS", ".*", "10.0.0.0/8")
]

# Logs: everything to standard error, and to a file if there is to be one; errors also to ADMINS and
# to Sentry

LOG_FORMAT = choice("LOG_FORMAT", "line", "json", default="line")
LOG_LEVEL = choice("LOG_LEVEL", "DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL", default="INFO")
LOG_FILE_BYTES = whole("LOG_FILE_BYTES", 10_000_000, least=1, most=1 << 40)
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {"()": "microblog.logs.LineFormatter"},
        "json": {"()": "microblog.logs.JsonFormatter"},
    },
    "handlers": {
        "console": {"class": "logging.StreamHandler", "formatter": LOG_FORMAT},
        "mail_admins": {"class": "django.utils.log.AdminEmailHandler", "level": "ERROR"},
    },
    "root": {"handlers": ["console", "mail_admins"], "level": LOG_LEVEL},
    "loggers": {
        "django": {"handlers": [], "level": "INFO"},
        # Not mailed: Django-Q2 says twice a second that Redis is away (of failed attempts our own
        # engine tells), and anybody can send a wrong Host.
        "django-q": {"handlers": ["console"], "propagate": False},
        "django.security.DisallowedHost": {"handlers": ["console"], "propagate": False},
    },
}
if LOG_FILE := environment.log_file("LOG_FILE"):
    LOGGING["handlers"]["file"] = {
        "class": "microblog.logs.SharedRotatingFileHandler",
        "formatter": LOG_FORMAT,
        "filename": LOG_FILE,
        "maxBytes": LOG_FILE_BYTES,
        "backupCount": 5,
        "encoding": "utf-8",
    }
    for logger in [LOGGING["root"], *LOGGING["loggers"].values()]:
        if "console" in logger["handlers"]:
            logger["handlers"].append("file")

# The post log: a line for each post that a program writes, where the others go, or in a file.
if POST_LOG_FILE := environment.log_file("POST_LOG_FILE"):
    LOGGING["formatters"]["bare"] = {"format": "{message}", "style": "{"}
    LOGGING["handlers"]["posts"] = {
        "class": "microblog.logs.StrictFileHandler",
        "formatter": "bare",
        "filename": POST_LOG_FILE,
        "maxBytes": LOG_FILE_BYTES,
        "backupCount": 5,
        "encoding": "utf-8",
        "delay": True,  # only workers write to it
    }
    LOGGING["loggers"]["blog.posts"] = {"handlers": ["posts"], "level": "INFO", "propagate": False}

SENTRY_DSN = env.str("SENTRY_DSN", default="")
SENTRY_ENVIRONMENT = text(
    "SENTRY_ENVIRONMENT",
    "production",
    like=r"[^\s/]{1,64}",
    mend="Set it to a word, like production.",
)
SENTRY_RELEASE = text(
    "SENTRY_RELEASE", like=r"[^\n\t/\\]{1,200}", mend="Set it to a version, like 1.2.3."
)
if SENTRY_DSN:
    try:
        Dsn(SENTRY_DSN)
    except BadDsn:
        raise ImproperlyConfigured(
            "SENTRY_DSN is not like https://key@sentry.example.org/1: set it as Sentry shows it."
        ) from None
    # What went wrong and where, and nothing of what people write or who they are.
    sentry_sdk.init(
        SENTRY_DSN,
        environment=SENTRY_ENVIRONMENT,
        release=SENTRY_RELEASE or None,
        send_default_pii=False,
        max_request_body_size="never",
        include_local_variables=False,
        auto_session_tracking=False,
        before_send=logs.tag,
    )
    ignore_logger("django-q")  # it says twice a second that Redis is away
    ignore_logger("django.security.DisallowedHost")
    ignore_logger("blog.posts")  # it has what people write
