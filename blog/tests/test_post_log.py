"""The post log: a line for each post, written by a job."""

import logging
import re
from contextlib import suppress

import pytest

from blog import jobs
from blog.models import Post
from microblog.logs import StrictFileHandler
from tasks.models import Attempt, State, Task

MISHAPS = "a\nb\r\u2028c\u202ed\x1b[0m\\n"


@pytest.fixture
def log(tmp_path):
    """The file of the post log."""
    file, logger = tmp_path / "posts.log", logging.getLogger("blog.posts")
    handler = StrictFileHandler(file, delay=True, encoding="utf-8")
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    yield file
    logger.removeHandler(handler)
    logger.setLevel(logging.NOTSET)
    with suppress(OSError):  # the line that found no room is still to be written
        handler.close()


def publish(author, **fields):
    post = Post(author=author, **{"body": "x"} | fields)
    post.publish(logged=True)
    return post, Task.objects.get(job="blog.jobs.log_post")


def test_a_post_is_logged_by_a_task_of_the_background(alice, log):
    post, task = publish(alice, title="檸檬 🍋")
    assert (task.key, task.background, task.owner) == (str(post.pk), True, None)
    assert not log.exists()
    jobs.log_post(str(task.pk))
    assert log.read_text() == f"{post.timestamp.isoformat()} {post.pk} alice '檸檬 🍋'\n"
    task.refresh_from_db()
    assert task.state == State.SUCCEEDED


def test_other_posts_are_not(alice):
    Post(author=alice, body="x").publish()
    assert not Task.objects.exists()


def test_each_stays_in_its_line(alice, log):
    _, task = publish(alice, title=MISHAPS)
    jobs.log_post(str(task.pk))
    (line,) = log.read_text().splitlines()
    assert re.search(r" alice '.*'$", line)
    assert line.isprintable()


def test_what_can_not_be_written_is_tried_again(alice, log):
    post, task = publish(alice, title="Lemons")
    log.mkdir()  # so no file can be there
    jobs.log_post(str(task.pk))
    task.refresh_from_db()
    assert task.state == State.QUEUED
    assert "IsADirectoryError" in task.attempts.get().traceback
    log.rmdir()
    Task.objects.update(not_before=None)
    jobs.log_post(str(task.pk))
    assert f" {post.pk} alice 'Lemons'" in log.read_text()
    outcomes = task.attempts.values_list("outcome", flat=True)
    assert list(outcomes) == [Attempt.Outcome.FAILED, Attempt.Outcome.SUCCEEDED]


def test_a_full_disk_is_told_too(alice, log):
    _, task = publish(alice)
    log.symlink_to("/dev/full")
    jobs.log_post(str(task.pk))
    assert "No space left" in task.attempts.get().traceback


def test_it_is_a_post_that_is_there(alice, log):
    post, task = publish(alice)
    Post.objects.all().delete()
    jobs.log_post(str(task.pk))
    task.refresh_from_db()
    assert task.state == State.SUCCEEDED
    assert not log.exists()
