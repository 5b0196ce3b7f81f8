"""tasks/: launched as a page does it, in the transaction of what else it writes."""

import django

django.setup()

from django.db import transaction  # noqa: E402 (Django has to be set up first)

from tasks import lifecycle  # noqa: E402
from tasks.models import State, Task  # noqa: E402


def launch(name, committed):
    with transaction.atomic():
        transaction.on_commit(committed)
        lifecycle.launch("bench.noop.jobs.noop", key=name)


def count_results():
    return Task.objects.filter(state=State.SUCCEEDED).count()
