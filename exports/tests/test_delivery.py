import json

import pytest

from exports import delivery, jobs
from exports.models import Export


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


def test_posts_deleted_meanwhile_are_named(done):
    done.total += 2
    message = delivery.compose(done)
    assert "Deleted while exporting: 2" in message.body
