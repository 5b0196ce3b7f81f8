"""All mails look the same, and can be read as plain text."""

import re

import pytest

from accounts import mail as entrance
from blog import jobs as blog_jobs
from blog.models import Message, Post
from exports import delivery, jobs
from exports.models import Export

pytestmark = pytest.mark.django_db
LINK = re.compile(r"https?://\S+")


@pytest.fixture
def mails(alice, bob):
    """One of each kind, to Alice."""
    post = Post.objects.create(author=bob, title="Tea & <b>lemons</b>", body="x")
    Post.objects.create(author=alice, body="hello")
    message = Message.objects.create(sender=bob, recipient=alice, body="Hello")
    export = Export.objects.start(alice)[0]
    jobs.export_posts(str(export.task_id))
    done = Export.objects.select_related("owner").get()

    def mails(language):
        done.owner.language = message.recipient.language = alice.language = language
        done.attach = True
        yield delivery.compose(done)
        done.attach = False
        yield delivery.compose(done)
        yield delivery.compose_reminder(done)
        yield entrance.password_reset(user=alice, uid="MQ", token="t" * 39)
        yield entrance.confirm_email(alice, "new@example.com")
        yield entrance.notice_of_email(alice, "new@example.com")
        yield blog_jobs.compose(post, alice)
        yield blog_jobs.compose_message(message)

    return mails


@pytest.mark.parametrize("language", ["en", "es", "zh-hant"])
def test_their_text_is_for_people(mails, language):
    for mail in mails(language):
        lines = mail.body.split("\n")
        assert lines[-2:] == ["Microblog, 127.0.0.1", ""], mail.subject
        assert "\n\n\n" not in mail.body, mail.subject
        assert not re.search(r"</|&\w+;|&#", mail.body.replace("</b>", "")), mail.subject
        for line in lines:
            assert line == line.rstrip()
            if link := LINK.search(line):
                assert link[0] == line, mail.subject
            elif language != "zh-hant":  # which has no spaces to break lines at
                assert len(line) <= 78, mail.subject


@pytest.mark.parametrize("language", ["en", "es", "zh-hant"])
def test_their_html_says_the_same_in_one_frame(mails, language):
    for mail in mails(language):
        (html, kind) = mail.alternatives[0]
        assert kind == "text/html"
        assert f'<html lang="{language}">' in html
        assert html.count('<p class="brand">Microblog</p>') == 1
        assert set(LINK.findall(mail.body)) <= set(re.findall(r'href="([^"]+)"', html))
        # It asks nothing of any other machine, and has colours for the dark.
        assert not re.search(r"<(img|link|script)|url\(", html)
        assert "prefers-color-scheme: dark" in html


def test_what_people_wrote_is_no_html(mails):
    (mail,) = [mail for mail in mails("en") if "lemons" in mail.body]
    assert "Tea & <b>lemons</b>" in mail.body
    assert "Tea &amp; &lt;b&gt;lemons&lt;/b&gt;" in mail.alternatives[0][0]
