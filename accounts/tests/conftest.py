import pytest
from django.core.files.storage import FileSystemStorage

from accounts.models import User
from tests.smtp import Sink


@pytest.fixture
def stored(monkeypatch, tmp_path):
    """The folder of the pictures in this test."""
    folder = tmp_path / "avatars"
    folder.mkdir()
    storage = FileSystemStorage(folder, base_url=None)
    monkeypatch.setattr(User._meta.get_field("avatar"), "storage", storage)
    return folder


SMTP = "django.core.mail.backends.smtp.EmailBackend"


@pytest.fixture
def nobody_answers(settings):
    """The mail server is away."""
    settings.EMAIL_BACKEND, settings.EMAIL_HOST, settings.EMAIL_PORT = SMTP, "127.0.0.1", 1


@pytest.fixture
def smtp(settings):
    """A real mail server, which can refuse."""
    with Sink() as sink:
        port = sink.controller.port
        settings.EMAIL_BACKEND, settings.EMAIL_HOST, settings.EMAIL_PORT = SMTP, "127.0.0.1", port
        yield sink
