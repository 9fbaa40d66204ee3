"""The one settings file. What differs between machines comes from the environment."""

from pathlib import Path

from celery.schedules import crontab
from csp.constants import NONE, SELF
from django.contrib.messages import constants as message_levels

from gridinspect import env
from gridinspect.production import refuse, unsafe_settings

BASE_DIR = Path(__file__).resolve().parent.parent

# --- environment ----------------------------------------------------------------------

DEBUG = env.flag("DEBUG", default=False)
DEMO = env.flag("DEMO", default=False)  # demonstration data and accounts are allowed
DEMO_PASSWORD = env.text("DEMO_PASSWORD", "Erqi-Demo-2026")  # shown at the sign-in
SECRET_KEY = env.secret("SECRET_KEY", "for-development-only" if DEBUG else env.REQUIRED)
ALLOWED_HOSTS = env.text("ALLOWED_HOSTS", "localhost 127.0.0.1").split()
CSRF_TRUSTED_ORIGINS = env.text("CSRF_TRUSTED_ORIGINS", "").split()
VAR_DIR = Path(env.text("VAR_DIR", str(BASE_DIR / "var")))
BUILD_DIR = Path(env.text("BUILD_DIR", str(BASE_DIR / "build")))

DATABASES = {"default": env.database("DATABASE_URL")}
REDIS_URL = env.secret("REDIS_URL", "redis://localhost:6379/0")

# "1:<64 hex digits> 2:<…>": versions of the key for encrypted columns; the last one
# writes, all of them read. The blind index has a key of its own.
FIELD_KEYS = env.secret("FIELD_KEYS", "1:" + "00" * 32 if DEBUG else env.REQUIRED)
INDEX_KEY = env.secret("INDEX_KEY", "00" * 32 if DEBUG else env.REQUIRED)
refuse(
    unsafe_settings(
        production=env.flag("PRODUCTION", default=False),
        debug=DEBUG,
        demo=DEMO,
        secret=SECRET_KEY,
        keys=[INDEX_KEY, *(pair.partition(":")[2] for pair in FIELD_KEYS.split())],
    )
)
FIELD_CIPHER = env.text("FIELD_CIPHER", "AES-256-GCM")

HTTPS = env.flag("HTTPS", default=not (DEBUG or DEMO))
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = HTTPS
if env.flag("BEHIND_PROXY", default=False):  # only if the proxy sets it itself
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
SECURE_REFERRER_POLICY = "same-origin"
IDLE_MINUTES = env.number("IDLE_MINUTES", 30)
SYSTEM_NAME = env.text("SYSTEM_NAME", "劳动保障监察两网化管理平台")

# --- application ----------------------------------------------------------------------

INSTALLED_APPS = [
    # platform: knows nothing of labour inspection
    "gridinspect.accounts",
    "gridinspect.audit",
    "gridinspect.workdays",
    "gridinspect.ui",
    "gridinspect.documents",
    "gridinspect.jobs",
    "gridinspect.imports",
    # domain: each may import only from the ones above it
    "grids",
    "enterprises",
    "enterprises.workforce",
    "enterprises.wages",
    "enterprises.supervision",
    "enterprises.reviews",
    "assistants",
    "cases",
    "cases.visits",
    "cases.inspections",
    "reports",
    "reports.warnings",
    # third party and Django
    "axes",
    "csp",
    "django_filters",
    "django_htmx",
    "import_export",
    "mptt",
    "template_partials",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "django.forms",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "gridinspect.accounts.middleware.HeadersMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "gridinspect.accounts.middleware.LoginRequiredMiddleware",
    "gridinspect.accounts.middleware.IdleTimeoutMiddleware",
    "gridinspect.accounts.middleware.PasswordChangeMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "gridinspect.urls"
WSGI_APPLICATION = "gridinspect.wsgi.application"
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
                "gridinspect.ui.context.page",
            ]
        },
    }
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "gridinspect.accounts.backends.AccountBackend",
]
PASSWORD_HASHERS = [
    "gridinspect.accounts.hashers.TunedArgon2",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "gridinspect.accounts.passwords.LongEnough",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
    {"NAME": "gridinspect.accounts.passwords.NoLocalWords"},
]
LOGIN_URL = "accounts:login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "accounts:login"
SESSION_ENGINE = "django.contrib.sessions.backends.db"  # survives a flushed cache
SESSION_COOKIE_AGE = 8 * 3600
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "gridinspect.ui.errors.csrf_failure"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# From a user to the paths of the places he works in: the domain fills this in.
JURISDICTION = "grids.jurisdiction.paths_of"

AXES_HANDLER = "axes.handlers.database.AxesDatabaseHandler"
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = 0.25  # hours
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_LOCKOUT_CALLABLE = "gridinspect.accounts.views.locked_out"
AXES_ENABLE_ACCESS_FAILURE_LOG = False  # the audit trail has it
AXES_VERBOSE = False

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}

# Maps are outlines; an office with a tile server in WGS-84 puts it beneath them.
TILE_URL, tile_origins = env.tiles("TILE_URL")
TILE_ATTRIBUTION = env.text("TILE_ATTRIBUTION", "")
CONTENT_SECURITY_POLICY["DIRECTIVES"]["img-src"] += tile_origins

LANGUAGE_CODE = "zh-hans"
TIME_ZONE = "Asia/Shanghai"
USE_TZ = True
USE_I18N = True  # only for Django's own words
MESSAGE_TAGS = {message_levels.ERROR: "danger"}

STATIC_URL = "/static/"
STATIC_ROOT = VAR_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static", ("vendor", BUILD_DIR / "vendor")]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
WHITENOISE_SKIP_COMPRESS_EXTENSIONS = ["map", "woff", "woff2", "png", "gz"]
MEDIA_ROOT = VAR_DIR / "files"
FONT_DIR = BUILD_DIR / "fonts"
FANGSONG_TTF = env.text("FANGSONG_TTF", "")  # an office's own 仿宋, else Song
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
IMPORT_MAX_BYTES = env.number("IMPORT_MAX_MB", 50) * 1024 * 1024
IMPORT_EXPORT_ESCAPE_FORMULAE_ON_EXPORT = True
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"] if not HTTPS else []

# --- background work ------------------------------------------------------------------

CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL.replace("redis+socket://", "unix://"),
    }
}
CELERY_BROKER_URL = REDIS_URL
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 1800,
    "unacked_restore_interval": 5,
    "unacked_restore_throttle": 1,
}
CELERY_TASK_IGNORE_RESULT = True  # progress lives in our tables, not in Redis
CELERY_TASK_ACKS_LATE = True  # so every task must be safe to deliver twice
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_MAX_TASKS_PER_CHILD = 50
CELERY_TASK_TIME_LIMIT = 30 * 60
CELERY_TIMEZONE = TIME_ZONE
CELERY_BEAT_SCHEDULE_FILENAME = str(VAR_DIR / "celerybeat-schedule")
CELERY_BEAT_SCHEDULE = {
    "ring-again": {"task": "gridinspect.jobs.tasks.ring_again", "schedule": 10},
    "seal-events": {"task": "gridinspect.audit.tasks.seal_events", "schedule": 600},
    "recount-dirty": {"task": "reports.tasks.recount_dirty", "schedule": 5},
    "verify-tallies": {
        "task": "reports.tasks.verify_tallies",
        "schedule": crontab(hour="2", minute="30"),
    },
    "judge-moved-units": {
        "task": "enterprises.supervision.tasks.refresh_moved",
        "schedule": 30,
    },
    "judge-key-units": {
        "task": "enterprises.supervision.tasks.refresh_key_units",
        "schedule": crontab(hour="1", minute="30"),
    },
    "purge-imports": {
        "task": "gridinspect.imports.tasks.purge_abandoned",
        "schedule": 3600,
    },
}
