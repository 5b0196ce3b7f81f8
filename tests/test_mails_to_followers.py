"""A post to many followers, and people who want something else done meanwhile."""

import pytest

from blog.models import Post
from exports.models import Export
from tasks.models import State, Task

from .observe import QUICK
from .waiting import wait_for

pytestmark = [pytest.mark.slow, pytest.mark.postgres_too, pytest.mark.django_db(transaction=True)]

FOLLOWERS = 400


def test_they_do_not_hold_back_an_export(
    alice, bob, django_user_model, start_qcluster, smtp, settings
):
    followers = django_user_model.objects.bulk_create(
        django_user_model(username=f"f{n}", email=f"f{n}@example.com", mail_new_posts=True)
        for n in range(FOLLOWERS)
    )
    alice.followers.add(*followers)
    smtp.delay = 0.1  # seconds before each of three answers: slower than the mails fall due
    with start_qcluster(**QUICK, QCLUSTER_WORKERS=2):
        Post(author=alice, body="to all of you").publish()
        mails = Task.objects.filter(job="blog.jobs.mail_new_post")
        wait_for(lambda: mails.count() == FOLLOWERS)
        mails.update(not_before=None)  # the worst that can be: all are due
        wait_for(lambda: mails.filter(state=State.SUCCEEDED).count() > 5)
        sent = mails.filter(state=State.SUCCEEDED).count()
        export, _ = Export.objects.start(bob)
        assert Task.objects.with_standing().get(pk=export.task_id).position == 1
        wait_for(lambda: Task.objects.get(pk=export.task_id).state == State.SUCCEEDED)
        assert mails.filter(state=State.SUCCEEDED).count() - sent < 50
        assert mails.filter(state=State.QUEUED).exists()
