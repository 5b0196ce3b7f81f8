import pytest

from tasks.checks import check_settings


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
