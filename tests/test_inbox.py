import json
import re

import pytest
from django.core.mail import EmailMultiAlternatives

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.urls_in_debug")]


@pytest.fixture
def letter(settings, tmp_path):
    """Address of the page of a mail in the development inbox."""
    settings.EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    settings.EMAIL_FILE_PATH = tmp_path
    mail = EmailMultiAlternatives("Grüße, 你好", "Text <b>plain</b>", to=["alice@example.com"])
    mail.attach_alternative('<p style="color: red">HTML</p>', "text/html")
    mail.attach("posts.json", b'{"posts": []}', "application/json")
    mail.send()
    (file,) = tmp_path.glob("*.log")
    return f"/mail/{file.stem}.0/"


def test_the_newest_come_first(client, letter):
    page = client.get("/mail/").content.decode()
    assert "Grüße, 你好" in page
    assert f'href="{letter}"' in page


def test_a_mail_is_shown_as_text_with_its_parts(client, letter):
    page = client.get(letter).content.decode()
    assert "Text &lt;b&gt;plain&lt;/b&gt;" in page
    addresses = re.findall(rf'href="({letter}\d+/)"', page)
    html, attachment = (client.get(address) for address in addresses)
    assert html["Content-Security-Policy"].startswith("sandbox")
    assert b'<p style="color: red">HTML</p>' in html.content
    assert attachment["Content-Disposition"] == 'attachment; filename="posts.json"'
    assert json.loads(attachment.content) == {"posts": []}


@pytest.mark.parametrize("name", ["nothing.0", "..%2F..%2Fdb.0", "*.0", "x"])
def test_there_is_nothing_else_to_read(client, letter, name):
    assert client.get(f"/mail/{name}/").status_code == 404


def test_an_empty_inbox_says_so(client, settings, tmp_path):
    settings.EMAIL_FILE_PATH = tmp_path / "never-made"
    assert b"No mail yet" in client.get("/mail/").content
