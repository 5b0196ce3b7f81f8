import json
from datetime import UTC, datetime

import pytest

from exports import archive, delivery, jobs
from exports.models import Export
from tasks.runner import Failure


@pytest.fixture
def done(export):
    jobs.export_posts(str(export.task.pk))
    return Export.objects.select_related("owner").get()


def test_the_mail_says_what_the_page_says(done):
    message = delivery.compose(done)
    html = message.alternatives[0][0]
    for words in (message.body, html):
        assert done.sha256 in words
        assert str(done.size) in words
        assert f"http://127.0.0.1:8000/exports/{done.pk}/" in words
    assert message.subject == "Your 3 posts from Microblog"
    assert message.to == ["alice@example.com"]


def test_the_file_is_attached(done):
    (attachment,) = delivery.compose(done).attachments
    assert attachment[0] == "posts.json"
    assert attachment[2] == "application/json"
    assert len(json.loads(attachment[1])["posts"]) == 3


def test_a_file_past_the_limit_is_linked(done, settings):
    settings.EXPORT_ATTACH_MAX_BYTES = done.size
    assert delivery.compose(done).attachments
    settings.EXPORT_ATTACH_MAX_BYTES = done.size - 1
    message = delivery.compose(done)
    assert not message.attachments
    assert "too large for a mail" in message.body


@pytest.mark.parametrize(
    ("language", "subject"),
    [("es", "Tus 3 publicaciones de Microblog"), ("zh-hant", "你在 Microblog 的 3 則貼文")],
)
def test_the_mail_is_in_the_language_of_its_reader(done, language, subject):
    done.owner.language = language
    message = delivery.compose(done)
    assert message.subject == subject
    assert f'<html lang="{language}">' in message.alternatives[0][0]


def test_every_post_is_accounted_for(done):
    done.total += 2
    message = delivery.compose(done)
    for line in (
        "Posts at the snapshot: 5",
        "Exported: 3",
        "Deleted while exporting: 2",
        "Failed: 0",
    ):
        assert line in message.body.splitlines()
    assert "Added" not in message.body
    done.total -= 3
    for words in (delivery.compose(done).body, delivery.compose(done).alternatives[0][0]):
        assert "Added since the snapshot:" in words


def test_who_wants_a_link_gets_a_link(done):
    done.attach = False
    message = delivery.compose(done)
    assert not message.attachments
    for words in (message.body, message.alternatives[0][0]):
        assert "What you took out is ready. Fetch it here:" in words
        assert "too large" not in words


@pytest.mark.parametrize("attach", [True, False])
def test_the_mail_says_until_when_the_file_is_there_in_the_reader_s_zone(done, attach):
    done.attach = attach
    done.owner.time_zone = "Asia/Taipei"
    done.expires_at = datetime(2026, 12, 4, 20, 30, tzinfo=UTC)
    message = delivery.compose(done)
    for words in (message.body, message.alternatives[0][0]):
        assert "until Dec. 5, 2026, 4:30 a.m. CST" in words


@pytest.mark.parametrize("attach", [True, False])
def test_it_is_written_down_whether_it_was_attached(export, attach):
    Export.objects.update(attach=attach)
    jobs.export_posts(str(export.task.pk))
    assert Export.objects.get().attached is attach


def test_a_file_that_is_gone_is_said_and_not_tried_again(export, run, mailoutbox):
    jobs.take_snapshot(export, run)
    jobs.publish(export, run, "gone/1", archive.Checked(3, 3, "0" * 64))
    with pytest.raises(Failure, match=delivery.FILE_GONE) as failure:
        delivery.mail(export, run)
    assert not failure.value.heals
    assert not mailoutbox


def test_of_an_export_of_changes_it_is_said(done):
    done.owner.time_zone = "Asia/Taipei"
    done.after_id, done.changed_since = 1, datetime(2026, 1, 2, 3, 4, tzinfo=UTC)
    message = delivery.compose(done)
    for words in (message.body, message.alternatives[0][0]):
        said = "Only what was new, edited or deleted since Jan. 2, 2026, 11:04 a.m. CST is in it."
        assert said in " ".join(words.split())
    assert message.subject == "What has changed of your posts on Microblog"
    assert "microblog-alice-posts.json-changes.zip" in message.body
