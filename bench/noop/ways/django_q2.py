"""Plain Django-Q2: the monitor saves the result of each task in the database."""

import django

django.setup()

from django_q.models import Success  # noqa: E402 (Django has to be set up first)
from django_q.tasks import async_task  # noqa: E402


def launch(name, committed):
    committed()
    async_task("bench.noop.plain.noop", name)


def count_results():
    return Success.objects.count()
