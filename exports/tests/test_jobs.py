import hashlib
import json
import smtplib
import time
from datetime import UTC, datetime, timedelta

import pytest
from anymail.exceptions import AnymailRequestsAPIError
from django.utils import timezone

from blog.models import Post
from exports import archive, jobs
from exports.formats.posts_json import PostsJson
from exports.models import Export
from tasks import lifecycle
from tasks.models import State, Task
from tasks.runner import Run

from .conftest import content, written

LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


def work(export):
    """Let a worker get a message for the export's task."""
    jobs.export_posts(str(export.task.pk))
    return Export.objects.select_related("task", "owner").get(pk=export.pk)


def bodies(export):
    return [post["body"] for post in json.loads(content(export))["posts"]]


def test_it_works(export, mailoutbox):
    done = work(export)
    assert done.task.state == State.SUCCEEDED
    whole = content(done)
    assert [(item["body"], item["timestamp"]) for item in json.loads(whole)["posts"]] == [
        (post.body, post.timestamp.isoformat().replace("+00:00", "Z"))
        for post in Post.objects.order_by("id")
    ]
    assert (done.count, done.total, done.deleted) == (3, 3, 0)
    assert done.size == len(whole)
    assert done.sha256 == hashlib.sha256(whole).hexdigest()
    assert done.mailed_at
    assert [mail.attachments[0][1] for mail in mailoutbox] == [whole]


def test_who_wrote_nothing_gets_an_empty_file(alice):
    done = work(Export.objects.start(alice)[0])
    assert done.task.progress == 100
    assert json.loads(content(done)) == {"posts": []}


def test_the_words_of_who_is_suspended_stay_theirs(export, alice, admin_user, mailoutbox):
    assert Post.objects.first().hide("Against the rules")
    assert alice.suspend(admin_user, reason="Spam")
    assert len(bodies(work(export))) == 3
    assert Export.objects.start_for(alice)
    assert not Export.objects.start_for(alice)
    archive = work(Export.objects.exclude(pk=export.pk).get())
    assert (archive.contents, archive.count) == ("archive", 3)
    assert [mail.to for mail in mailoutbox] == [[alice.email]] * 2
    assert [len(mail.attachments) for mail in mailoutbox] == [1, 1]


def test_who_has_no_address_gets_no_mail(export, alice, mailoutbox):
    alice.email = ""
    alice.save()
    done = work(export)
    assert (done.task.state, done.mailed_at) == (State.SUCCEEDED, None)
    assert done.file
    assert not mailoutbox


def test_the_snapshot_is_fixed_at_the_first_attempt(export, alice, run):
    jobs.take_snapshot(export, run)
    Post.objects.create(author=alice, body="later")
    jobs.take_snapshot(Export.objects.get(), run)
    assert Export.objects.get().total == 3
    Task.objects.update(state=State.QUEUED)
    assert bodies(work(export)) == ["post 0", "post 1", "post 2"]


def test_posts_deleted_while_exporting_are_counted(export, alice, run):
    jobs.take_snapshot(export, run)
    alice.posts.first().delete()
    Task.objects.update(state=State.QUEUED)
    done = work(export)
    assert (done.total, done.count, done.deleted) == (3, 2, 1)
    assert (done.task.done, done.task.total) == (3, 3)


def test_posts_that_came_since_the_snapshot_are_counted(export, alice, run):
    alice.posts.first().remove()
    jobs.take_snapshot(export, run)
    Post.with_deleted.first().restore()
    Task.objects.update(state=State.QUEUED)
    done = work(export)
    assert (done.total, done.count, done.deleted) == (2, 3, 0)
    assert done.tally["added"] == 1
    assert (done.task.done, done.task.total) == (2, 2)


@pytest.mark.parametrize("counted", [2, 4])
def test_what_nothing_explains_is_not_published_but_counted_anew(
    export, alice, run, mailoutbox, counted
):
    alice.posts.update(timestamp=LONG_AGO)
    jobs.take_snapshot(export, run)
    Export.objects.update(total=counted)
    Task.objects.update(state=State.QUEUED)
    again = work(export)
    assert (again.task.state, again.task.reason) == (State.QUEUED, "unaccounted")
    assert not again.file
    assert not archive.storage().listdir(export.folder)[1]
    assert not mailoutbox
    Task.objects.update(not_before=None)
    done = work(export)
    assert (done.task.state, done.total, done.count) == (State.SUCCEEDED, 3, 3)


def test_what_is_never_explained_fails_for_good(export, monkeypatch):
    monkeypatch.setattr(Export, "explains", lambda export, count: False)
    Task.objects.update(max_attempts=1)
    done = work(export)
    assert (done.task.state, done.task.reason) == (State.FAILED, "unaccounted")
    assert not done.file


def test_who_deletes_much_explains_no_more_than_that(export, alice, run):
    jobs.take_snapshot(export, run)
    alice.posts.first().delete()
    alice.posts.last().remove()
    assert export.explains(1)
    assert not export.explains(0)


def test_an_edit_adds_to_an_export_of_changes(alice, bob):
    post = Post.objects.create(author=alice, body="x", timestamp=LONG_AGO)
    base = Export(snapshot_at=timezone.now() - timedelta(hours=1), last_id=post.pk)
    export, _ = Export.objects.start(alice, base=base)
    run = Run(lifecycle.claim(export.task.job, export.task_id))
    jobs.take_snapshot(export, run)
    post.revise("", "y")
    Task.objects.update(state=State.QUEUED)
    done = work(export)
    assert (done.task.state, done.tally["added"], done.count) == (State.SUCCEEDED, 1, 1)


def test_what_an_attempt_left_behind_is_removed(export, run):
    left = written(f"{export.folder}/{run.task.token}.json", b"half")
    Task.objects.update(state=State.QUEUED)
    done = work(export)
    assert not archive.storage().exists(left)
    assert archive.storage().exists(done.file.name)


def test_a_file_that_does_not_check_is_not_published(export, monkeypatch, mailoutbox):
    monkeypatch.setattr(PostsJson, "tail", lambda posts_json: b"")
    Task.objects.update(max_attempts=1)
    done = work(export)
    assert done.task.state == State.FAILED
    assert not done.file
    assert not archive.storage().listdir(export.folder)[1]
    assert not mailoutbox


def test_a_refused_mail_fails_the_task_and_keeps_the_file(export, monkeypatch):
    failing(monkeypatch, smtplib.SMTPRecipientsRefused({"alice@example.com": (550, b"no box")}))
    done = work(export)
    assert (done.task.state, done.task.reason) == (State.FAILED, "not_mailed")
    assert done.task.progress < 100
    assert not done.mailed_at
    assert bodies(done) == ["post 0", "post 1", "post 2"]


def failing(monkeypatch, error):
    """Let the mail server answer with this error."""

    def fail(backend, messages):
        raise error

    monkeypatch.setattr("django.core.mail.backends.locmem.EmailBackend.send_messages", fail)


@pytest.mark.parametrize(
    "error",
    [
        smtplib.SMTPRecipientsRefused({"alice@example.com": (451, b"greylisted")}),
        smtplib.SMTPDataError(452, b"no room"),
        AnymailRequestsAPIError("busy", status_code=503),
        AnymailRequestsAPIError("too many", status_code=429),
    ],
)
def test_a_mail_that_is_not_taken_now_is_tried_again(export, monkeypatch, error):
    failing(monkeypatch, error)
    again = work(export)
    assert (again.task.state, again.task.reason) == (State.QUEUED, "not_mailed")
    assert again.task.retry_at > again.task.created_at
    assert not again.mailed_at
    assert again.cancel()


def test_a_mail_server_that_falls_silent_gets_it_once_more_and_no_more(export, monkeypatch):
    failing(monkeypatch, TimeoutError())
    for _ in range(2):
        done = work(export)
        assert not done.mailed_at
        assert not done.cancel()
        Task.objects.filter(state=State.QUEUED).update(not_before=None)
    assert (done.task.state, done.task.reason) == (State.FAILED, "mail_unknown")
    assert list(done.task.attempts.values_list("resends", flat=True)) == [0, 1]


@pytest.mark.parametrize("answer", [451, 550])
def test_what_the_server_says_to_a_resend_tells_nothing_of_the_first(export, monkeypatch, answer):
    failing(monkeypatch, TimeoutError())
    work(export)
    Task.objects.update(not_before=None)
    failing(monkeypatch, smtplib.SMTPDataError(answer, b"no"))
    done = work(export)
    assert (done.task.state, done.task.reason) == (State.FAILED, "mail_unknown")
    assert not done.cancel()


def test_settings_that_can_not_mail_are_no_doubt_about_the_mail(export, settings):
    settings.EMAIL_BACKEND = "anymail.backends.mailgun.EmailBackend"  # without its key
    done = work(export)
    assert (done.task.state, done.task.reason) == (State.QUEUED, "crashed")
    assert not done.task.delivering
    assert "MAILGUN_API_KEY" in done.task.attempts.get().traceback


def test_an_attempt_that_finds_the_file_only_mails_it(export, mailoutbox):
    done = work(export)
    Post.objects.all().delete()
    Export.objects.update(mailed_at=None)
    Task.objects.update(state=State.QUEUED)
    again = work(export)
    assert again.file == done.file
    assert [mail.extra_headers["Message-ID"] for mail in mailoutbox] == [
        f"<export-{export.pk}@127.0.0.1>"
    ] * 2
    assert again.task.attempts.latest("number").resends == 1


def test_a_mail_known_to_be_sent_is_not_sent_again(export, mailoutbox):
    work(export)
    Task.objects.update(state=State.QUEUED)
    assert work(export).task.state == State.SUCCEEDED
    assert len(mailoutbox) == 1


def test_a_zombie_publishes_nothing_and_mails_nothing(export, run, mailoutbox):
    Task.objects.update(token=None)
    with pytest.raises(lifecycle.Superseded):
        jobs.publish(export, run, "e/1.json", archive.Checked(3, 3, "0" * 64))
    assert not Export.objects.get().file
    export.size, export.count, export.total = 3, 3, 3
    export.file = written("e/1.json", b"abc")
    with pytest.raises(lifecycle.Superseded):
        jobs.delivery.mail(export, run)
    assert not mailoutbox


def test_the_pace_can_be_slowed(export, settings, monkeypatch):
    settings.EXPORT_POSTS_PER_SECOND = 4
    slept = []
    monkeypatch.setattr(time, "sleep", slept.append)
    work(export)
    assert slept == [0.25] * 3


def test_deleting_a_person_deletes_their_files(
    export, alice, mailoutbox, django_capture_on_commit_callbacks
):
    name = work(export).file.name
    with django_capture_on_commit_callbacks(execute=True):
        alice.delete()
    assert not archive.storage().exists(name)
    assert not Export.objects.exists()


def test_what_breaks_off_after_the_publication_leaves_the_file(export, monkeypatch):
    publish = jobs.publish

    def publish_and_time_out(*args):
        publish(*args)
        raise SystemExit

    monkeypatch.setattr(jobs, "publish", publish_and_time_out)
    with pytest.raises(SystemExit):
        work(export)
    done = Export.objects.select_related("task").get()
    assert done.task.state == State.FAILED
    assert bodies(done) == ["post 0", "post 1", "post 2"]


def first_time(function, meanwhile):
    """The function, but before its work is done for the first time, `meanwhile()` happens."""
    calls = iter([meanwhile])

    def slow(*args, **kwargs):
        next(calls, lambda: None)()
        return function(*args, **kwargs)

    return slow


def test_a_worker_that_was_held_up_removes_nothing_of_the_one_after_it(export, monkeypatch):
    def another_one_does_it():
        Task.objects.update(lease_until=LONG_AGO)
        assert work(export).file

    monkeypatch.setattr(archive, "remove", first_time(archive.remove, another_one_does_it))
    done = work(export)
    assert done.task.state == State.SUCCEEDED
    assert json.loads(content(done))


def test_what_is_cancelled_late_removes_nothing_of_what_goes_on_with_it(
    export, run, monkeypatch, django_capture_on_commit_callbacks
):
    half_written = written(f"{export.folder}/{run.task.token}", b"half")

    def tried_again():
        again = Export.objects.get()
        assert again.retry()
        jobs.export_posts(str(again.task.pk))

    monkeypatch.setattr(archive, "remove", first_time(archive.remove, tried_again))
    with django_capture_on_commit_callbacks(execute=True):
        export.cancel()
    done = Export.objects.get()
    assert json.loads(content(done))
    assert not archive.storage().exists(half_written)
