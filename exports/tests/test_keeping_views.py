from datetime import timedelta

import pytest
from django.utils import timezone

from exports import archive, jobs
from exports.models import Download, Export
from tasks.models import State, Task


@pytest.fixture
def done(export):
    jobs.export_posts(str(export.task.pk))
    return Export.objects.get()


def page(client, export):
    return client.get(f"/exports/{export.pk}/").content.decode()


class TestPages:
    def test_they_say_when_the_file_goes(self, alices, done):
        moment = done.expires_at.isoformat(timespec="seconds")[:19]
        for address in ("/exports/", f"/exports/{done.pk}/"):
            shown = alices.get(address).content.decode()
            assert "Its file will be removed:" in shown
            assert f'datetime="{moment}' in shown

    def test_what_is_about_to_be_removed_is_called_so(self, alices, done):
        Export.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
        shown = page(alices, done)
        assert "is about to be removed" in shown
        assert "Keep it" not in shown

    def test_of_a_file_that_is_gone_the_history_stays(self, alices, done):
        Download.objects.create(export=done)
        done.remove_file()
        shown = page(alices, done)
        assert "Its file was removed:" in shown
        assert "It was downloaded 1 time." in shown
        assert "3 posts" in shown
        assert done.sha256 in shown
        assert "Start a new export" in shown
        assert "/download/" not in shown
        assert "Delete the file" not in shown
        assert "Its file was removed:" in alices.get("/exports/").content.decode()

    def test_nobody_is_sent_to_a_file_that_is_gone(self, alices, done):
        Task.objects.update(state=State.FAILED, reason="not_mailed")
        assert "The file is ready to download" in page(alices, done)
        done.remove_file()
        shown = page(alices, done)
        assert "never downloaded" in shown
        assert "The file is ready to download" not in shown
        assert "Retry" not in shown

    def test_what_was_never_finished_and_is_long_ago_is_called_so(self, alices, export):
        Task.objects.all().delete()
        assert "never finished" in page(alices, export)

    def test_what_is_only_begun_has_no_end_yet(self, alices, export):
        shown = page(alices, export)
        assert "removed" not in shown
        assert "never finished" not in shown


class TestExtend:
    @pytest.fixture
    def url(self, done):
        return f"/exports/{done.pk}/extend/"

    def test_it_works_once_and_says_until_when(self, alices, done, url):
        assert "Keep it 7 days longer" in page(alices, done)
        shown = alices.post(url, follow=True).content.decode()
        later = done.expires_at + timedelta(days=7)
        assert Export.objects.get().expires_at == later
        assert f'datetime="{later.isoformat(timespec="seconds")[:19]}' in shown
        assert "It is kept for longer. Its file will be removed:" in shown
        assert "Keep it 7 days longer" not in shown
        assert "that can be done once" in shown
        assert "for longer once" in alices.post(url, follow=True).content.decode()
        assert Export.objects.get().expires_at == later

    def test_too_late_is_said(self, alices, done, url):
        done.remove_file()
        assert "while its file is there" in alices.post(url, follow=True).content.decode()

    def test_it_rejects_get(self, alices, url):
        assert alices.get(url).status_code == 405

    def test_it_is_hidden_from_strangers(self, client, url, bob):
        client.force_login(bob)
        assert client.post(url).status_code == 404
        assert not Export.objects.get().extended_at

    def test_it_asks_visitors_to_sign_in(self, client, url):
        assert client.post(url)["Location"].startswith("/accounts/login/")


class TestDelete:
    @pytest.fixture
    def url(self, done):
        return f"/exports/{done.pk}/delete/"

    def test_it_asks_first(self, alices, done, url):
        assert url in page(alices, done)
        assert "Delete this file?" in alices.get(url).content.decode()
        assert archive.storage().exists(done.file.name)

    def test_it_works(self, alices, done, url, django_capture_on_commit_callbacks):
        with django_capture_on_commit_callbacks(execute=True):
            shown = alices.post(url, follow=True).content.decode()
        assert "The file is deleted." in shown
        assert not archive.storage().exists(done.file.name)
        assert Export.objects.get().removed_at

    def test_a_second_click_leads_to_the_page_that_says_so(self, alices, done, url):
        done.remove_file()
        for answer in (alices.get(url), alices.post(url)):
            assert answer["Location"] == f"/exports/{done.pk}/"

    @pytest.mark.parametrize("state", [State.QUEUED, State.RUNNING])
    def test_not_while_it_is_worked_on(self, alices, done, url, state):
        Task.objects.update(state=state)
        assert url not in page(alices, done)
        assert "Cancel it first" in alices.post(url, follow=True).content.decode()
        assert archive.storage().exists(Export.objects.get().file.name)

    def test_it_rejects_other_methods(self, alices, url):
        assert alices.put(url).status_code == 405

    def test_it_is_hidden_from_strangers(self, client, url, bob):
        client.force_login(bob)
        assert client.get(url).status_code == 404
        assert client.post(url).status_code == 404
        assert Export.objects.get().file

    def test_it_asks_visitors_to_sign_in(self, client, url):
        assert client.post(url)["Location"].startswith("/accounts/login/")
