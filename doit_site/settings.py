"""Settings, read from the environment. `.env.example` lists every variable."""

import re
from os import environ
from pathlib import Path

from doit_site.environment import BASE_DIR, Missing, env, needed, rates
from doit_site.mongo.local_server import running_uri
from doit_site.mongo.options import client_options

DEBUG = env.bool("DEBUG", False)
PRODUCTION = not DEBUG

SECRET_KEY = needed("SECRET_KEY", when=PRODUCTION, development="development-only-" + "x" * 40)
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
needed("ALLOWED_HOSTS", when=PRODUCTION, why="it names the hosts served")
PORT = env.int("PORT", 8000)
PUBLIC_URL = needed(
    "PUBLIC_URL",
    when=PRODUCTION,
    development=f"http://127.0.0.1:{PORT}",
    why="it begins links in e-mails",
).rstrip("/")
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
CORS_ALLOWED_ORIGINS = env.list("CORS_ORIGINS", default=[])
CORS_URLS_REGEX = r"^/api/"
CORS_EXPOSE_HEADERS = ["ETag", "Retry-After", "Idempotent-Replayed", "Location", "X-Request-ID"]

# Applications
INSTALLED_APPS = [
    "django_mongodb_backend",
    "doit_site.apps.MongoContentTypesConfig",
    "doit_site.apps.MongoAuthConfig",
    "unfold.apps.BasicAppConfig",  # before the admin, whose templates it replaces
    "doit_site.apps.MongoAdminConfig",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "corsheaders",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "doit_site.apps.DoItSiteConfig",
    "accounts.apps.AccountsConfig",
    "goals.apps.GoalsConfig",
    "groups.apps.GroupsConfig",
]
MIGRATION_MODULES = {
    app: f"doit_site.migrations_contrib.{app}" for app in ("contenttypes", "auth", "admin")
}
SILENCED_SYSTEM_CHECKS = [
    "models.E030",  # index names are unique per collection on MongoDB
    "security.W002",  # both are there, for pages: doit_site.pages
    "security.W003",
]

MIDDLEWARE = [
    "doit_site.api.middleware.RequestMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    *(["corsheaders.middleware.CorsMiddleware"] if CORS_ALLOWED_ORIGINS else []),
    "doit_site.pages.PageSessions",
    "django.middleware.common.CommonMiddleware",
    "doit_site.pages.PageForms",
    "doit_site.pages.PageSignIn",
    "doit_site.pages.PageMessages",
    "doit_site.pages.PageFrames",
]
ROOT_URLCONF = "doit_site.urls"
WSGI_APPLICATION = "doit_site.wsgi.application"
APPEND_SLASH = False
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "doit_site" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

# Database
DATA_DIR = BASE_DIR / env.str("DATA_DIR", ".data")
MONGODB_URI = needed("MONGODB_URI", when=PRODUCTION, why="it names the replica set") or None
DATABASES = {
    "default": {
        "ENGINE": "doit_site.mongo.engine",
        "NAME": env.str("DATABASE_NAME", "doit_db"),
        "HOST": MONGODB_URI or running_uri(DATA_DIR) or "mongodb://127.0.0.1:1/?replicaSet=doit",
        "OPTIONS": client_options(MONGODB_URI),
    }
}
# Seconds for all database operations of one request. The driver looks for a primary every half
# second and may overshoot by one such look: 2.9 answers at 3.0, and in time for the promised 3.5.
DATABASE_DEADLINE = 2.9
DEFAULT_AUTO_FIELD = "django_mongodb_backend.fields.ObjectIdAutoField"
CACHES = {"default": env.cache_url("CACHE_URL", default="locmemcache://")}
CACHE_IS_SHARED = "CACHE_URL" in env.ENVIRON

# People
AUTH_USER_MODEL = "accounts.User"
SESSION_ENGINE = "accounts.admin_session"
SESSION_COOKIE_HTTPONLY = True
SESSION_CACHE = env.bool("SESSION_CACHE", True)  # accounts.kept_sessions
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 10},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]

# Messages to people
SMS_BACKEND = needed(
    "SMS_BACKEND", when=PRODUCTION, development="console", why="codes are sent with it (twilio)"
)
if SMS_BACKEND not in ("console", "file", "twilio"):
    raise Missing(f"SMS_BACKEND is {SMS_BACKEND!r}; it is console, file or twilio.")
SMS_FILE = needed("SMS_FILE", when=SMS_BACKEND == "file", why="SMS_BACKEND=file writes to it")
TWILIO_ACCOUNT_SID = needed("TWILIO_ACCOUNT_SID", when=SMS_BACKEND == "twilio")
TWILIO_AUTH_TOKEN = needed("TWILIO_AUTH_TOKEN", when=SMS_BACKEND == "twilio")
TWILIO_FROM = needed("TWILIO_FROM", when=SMS_BACKEND == "twilio")
TWILIO_BASE_URL = env.str("TWILIO_BASE_URL", "https://api.twilio.com")
vars().update(env.email_url("EMAIL_URL", default="consolemail://"))
DEFAULT_FROM_EMAIL = env.str("EMAIL_FROM", "DoIt <no-reply@localhost>")
EMAIL_TIMEOUT = 10

# The API
THROTTLE_RATES = {
    "otp_phone": "5/day",
    "otp_ip": "20/hour",
    "reset_email": "5/day",
    "user": "1000/min",
    "anonymous": "600/min",
}
THROTTLE_RATES |= rates(env.str("THROTTLE_RATES", ""), known=THROTTLE_RATES)
TRUSTED_PROXIES = env.int("TRUSTED_PROXIES", 0)  # proxies in front, for the address of a client
MAX_BODY_BYTES = 1024 * 1024
DATA_UPLOAD_MAX_MEMORY_SIZE = MAX_BODY_BYTES
STREAM_HEARTBEAT_SECONDS = 15  # also how long a revoked session may read on
STREAM_QUEUE = 100  # events that wait for a reader
STREAM_PATIENCE_SECONDS = 10  # a reader that takes nothing for so long, with a full queue, is cut
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["accounts.authentication.BearerAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["doit_site.api.json.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["doit_site.api.json.JSONParser"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "doit_site.api.json.OneRenderer",
    "DEFAULT_THROTTLE_CLASSES": ["doit_site.api.throttles.PersonThrottle"],
    "NUM_PROXIES": TRUSTED_PROXIES,
    "DEFAULT_SCHEMA_CLASS": "doit_site.api.schema.Schema",
    "EXCEPTION_HANDLER": "doit_site.api.problems.exception_handler",
    "UNAUTHENTICATED_USER": None,
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
    "TEST_REQUEST_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
}
SPECTACULAR_SETTINGS = {
    "TITLE": "DoIt",
    "VERSION": "1.0.0",
    "DESCRIPTION": "Goals with a dated roadmap, a coach, a daily test, streak and progress.",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SERVE_AUTHENTICATION": [],
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "COMPONENT_SPLIT_REQUEST": True,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    # Its badge would show every document to validator.swagger.io.
    "SWAGGER_UI_SETTINGS": {"deepLinking": True, "validatorUrl": None},
    "POSTPROCESSING_HOOKS": ["doit_site.api.schema.finish"],
}

# The core of the product
QUESTIONS_PER_TEST = env.int("QUESTIONS_PER_TEST", 5)
if not 1 <= QUESTIONS_PER_TEST <= 20:
    raise Missing("QUESTIONS_PER_TEST is out of range, it is 1 to 20.")
# What goals and groups hold of an array's end; the rest is in the archive.
TAIL_ENTRIES = env.int("TAIL_ENTRIES", 100)
if not 2 <= TAIL_ENTRIES <= 1000:
    raise Missing("TAIL_ENTRIES is out of range, it is 2 to 1000.")
TAIL_BYTES = env.int("TAIL_BYTES", 64 * 1024)
if not 4096 <= TAIL_BYTES <= 128 * 1024:
    raise Missing("TAIL_BYTES is out of range, it is 4096 to 131072.")
COACH = env.str("COACH", "offline")
if COACH not in ("offline", "llm"):
    raise Missing(f"COACH is {COACH!r}; it is offline or llm.")
_ASKS = PRODUCTION and COACH == "llm"
COACH_MODEL = needed("COACH_MODEL", when=_ASKS, why="COACH=llm asks it")
if COACH_MODEL and not re.fullmatch(r"(openai|anthropic):\S+", COACH_MODEL):
    raise Missing(f"COACH_MODEL is {COACH_MODEL!r}; it is openai:NAME or anthropic:NAME.")
COACH_BASE_URL = env.str("COACH_BASE_URL", "").rstrip("/")
if COACH_BASE_URL and not re.fullmatch(r"https?://[^\s/]+(/\S*)?", COACH_BASE_URL):
    raise Missing("COACH_BASE_URL cannot be read; .env.example shows how it looks.")
# An endpoint of one's own may ask for none.
COACH_API_KEY = needed(
    "COACH_API_KEY",
    when=_ASKS and not COACH_BASE_URL,
    why="the endpoint of COACH_MODEL asks for it",
)
COACH_CALLS_A_DAY = env.int("COACH_CALLS_A_DAY", 100)  # of one person
COACH_TOKENS_A_DAY = env.int("COACH_TOKENS_A_DAY", 300_000)
COACH_AT_ONCE = env.int("COACH_AT_ONCE", 2)  # that wait in one process, which has 6 threads
if COACH_AT_ONCE < 1:
    raise Missing("COACH_AT_ONCE is out of range, it is at least 1.")
COACH_STREAMS_AT_ONCE = env.int("COACH_STREAMS_AT_ONCE", 64)  # as well, in threads of their own
if not 1 <= COACH_STREAMS_AT_ONCE <= 1000:
    raise Missing("COACH_STREAMS_AT_ONCE is out of range, it is 1 to 1000.")
STREAM_THREADS = COACH_STREAMS_AT_ONCE + 4  # some for those that are answered at once
COACH_DEADLINE = 20  # seconds for an answer
COACH_ROADMAP_DEADLINE = 45  # under the minute after which an Idempotency-Key frees itself
COACH_RETRY_SECONDS = 0.5
# Where it is empty the web processes do the coach's longer work themselves: goals.job_runner.
CELERY_BROKER_URL = env.str("CELERY_BROKER_URL", "")
if CELERY_BROKER_URL and not re.fullmatch(r"[a-z][a-z+]*://\S+", CELERY_BROKER_URL):
    raise Missing("CELERY_BROKER_URL cannot be read; .env.example shows how it looks.")

# Pages
LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_I18N = False
USE_TZ = True
STATIC_URL = "/static/"
WHITENOISE_USE_FINDERS = True
UNFOLD = {
    "SITE_TITLE": "DoIt",
    "SITE_HEADER": "DoIt",
    "SITE_SUBHEADER": "for staff",
    "SITE_URL": None,
    "SITE_SYMBOL": "task_alt",
    "BORDER_RADIUS": "8px",
    "SITE_FAVICONS": [
        {"rel": "icon", "type": "image/svg+xml", "href": "/static/doit/icon.svg"},
    ],
    "STYLES": ["/static/doit/admin.css"],
    "SIDEBAR": {"navigation": "accounts.navigation.links"},
}

# Security
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TRUSTED_PROXIES else None
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = PRODUCTION
SECURE_REDIRECT_EXEMPT = [r"^health/", r"^metrics$"]
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if PRODUCTION else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = PRODUCTION

# What happens here
METRICS_TOKEN = env.str("METRICS_TOKEN", "")
METRICS_DIR = env.str("METRICS_DIR", "")
if METRICS_DIR:  # prometheus_client reads its own name for it when it is imported
    Path(METRICS_DIR).mkdir(parents=True, exist_ok=True)
    environ["PROMETHEUS_MULTIPROC_DIR"] = METRICS_DIR
SENTRY_DSN = env.str("SENTRY_DSN", "")
LOG_LEVEL = env.str("LOG_LEVEL", "INFO").upper()
if LOG_LEVEL not in ("DEBUG", "INFO", "WARNING", "ERROR"):
    raise Missing(f"LOG_LEVEL is {LOG_LEVEL!r}; it is debug, info, warning or error.")
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"()": "doit_site.logs.Lines", "readable": DEBUG}},
    "filters": {"crashes": {"()": "doit_site.logs.CrashesOnly"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": LOG_LEVEL},
    "loggers": {
        # Some write to stderr themselves; here the root writes, and scrubs, for all.
        **{
            name: {"handlers": [], "propagate": True, "level": "WARNING"}
            for name in ("uvicorn", "_granian")
        },
        **{name: {"level": "CRITICAL"} for name in ("uvicorn.access", "granian.access")},  # paths
        "django": {"handlers": [], "level": "INFO"},
        "django.request": {"level": "ERROR", "filters": ["crashes"]},
        **{name: {"level": "WARNING"} for name in ("httpx", "httpx2")},
        "pymongo": {"level": "WARNING"},  # below, it logs commands
    },
}
