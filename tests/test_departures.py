"""People who delete their account at a bad moment."""

from threading import Thread

import pytest
from django.db import connection, transaction

from accounts.models import User
from exports.models import JOB, Export
from tasks import lifecycle

from .waiting import wait_for

pytestmark = pytest.mark.django_db(transaction=True)


class Departure(Thread):
    def __init__(self, person):
        super().__init__()
        self.person = person
        self.error = None

    def run(self):
        try:
            self.person.delete()
        except Exception as error:
            self.error = error
        finally:
            connection.close()


def somebody_waits():
    """Whether the departure has come to a lock of ours. SQLite has one lock, and does not say."""
    if connection.vendor == "sqlite":
        return True
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_locks WHERE NOT granted")
        return cursor.fetchone()


@pytest.mark.parametrize("delivering", [False, True])
def test_a_worker_that_is_writing_has_written_and_then_stops(alice, delivering):
    export, _ = Export.objects.start(alice)
    task = lifecycle.claim(JOB, export.task_id)
    lifecycle.checkpoint(task, delivering=delivering)
    departure = Departure(alice)
    with transaction.atomic():
        lifecycle.checkpoint(task)
        departure.start()
        wait_for(somebody_waits)
        Export.objects.filter(pk=export.pk).update(total=1)
    departure.join()
    assert departure.error is None
    assert not User.objects.exists()
    assert not Export.objects.exists()
    with pytest.raises(lifecycle.Superseded):
        lifecycle.checkpoint(task)
