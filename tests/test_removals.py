"""Files that are to go at the moment in which somebody wants them after all."""

from datetime import timedelta
from threading import Thread

import pytest
from django.db import connection, transaction
from django.utils import timezone

from exports import jobs
from exports.models import Export
from tasks.models import State, Task

from .test_departures import somebody_waits
from .waiting import wait_for

pytestmark = pytest.mark.django_db(transaction=True)


class Removal(Thread):
    """Of the files of these exports; `removed`: how many there were."""

    def __init__(self, exports):
        super().__init__()
        self.exports = exports

    def run(self):
        try:
            self.removed = self.exports.remove_files()
        finally:
            connection.close()


@pytest.fixture
def done(alice):
    """An export that is published, but not mailed."""
    export, _ = Export.objects.start(alice)
    jobs.export_posts(str(export.task_id))
    Task.objects.update(state=State.FAILED)
    return Export.objects.select_related("task").get()


def test_a_retry_that_is_being_committed_keeps_the_file(done):
    removal = Removal(Export.objects.filter(pk=done.pk))
    with transaction.atomic():
        assert done.retry()
        removal.start()
        wait_for(somebody_waits)
    removal.join()
    assert removal.removed == 0
    assert Export.objects.get().file


def test_more_time_that_is_being_committed_keeps_the_file(done):
    Export.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    removal = Removal(Export.objects.expired())
    with transaction.atomic():
        Export.objects.update(expires_at=timezone.now() + timedelta(days=1))
        removal.start()
        wait_for(somebody_waits)
    removal.join()
    assert removal.removed == 0
    assert Export.objects.get().file


def test_two_removals_at_once_are_one(done):
    removals = [Removal(Export.objects.filter(pk=done.pk)) for _ in range(4)]
    for removal in removals:
        removal.start()
    for removal in removals:
        removal.join()
    assert sum(removal.removed for removal in removals) == 1
