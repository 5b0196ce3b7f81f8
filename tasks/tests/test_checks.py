import pytest
from django.core.exceptions import ImproperlyConfigured

from tasks import registry
from tasks.checks import check_settings
from tasks.runner import job


def test_the_settings_of_the_site_are_as_the_engine_needs_them():
    assert check_settings(None) == []


@pytest.mark.parametrize(
    ("number", "name", "value"),
    [
        (1, "INSTALLED_APPS", ["django_q", "tasks"]),
        (2, "broker_class", None),
        (3, "ALT_CLUSTERS", None),
        (4, "save_limit", 250),
        (5, "timeout", None),
        (5, "timeout", 5),
        (5, "retry", 60),
        (6, "guard_cycle", 10),
        (7, "queue_limit", 1000),
        (8, "scheduler", True),
        (9, "TASKS_LEASE_SECONDS", 0.5),
        (10, "TASKS_SWEEP_SECONDS", 0),
        (10, "TASKS_RING_AGAIN_SECONDS", 0),
        (11, "TASKS_MAX_ATTEMPTS", 0),
        (12, "EMAIL_TIMEOUT", None),
        (13, "REDIS_URL", "http://127.0.0.1"),
        (14, "REDIS_URL", "redis://127.0.0.1:6379/0?socket_timeout=30"),
        (14, "REDIS_URL", "redis://127.0.0.1:6379/0?retry_on_timeout=1"),
        (15, "sync", True),
        (16, "recycle", 1),
        (17, "max_rss", 100_000),
    ],
)
def test_what_does_not_fit_is_named_with_its_mend(settings, number, name, value):
    if hasattr(settings, name):
        setattr(settings, name, value)
    else:
        settings.Q_CLUSTER = settings.Q_CLUSTER | {name: value}
    (error,) = check_settings(None)
    assert error.id == f"tasks.E{number:03}"
    assert name in error.msg
    assert error.hint


def test_a_job_whose_name_leads_to_something_else_is_named(monkeypatch):
    name = f"{__name__}.test_a_job_whose_name_leads_to_something_else_is_named"
    monkeypatch.setitem(registry._jobs, name, registry.Job(name, "A test"))
    (error,) = check_settings(None)
    assert error.id == "tasks.E018"
    assert name in error.msg


def test_a_job_that_no_worker_could_find_by_its_name_is_refused():
    with pytest.raises(ImproperlyConfigured, match="inner"):

        @job("Hidden")
        def inner(run):
            pass
