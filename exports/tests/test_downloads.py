import re
from datetime import UTC, datetime, timedelta
from importlib import import_module

import pytest
from django.apps import apps
from django.utils import timezone

from exports import archive, jobs, links
from exports.models import Download, Export
from tasks.keeping import delete
from tasks.models import Task

from .conftest import content


@pytest.fixture
def done(export):
    jobs.export_posts(str(export.task.pk))
    return Export.objects.get()


@pytest.fixture
def url(done):
    return f"/exports/{done.pk}/download/"


def fetch(client, export, headers=None, **environment):
    """The status and the bytes of the answer to a GET of the file."""
    response = client.get(links.make(export), headers=headers, **environment)
    return response.status_code, b"".join(response) if response.streaming else response.content


class TestDownload:
    def test_it_leads_to_the_file(self, alices, done, url):
        response = alices.get(url, follow=True)
        assert response["Content-Disposition"] == 'attachment; filename="posts.json"'
        assert b"".join(response) == content(done)

    def test_it_leads_there_by_a_link_of_a_short_time(self, alices, done, url):
        response = alices.get(url)
        assert re.fullmatch(rf"/exports/{done.pk}/file/\?key=[\w.-]+", response["Location"])
        assert response["Cache-Control"] == "private, no-store"

    def test_it_follows_the_file_not_the_state(self, alices, done, url):
        Task.objects.update(state="failed", reason="not_mailed")
        assert b"".join(alices.get(url, follow=True)) == content(done)

    def test_head_is_led_the_same_way(self, alices, done, url):
        link = alices.head(url)["Location"]
        assert alices.head(link)["Content-Length"] == str(done.size)

    def test_an_export_that_is_not_finished_says_so(self, alices, export):
        response = alices.get(f"/exports/{export.pk}/download/")
        assert response.status_code == 404
        assert b"There is no file yet" in response.content

    def test_of_a_removed_file_it_says_what_to_do(self, alices, done, url):
        Export.objects.update(file="", removed_at=timezone.now())
        for address in (url, links.make(done)):
            response = alices.get(address)
            assert response.status_code == 410
            assert b"This file is no longer here" in response.content
            assert b'href="/exports/"' in response.content

    def test_it_is_hidden_from_strangers(self, client, url, bob):
        client.force_login(bob)
        assert client.get(url).status_code == 404

    def test_it_rejects_post(self, alices, url):
        assert alices.post(url).status_code == 405


class TestFile:
    @pytest.fixture
    def link(self, done):
        return links.make(done)

    def test_an_expired_link_says_where_a_new_one_is(self, alices, link, url, done, settings):
        settings.EXPORT_LINK_SECONDS = -1
        response = alices.get(link)
        assert response.status_code == 403
        page = response.content.decode()
        assert "This link has expired" in page
        assert f'href="{url}"' in page
        assert f'href="/exports/{done.pk}/"' in page

    @pytest.mark.parametrize(
        "key", ["", "?key=", "?key=1.forged", "?key=%00%ff", "?key=" + "9" * 999]
    )
    def test_a_forged_link_says_so(self, alices, done, url, key):
        response = alices.get(f"/exports/{done.pk}/file/{key}")
        assert response.status_code == 403
        assert b"This link does not work" in response.content
        assert f'href="{url}"' in response.content.decode()

    def test_a_link_dies_with_its_file(self, alices, link):
        Export.objects.update(file="another/1")
        assert alices.get(link).status_code == 403

    def test_somebody_else_s_link_leads_nowhere(self, client, link, bob):
        client.force_login(bob)
        assert client.get(link).status_code == 404

    def test_who_has_to_sign_in_comes_to_the_page(self, client, link, done, url):
        for address in (url, link):
            login = client.get(address)["Location"]
            assert login == f"/accounts/login/?next=/exports/{done.pk}/"

    def test_of_a_file_that_is_lost_everybody_is_told(self, alices, done, link, caplog):
        archive.remove(done.folder)
        for response in (alices.get(link), alices.head(link)):
            assert response.status_code == 404
        assert b"This file is missing" in alices.get(link).content
        assert {record.levelname for record in caplog.records if "exports" in record.name} == {
            "ERROR"
        }
        assert str(done.pk) in caplog.text
        assert not Download.objects.exists()

    def test_it_rejects_post(self, alices, link):
        assert alices.post(link).status_code == 405


class TestNotes:
    def test_it_is_noted_when_and_from_where(self, alices, done):
        fetch(alices, done, {"User-Agent": "Firefox"}, REMOTE_ADDR="192.0.2.1")
        download = done.downloads.get()
        assert (download.address, download.user_agent) == ("192.0.2.1", "Firefox")
        assert abs(download.at - timezone.now()) < timedelta(minutes=1)
        assert done.downloads.exists()

    def test_behind_a_proxy_it_is_the_visitor_s_address(self, alices, done, settings):
        settings.PROXY_ADDRESS_HEADER = "X-Forwarded-For"
        fetch(alices, done, {"X-Forwarded-For": "1.2.3.4, 2001:db8:1:2:3:4:5:6"})
        assert done.downloads.get().address == "2001:db8:1:2::/64"

    @pytest.mark.parametrize("sent", ["x" * 5_000, "nul\0" * 70])
    def test_long_and_odd_names_of_programs_are_no_fault(self, alices, done, sent):
        assert fetch(alices, done, {"User-Agent": sent})[0] == 200
        assert done.downloads.get().user_agent == sent.replace("\0", "")[:200]

    @pytest.mark.parametrize(
        "headers", [{}, {"Range": "bytes=0-"}, {"Range": "bytes=0-1"}, {"Range": "bytes=1-2,4-5"}]
    )
    @pytest.mark.parametrize("sendfile", ["", "nginx"])
    def test_what_begins_is_noted(self, alices, done, settings, headers, sendfile):
        settings.EXPORT_SENDFILE = sendfile
        fetch(alices, done, headers)
        assert done.downloads.count() == 1

    @pytest.mark.parametrize("sendfile", ["", "nginx"])
    def test_what_goes_on_is_not(self, alices, done, settings, sendfile):
        settings.EXPORT_SENDFILE = sendfile
        fetch(alices, done, {"Range": "bytes=5-"})
        fetch(alices, done, {"Range": "bytes=-5"})
        fetch(alices, done, {"Range": "bytes=99999999-"})
        assert not done.downloads.exists()

    def test_what_begins_anew_because_it_is_another_file_is_noted(self, alices, done):
        fetch(alices, done, {"Range": "bytes=5-", "If-Range": '"other"'})
        assert done.downloads.count() == 1

    def test_what_sends_nothing_is_not_noted(self, alices, done, url):
        alices.get(url)
        alices.head(links.make(done))
        fetch(alices, done, {"If-None-Match": f'"{done.sha256}"'})
        fetch(alices, done, {"If-Match": '"other"'})
        alices.get(f"/exports/{done.pk}/file/?key=forged")
        assert not done.downloads.exists()


class TestPage:
    def page(self, client, export):
        return client.get(f"/exports/{export.pk}/").content.decode()

    def test_nothing_there_is_said(self, alices, done):
        assert "Not downloaded yet." in self.page(alices, done)

    def test_before_there_is_a_file_nothing_is_said(self, alices, export):
        assert "Downloads" not in self.page(alices, export)

    def test_the_newest_comes_first_in_the_reader_s_zone(self, alices, alice, done):
        alice.time_zone = "Asia/Taipei"
        alice.save()
        for hour, program in ((15, "Older"), (17, "<b>Newer</b>")):
            moment = datetime(2026, 1, 1, hour, tzinfo=UTC)
            done.downloads.create(at=moment, address="192.0.2.1", user_agent=program)
        page = self.page(alices, done)
        assert page.index("&lt;b&gt;Newer") < page.index("Older")
        assert page.count("192.0.2.1") == 2
        assert "Jan. 2, 2026, 1 a.m." in page
        assert "Jan. 1, 2026, 11 p.m." in page

    @pytest.mark.parametrize(("there", "told"), [(20, False), (21, True)])
    def test_it_shows_so_many(self, alices, done, there, told):
        done.downloads.bulk_create(
            Download(export=done, user_agent=f"Program {number}.") for number in range(there)
        )
        page = self.page(alices, done)
        assert page.count("Program ") == 20
        assert ("These are the latest 20 of 21." in page) == told

    def test_it_stays_when_the_file_is_gone(self, alices, done):
        done.downloads.create(address="192.0.2.1")
        Export.objects.update(file="", removed_at=timezone.now())
        assert "192.0.2.1" in self.page(alices, done)


class TestKeeping:
    def fetched(self, done, **ago):
        return done.downloads.create(address="192.0.2.1", at=timezone.now() - timedelta(**ago))

    def test_they_are_kept_a_quarter(self, done):
        self.fetched(done, days=91)
        kept = self.fetched(done, days=89)
        assert len(list(delete(Download.objects.to_forget()))) == 1
        assert done.downloads.get() == kept

    def test_that_it_was_fetched_stays_known(self, alices, alice, done):
        first = self.fetched(done, days=92).at
        self.fetched(done, days=91)
        Export.objects.update(attached=False)
        list(delete(Download.objects.to_forget()))
        assert alice.exports.reached().get().fetched_at == first
        assert "so long ago" in self.page(alices, done)
        Export.objects.update(file="", removed_at=timezone.now())
        page = self.page(alices, done)
        assert "It was downloaded." in page
        assert "never downloaded" not in page

    def page(self, client, export):
        return client.get(f"/exports/{export.pk}/").content.decode()

    def test_of_exports_from_before_it_is_noted(self, done):
        self.fetched(done, days=2)
        first = self.fetched(done, days=3).at
        Export.objects.update(fetched_at=None)
        import_module("exports.migrations.0007_retention").note_first_downloads(apps, None)
        assert Export.objects.get().fetched_at == first


def test_admins_see_how_often_and_not_from_where(admin_client, done):
    done.downloads.create(address="192.0.2.1")
    done.downloads.create(address="192.0.2.1")
    page = admin_client.get("/admin/exports/export/").content.decode()
    assert '<td class="field-fetched">2</td>' in page
    assert "192.0.2.1" not in page
    detail = admin_client.get(f"/admin/exports/export/{done.pk}/change/").content.decode()
    assert "192.0.2.1" not in detail
