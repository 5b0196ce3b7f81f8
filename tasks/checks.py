"""What the engine needs of the settings, told by `manage.py check` and before each start."""

from urllib.parse import parse_qs, urlsplit

from django.conf import settings
from django.core.checks import Error
from django.utils.module_loading import import_string

from . import registry
from .runner import SECONDS_BETWEEN_CHECKPOINTS

QUEUE_LIMIT_MAX = 100  # messages
RECYCLE_MIN = 100  # jobs
MAX_RSS_MIN = 200_000  # KiB, more than a worker has when it is born


def check_settings(app_configs, **kwargs):
    return [
        Error(message, hint=hint, id=f"tasks.E{number:03}")
        for number, (holds, message, hint) in enumerate(_needs(), 1)
        if not holds
    ]


def _needs():
    """(whether it holds, what is wrong if not, the mend); the place is the number of the error."""
    cluster = settings.Q_CLUSTER
    apps = [app.rpartition(".")[2] for app in settings.INSTALLED_APPS]
    timeout = cluster.get("timeout") or 0
    lease = settings.TASKS_LEASE_SECONDS
    shortest_lease = 2 * SECONDS_BETWEEN_CHECKPOINTS
    redis = urlsplit(settings.REDIS_URL)
    lost = [name for name in registry.declared() if not _resolves(name)]
    return [
        (
            apps.index("tasks") < apps.index("django_q"),
            "django_q comes before tasks in INSTALLED_APPS, so its qcluster would run, not ours.",
            "Put tasks first.",
        ),
        (
            cluster.get("broker_class") == "tasks.broker.Broker",
            "Q_CLUSTER['broker_class'] is not the engine's.",
            "Set it to 'tasks.broker.Broker'; its time-outs fit the pusher, and it never retries.",
        ),
        (
            isinstance(cluster.get("ALT_CLUSTERS"), dict),
            "Q_CLUSTER['ALT_CLUSTERS'] is missing, so Q_CLUSTER_NAME would be a KeyError.",
            "Set it to {}.",
        ),
        (
            cluster.get("save_limit") == -1,
            "Q_CLUSTER['save_limit'] lets Django-Q2 keep what tasks.Attempt keeps, and slowly.",
            "Set it to -1.",
        ),
        (
            lease < timeout < cluster.get("retry", 60),
            "Q_CLUSTER['timeout'] is not between TASKS_LEASE_SECONDS and Q_CLUSTER['retry'].",
            "A job that hangs is ended by it, and Django-Q2 warns of a shorter 'retry'.",
        ),
        (
            0 < cluster.get("guard_cycle", 0.5) <= 2,
            "Q_CLUSTER['guard_cycle'] is not between 0 and 2 seconds.",
            "A sentinel that looks less often is taken for a dead one under load.",
        ),
        (
            cluster.get("queue_limit", 1) <= QUEUE_LIMIT_MAX,
            f"Q_CLUSTER['queue_limit'] is more than {QUEUE_LIMIT_MAX}.",
            "What one cluster holds in memory, no other one can take.",
        ),
        (
            not cluster.get("scheduler", True),
            "Q_CLUSTER['scheduler'] is on.",
            "Set it to False: its queries would hold up the sentinel, whose silence is a fault.",
        ),
        (
            lease >= shortest_lease,
            f"TASKS_LEASE_SECONDS is less than {shortest_lease:g}, and a busy job says so little"
            " that it would be taken over.",
            "Set it to 15, or at least to more than the longest that a job is silent.",
        ),
        (
            0 < settings.TASKS_SWEEP_SECONDS <= 30 and settings.TASKS_RING_AGAIN_SECONDS > 0,
            "TASKS_SWEEP_SECONDS is not between 0 and 30, or TASKS_RING_AGAIN_SECONDS not above 0.",
            "The defaults are 5 and 10.",
        ),
        (
            settings.TASKS_MAX_ATTEMPTS >= 1,
            "TASKS_MAX_ATTEMPTS is less than 1, so no job would ever be done.",
            "The default is 5.",
        ),
        (
            bool(settings.EMAIL_TIMEOUT),
            "EMAIL_TIMEOUT is not set, so a mail server that hangs would hold a worker for ever.",
            "Set it to some seconds; the default is 30.",
        ),
        (
            redis.scheme in {"redis", "rediss", "unix"},
            "REDIS_URL does not begin with redis://, rediss:// or unix://.",
            "For example redis://127.0.0.1:6379/0",
        ),
        (
            not any(name.startswith(("socket_", "retry")) for name in parse_qs(redis.query)),
            "REDIS_URL sets time-outs or retries of its own.",
            "Take them out: a person waits behind one time-out, the pusher needs another, and what"
            " is pushed again because its answer was lost doubles.",
        ),
        (
            not cluster.get("sync"),
            "Q_CLUSTER['sync'] is on, so jobs would run in the request that launches them.",
            "Take it out.",
        ),
        (
            cluster.get("recycle", 500) >= RECYCLE_MIN,
            f"Q_CLUSTER['recycle'] is less than {RECYCLE_MIN}.",
            "A new worker every few jobs costs more than it frees.",
        ),
        (
            (cluster.get("max_rss") or MAX_RSS_MIN) >= MAX_RSS_MIN,
            f"Q_CLUSTER['max_rss'] is less than {MAX_RSS_MIN:,} KiB: a worker would end after its"
            " first job.",
            "Leave it out: the memory of jobs does not grow.",
        ),
        (
            not lost,
            f"No worker finds {', '.join(lost)}.",
            "A job is a function in a module; something else has taken its name there.",
        ),
    ]


def _resolves(name):
    try:
        return hasattr(import_string(name), "__wrapped__")
    except ImportError:
        return False
