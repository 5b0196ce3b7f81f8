"""What the tests look at while a cluster works: the task's row, and the mails that arrived."""

import json

from exports.models import Export
from tasks.models import Attempt, State, Task

from .waiting import wait_for

# Settings of a cluster that notices the dead soon, and of one whose exports can be watched.
QUICK = {
    "TASKS_LEASE_SECONDS": 2,
    "TASKS_SWEEP_SECONDS": 0.2,
    "TASKS_RING_AGAIN_SECONDS": 0.5,
    "TASKS_RETRY_SECONDS": 0.1,
}
SLOW_EXPORT = QUICK | {"EXPORT_POSTS_PER_SECOND": 10}


def ended():
    """The task, once it is over."""
    return Task.objects.exclude(state__in=[State.QUEUED, State.RUNNING]).first()


def half_written():
    """The export's task, once it has saved some progress."""
    return Task.objects.filter(state=State.RUNNING, phase="writing", done__gt=0).first()


def bodies(mail):
    (attachment,) = mail.iter_attachments()
    return [post["body"] for post in json.loads(attachment.get_content())["posts"]]


def assert_arrived_once(smtp, posts, resends=0):
    task = wait_for(ended)
    assert (task.state, task.reason) == (State.SUCCEEDED, "")
    mails = [smtp.mails.get(timeout=10) for _ in range(1 + resends)]
    assert bodies(mails[0]) == [post.body for post in posts]
    assert len({mail["Message-ID"] for mail in mails}) == 1
    assert smtp.mails.empty()
    assert Export.objects.get().count == len(posts)


def assert_arrived(smtp, posts):
    """Once; or, where the crash fell into the moment that nobody can decide, perhaps once more, but
    then that is counted."""
    wait_for(ended)  # so the mail server has said yes to what it has taken
    resends = sum(Attempt.objects.values_list("resends", flat=True))
    assert resends <= 1
    assert_arrived_once(smtp, posts, min(resends, smtp.mails.qsize() - 1))
