import hashlib
import json
import re
from datetime import UTC, datetime, timedelta
from io import BytesIO

import pytest
from django.template.defaultfilters import filesizeformat
from django.utils import timezone

from blog.models import Notification, Post
from exports import archive, contents, jobs
from exports.models import Export, Schedule
from tasks.models import Task

from .conftest import content, ending_meanwhile, written


@pytest.fixture
def done(export):
    jobs.export_posts(str(export.task.pk))
    return Export.objects.get()


class TestList:
    def test_it_starts_one_and_shows_it_waiting(self, alices, alice):
        page = alices.post("/exports/", follow=True).content.decode()
        assert Export.objects.get().owner == alice
        assert "Waiting" in page
        assert "already running" not in page

    def test_pressing_twice_gives_one_and_says_so(self, alices):
        alices.post("/exports/")
        assert b"already running" in alices.post("/exports/", follow=True).content
        assert Export.objects.count() == Task.objects.count() == 1

    def test_getting_starts_nothing(self, alices):
        alices.get("/exports/")
        assert not Task.objects.exists()

    def test_it_shows_mine_only(self, alices, client, done, bob):
        assert list(alices.get("/exports/").context["exports"]) == [done]
        client.force_login(bob)
        assert not client.get("/exports/").context["exports"]

    def test_it_shows_counts_and_the_link(self, alices, done):
        page = alices.get("/exports/").content.decode()
        assert "3 posts" in page
        assert f"/exports/{done.pk}/download/" in page

    def test_the_button_is_disabled_while_one_runs(self, alices):
        assert b"disabled" not in alices.get("/@alice/").content
        alices.post("/exports/")
        for address in ("/@alice/", "/exports/"):
            assert b"disabled" in alices.get(address).content

    def test_it_rejects_other_methods(self, alices):
        assert alices.put("/exports/").status_code == 405

    def test_it_asks_visitors_to_sign_in(self, client, db):
        assert client.get("/exports/")["Location"].startswith("/accounts/login/")
        assert client.post("/exports/")["Location"].startswith("/accounts/login/")

    def test_it_wants_the_csrf_token(self, alice, django_user_model):
        from django.test import Client

        strict = Client(enforce_csrf_checks=True)
        strict.force_login(alice)
        assert strict.post("/exports/").status_code == 403
        assert not Task.objects.exists()

    @pytest.mark.parametrize("rows", [10, 20])
    def test_it_needs_the_same_number_of_queries_for_more_rows(
        self, alices, alice, rows, django_assert_num_queries
    ):
        for _ in range(rows):
            Task.objects.update(state="failed")
            Export.objects.start(alice)
        # session, user, the base of changes, exports, their tasks; estimate (2), allowance,
        # schedule; what waits (2)
        with django_assert_num_queries(11):
            alices.get("/exports/")

    @pytest.mark.parametrize("rows", [1, 3])
    def test_with_files_it_asks_twice_more_what_has_changed(
        self, alices, alice, rows, django_assert_num_queries
    ):
        for _ in range(rows):
            jobs.export_posts(str(Export.objects.start(alice)[0].task_id))
        with django_assert_num_queries(14):
            alices.get("/exports/")


class TestDetail:
    def test_nothing_is_missing_of_what_its_task_has_done_meanwhile(self, alices, export):
        with ending_meanwhile(export):
            page = alices.get(f"/exports/{export.pk}/").content.decode()
        assert "Download posts.json" in page

    def test_it_works_and_marks_the_task_as_seen(self, alices, alice, done):
        assert alice.tasks.to_show()
        assert done.sha256.encode() in alices.get(f"/exports/{done.pk}/").content
        assert not alice.tasks.to_show()

    def test_it_shows_why_it_failed(self, alices, export):
        Task.objects.update(state="failed", reason="not_mailed")
        assert b"did not take the mail" in alices.get(f"/exports/{export.pk}/").content

    def test_it_outlives_its_tasks(self, alices, done):
        Task.objects.all().delete()
        assert alices.get(f"/exports/{done.pk}/").status_code == 200

    def test_it_is_hidden_from_strangers(self, client, done, bob):
        client.force_login(bob)
        assert client.get(f"/exports/{done.pk}/").status_code == 404

    def test_it_rejects_post(self, alices, done):
        assert alices.post(f"/exports/{done.pk}/").status_code == 405


class TestCancel:
    @pytest.fixture
    def url(self, export):
        return f"/exports/{export.pk}/cancel/"

    def test_it_works(self, alices, export, url):
        assert alices.post(url)["Location"] == f"/exports/{export.pk}/"
        assert Task.objects.get().state == "cancelled"

    def test_what_was_half_written_is_removed(
        self, alices, export, url, run, django_capture_on_commit_callbacks
    ):
        left = written(f"{export.folder}/{run.task.token}.json", b"half")
        with django_capture_on_commit_callbacks(execute=True):
            alices.post(url)
        assert not archive.storage().exists(left)

    @pytest.mark.parametrize("fields", [{"delivering": True}, {"state": "succeeded"}])
    def test_too_late_is_said(self, alices, export, url, fields):
        Task.objects.update(**fields)
        assert b"too late" in alices.post(url, follow=True).content
        assert Task.objects.get().state != "cancelled"

    def test_it_rejects_get(self, alices, url):
        assert alices.get(url).status_code == 405

    def test_it_is_hidden_from_strangers(self, client, url, bob):
        client.force_login(bob)
        assert client.post(url).status_code == 404

    def test_it_asks_visitors_to_sign_in(self, client, url):
        assert client.post(url)["Location"].startswith("/accounts/login/")


class TestRetry:
    @pytest.fixture
    def url(self, export):
        Task.objects.update(state="failed", reason="not_mailed", ended_at=export.created_at)
        return f"/exports/{export.pk}/retry/"

    def test_a_new_task_goes_on_with_the_same_export(self, alices, alice, export, url, mailoutbox):
        assert alices.post(url)["Location"] == f"/exports/{export.pk}/"
        old, new = Task.objects.order_by("created_at")
        assert list(alice.tasks.to_show()) == [new]
        jobs.export_posts(str(new.pk))
        done = Export.objects.get()
        assert (done.task, done.task.state) == (new, "succeeded")
        assert old.state == "failed"
        assert len(mailoutbox) == 1

    def test_not_what_went_well(self, alices, url):
        Task.objects.update(state="succeeded")
        assert (
            b"There is no need to try this export again." in alices.post(url, follow=True).content
        )
        assert Task.objects.count() == 1

    def test_not_while_another_one_runs(self, alices, alice, export, url):
        Export.objects.start(alice)
        assert b"already running" in alices.post(url, follow=True).content
        assert Task.objects.count() == 2

    def test_it_rejects_get(self, alices, url):
        assert alices.get(url).status_code == 405

    def test_it_is_hidden_from_strangers(self, client, url, bob):
        client.force_login(bob)
        assert client.post(url).status_code == 404

    def test_it_asks_visitors_to_sign_in(self, client, url):
        assert client.post(url)["Location"].startswith("/accounts/login/")


class TestChoices:
    def start(self, client, **fields):
        return client.post("/exports/", fields, follow=True)

    def test_the_page_says_how_much_there_is(self, alices, export):
        page = alices.get("/exports/").content.decode()
        assert "3 posts" in page
        for name, size in Export.objects.estimate(export.owner)["sizes"].items():
            assert re.search(rf'value="{name}"[^>]*>[^<]+, about {filesizeformat(size)}', page)

    def test_it_comes_with_the_mail_or_by_a_link(self, alices, settings):
        settings.EXPORT_ATTACH_MAX_BYTES = 7 << 20
        assert "Attached to the mail, up to 7.0\xa0MB" in alices.get("/exports/").content.decode()
        for said, attach in ({}, True), ({"attach": "True"}, True), ({"attach": "False"}, False):
            Task.objects.update(state="succeeded")
            self.start(alices, **said)
            assert Export.objects.latest("created_at").attach is attach

    @pytest.mark.parametrize("name", [name for name, _ in contents.choices()])
    def test_each_can_be_had(self, name, alices, alice, mailoutbox):
        for number in range(3):
            Post.objects.create(author=alice, body=f"post {number}")
        self.start(alices, contents=name)
        export = Export.objects.get()
        jobs.export_posts(str(export.task_id))
        export.refresh_from_db()
        assert (export.contents, export.count, export.task.state) == (name, 3, "succeeded")
        answer = alices.get(f"/exports/{export.pk}/download/", follow=True)
        assert export.file_name in answer["Content-Disposition"]
        downloaded = b"".join(answer)
        assert hashlib.sha256(downloaded).hexdigest() == export.sha256
        assert mailoutbox[0].attachments[0][:2] == (export.file_name, downloaded)

    def test_days_are_the_reader_s_and_both_are_included(self, alices, alice):
        alice.time_zone = "Asia/Taipei"
        alice.save()
        for hour, body in ((15, "the day before"), (16, "first"), (39, "last"), (40, "after")):
            moment = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=hour)
            Post.objects.create(author=alice, body=body, timestamp=moment)
        self.start(alices, since="2026-01-02", until="2026-01-02")
        export = Export.objects.get()
        jobs.export_posts(str(export.task_id))
        export.refresh_from_db()
        said = json.loads(content(export))["posts"]
        assert [post["body"] for post in said] == ["first", "last"]
        page = alices.get(f"/exports/{export.pk}/").content.decode()
        assert "Only what was written from 01/02/2026 midnight until 01/03/2026 midnight" in page

    @pytest.mark.parametrize(
        ("fields", "words"),
        [
            ({"since": "2026-01-02", "until": "2026-01-01"}, "It ends before it begins."),
            ({"since": "8999-12-31"}, "This day is still to come."),
            ({"since": "1969-12-31"}, "This day is too far away."),
            ({"until": "9999-12-31"}, "This day is too far away."),
            ({"since": "soon"}, "Enter a valid date."),
            ({"contents": "everything"}, "Select a valid choice."),
            ({"attach": "by pigeon"}, "Select a valid choice."),
        ],
    )
    def test_what_makes_no_sense_is_said_at_the_field_and_starts_nothing(
        self, fields, words, alices
    ):
        assert words in self.start(alices, **fields).content.decode()
        assert not Export.objects.exists()

    def test_of_days_without_posts_it_is_empty(self, alices, alice):
        self.start(alices, since="2020-01-01", until="2020-01-02", contents="archive")
        export = Export.objects.get()
        jobs.export_posts(str(export.task_id))
        export.refresh_from_db()
        assert (export.task.state, export.count) == ("succeeded", 0)


class TestUpToDate:
    """What is there already, where nothing is new."""

    CHANGED = "Nothing has changed since posts.json was made:"

    def make(self, owner, **choices):
        export, _ = Export.objects.start(owner, **choices)
        jobs.export_posts(str(export.task_id))
        return Export.objects.get(pk=export.pk)

    def shown(self, client):
        return client.get("/exports/").context["up_to_date"]

    def test_it_is_shown_beside_the_button_which_still_works(self, alices, done):
        page = alices.get("/exports/").content.decode()
        assert self.CHANGED in page
        start = page[page.index('id="start-export"') :]
        assert f"/exports/{done.pk}/download/" in start[: start.index("</form>")]
        alices.post("/exports/")
        assert Export.objects.count() == 2

    def test_of_an_archive_it_says_no_more_than_is_known(self, alices, alice):
        self.make(alice, contents="archive")
        page = alices.get("/exports/").content.decode()
        assert "No post has changed since your archive was made:" in page
        assert "Nothing has changed" not in page

    def test_the_latest_of_each_of_the_contents(self, alices, alice, done):
        again = self.make(alice)
        archive = self.make(alice, contents="archive")
        assert self.shown(alices) == [archive, again]

    @pytest.mark.parametrize("change", ["write", "edit", "delete"])
    def test_not_when_something_has_changed(self, change, alices, alice, done):
        # The minute to spare of what is committed late is over.
        Export.objects.update(snapshot_at=done.snapshot_at - timedelta(hours=1))
        Post.objects.update(timestamp=done.snapshot_at - timedelta(hours=2))
        Export.objects.update(updated_at=done.snapshot_at - timedelta(hours=2))
        assert self.shown(alices) == [done]
        match change:
            case "write":
                Post.objects.create(author=alice, body="new")
            case "edit":
                alice.posts.first().revise("", "other")
            case "delete":
                alice.posts.first().remove()
        assert self.shown(alices) == []

    def test_not_what_has_as_many_posts_but_others(self, alices, alice):
        gone, back = (Post.objects.create(author=alice, body=body) for body in "ab")
        Post.objects.create(author=alice, body="c")
        back.remove()
        self.make(alice)
        back.restore()
        gone.remove()
        archive = self.make(alice, contents="archive")
        assert self.shown(alices) in ([], [archive])

    def test_what_was_made_before_the_change_is_not(self, alices, alice, done):
        Post.objects.create(author=alice, body="new")
        archive = self.make(alice, contents="archive")
        assert self.shown(alices) == [archive]

    def test_not_of_some_days_nor_of_changes_nor_without_its_file(self, alices, alice, done):
        since = done.created_at - timedelta(days=1)
        self.make(alice, since=since)
        self.make(alice, until=done.created_at + timedelta(days=1))
        self.make(alice, base=done)
        assert self.shown(alices) == [done]
        Export.objects.update(file="")
        assert self.shown(alices) == []


class TestSchedule:
    URL = "/exports/schedule/"
    CHOICES = {"every": "month", "contents": "archive", "attach": "False"}

    def test_it_is_saved_and_its_next_time_is_the_reader_s(self, alices, alice):
        alice.time_zone = "Asia/Taipei"
        alice.save()
        page = alices.post(self.URL, self.CHOICES, follow=True).content.decode()
        schedule = Schedule.objects.get()
        assert (schedule.owner, schedule.every) == (alice, "month")
        assert (schedule.contents, schedule.attach) == ("archive", False)
        assert "Every month: Everything, as a ZIP archive." in page
        next_at = schedule.next_at.astimezone(alice.zone)
        assert f'datetime="{next_at.isoformat()}"' in page
        assert '<option value="month" selected' in page

    def test_nothing_filled_in_but_how_often_is_the_default(self, alices):
        alices.post(self.URL, {"every": "week"})
        schedule = Schedule.objects.get()
        assert (schedule.contents, schedule.attach) == ("posts.json", True)

    @pytest.mark.parametrize("wrong", [{"every": "hour"}, {"contents": "all"}, {"attach": "1"}, {}])
    def test_what_makes_no_sense_is_said_and_kept(self, wrong, alices):
        said = {"contents": "archive"} | wrong
        page = alices.post(self.URL, said).content.decode()
        assert "<details open>" in page
        assert "This field is required." in page or "Select a valid choice." in page
        assert not Schedule.objects.exists()

    def test_paused_it_says_since_when_and_why_and_goes_on(self, alices, alice):
        Schedule.objects.plan(alice, every="week", contents="archive", attach=True)
        Schedule.objects.update(paused_at=timezone.now())
        page = alices.get("/exports/").content.decode()
        assert "Nobody fetched the last three, so they were paused:" in page
        page = alices.post(f"{self.URL}resume/", follow=True).content.decode()
        assert "The next one:" in page
        assert not Schedule.objects.get().paused_at

    def test_to_resume_what_goes_on_leaves_it_as_it_is(self, alices, alice):
        before = Schedule.objects.plan(alice, every="week", contents="archive", attach=True)
        alices.post(f"{self.URL}resume/")
        assert Schedule.objects.get().next_at == before.next_at

    def test_it_ends(self, alices, alice):
        Schedule.objects.plan(alice, every="week", contents="archive", attach=True)
        page = alices.post(f"{self.URL}delete/", follow=True).content.decode()
        assert "No more exports come by themselves." in page
        assert not Schedule.objects.exists()
        assert alices.post(f"{self.URL}delete/").status_code == 302

    def test_it_is_one_s_own(self, alices, bob):
        Schedule.objects.plan(bob, every="week", contents="archive", attach=True)
        alices.post(f"{self.URL}delete/")
        assert alices.post(f"{self.URL}resume/").status_code == 404
        assert "The next one:" not in alices.get("/exports/").content.decode()
        assert Schedule.objects.get().owner == bob

    def test_that_it_pauses_is_told(self, alices, alice):
        Notification.objects.tell(alice, kind="exports_paused", url="/exports/")
        assert b"Your exports are paused" in alices.get("/notifications/").content

    @pytest.mark.parametrize("address", [URL, f"{URL}resume/", f"{URL}delete/"])
    def test_it_rejects_get_and_visitors(self, address, alices, client):
        assert alices.get(address).status_code == 405
        client.logout()
        assert client.post(address)["Location"].startswith("/accounts/login/")


class TestChanges:
    @pytest.fixture
    def base(self, alice, done):
        moment = datetime(2026, 1, 2, 12, tzinfo=UTC)
        Post.objects.update(timestamp=moment - timedelta(hours=1))
        alice.exports.update(snapshot_at=moment, updated_at=None, attached=True)
        return Export.objects.get()

    def start(self, client, **fields):
        return client.post("/exports/", {"changes": "on", **fields}, follow=True)

    def test_the_page_says_how_much_has_changed(self, alices, alice, base):
        Export.objects.update(file="")  # a file that is there and up to date may be shown instead
        page = alices.get("/exports/").content.decode()
        assert "since my last export, of 01/02/2026 noon" in page
        assert "nothing new, edited or deleted" in page
        Post.objects.create(author=alice, body="new")
        Post.objects.create(author=alice, body="newer")
        Post.objects.first().delete()
        page = " ".join(alices.get("/exports/").content.decode().split())
        assert "Since your last export, of Jan. 2, 2026, noon UTC: 2 posts new or edited," in page
        assert "1 deleted." in page

    def test_it_works(self, alices, alice, base, mailoutbox):
        post = Post.objects.create(author=alice, body="new")
        self.start(alices, contents="posts.ndjson")
        export = Export.objects.exclude(pk=base.pk).get()
        jobs.export_posts(str(export.task_id))
        export.refresh_from_db()
        assert (export.task.state, export.count) == ("succeeded", 1)
        assert (export.last_id, export.after_id) == (post.pk, base.last_id)
        assert mailoutbox[-1].attachments[0][0] == "microblog-alice-posts.ndjson-changes.zip"
        for address in ("/exports/", f"/exports/{export.pk}/"):
            page = " ".join(alices.get(address).content.decode().split())
            said = "Only what was new, edited or deleted since Jan. 2, 2026, noon UTC is in it."
            assert said in page

    @pytest.mark.parametrize("day", ["since", "until"])
    def test_days_make_no_sense_with_it(self, alices, base, day):
        page = self.start(alices, **{day: "2026-01-01"}).content.decode()
        assert "Changes are of all days" in page
        assert Export.objects.count() == 1

    @pytest.mark.parametrize(
        "missing", [{"attached": False}, {"since": datetime(2026, 1, 1, tzinfo=UTC)}]
    )
    def test_where_none_has_reached_them_it_is_explained(self, alices, base, missing):
        Export.objects.update(**missing)
        page = alices.get("/exports/").content.decode()
        assert "You can have this when" in page
        assert re.search(r'<input type="checkbox" name="changes"[^>]* disabled', page)
        page = self.start(alices).content.decode()
        assert 'id="id_changes_error"' in page
        assert Export.objects.count() == 1


class TestTally:
    def test_every_post_is_accounted_for(self, alices, done):
        Export.objects.update(total=5)
        page = re.sub(r"\s+", " ", alices.get(f"/exports/{done.pk}/").content.decode())
        for what, number in {
            "Posts at the snapshot": 5,
            "Exported": 3,
            "Deleted while exporting": 2,
            "Failed": 0,
        }.items():
            assert f"<dt>{what}</dt> <dd>{number}</dd>" in page
        assert "Added since" not in page
        Export.objects.update(total=2)
        page = re.sub(r"\s+", " ", alices.get(f"/exports/{done.pk}/").content.decode())
        assert "<dt>Added since the snapshot</dt> <dd>1</dd>" in page


class TestVerify:
    URL = "/exports/verify/"

    def hand_in(self, client, content):
        return client.post(self.URL, {"archive": BytesIO(content)}).content.decode()

    @pytest.fixture
    def packed(self, alice):
        export, _ = Export.objects.start(alice, contents="archive")
        jobs.export_posts(str(export.task_id))
        return content(Export.objects.get())

    def test_a_whole_one_is_called_whole_and_ours(self, alices, packed):
        page = self.hand_in(alices, packed)
        assert "The archive is whole." in page
        assert "Yes, for @alice," in page

    def test_of_one_of_changes_it_is_said(self, alices, alice, packed):
        base = Export.objects.get()
        export, _ = Export.objects.start(alice, contents="archive", base=base)
        jobs.export_posts(str(export.task_id))
        export.refresh_from_db()
        page = self.hand_in(alices, content(export))
        assert "Only what has changed since" in page
        assert f'<time datetime="{base.snapshot_at.isoformat()}"' in page

    def test_one_of_another_site_is_not_called_ours(self, alices, packed):
        Export.objects.all().delete()
        assert "Not known" in self.hand_in(alices, packed)

    @pytest.mark.parametrize("content", [b"no archive", b"PK"])
    def test_what_is_none_is_refused_in_words(self, alices, content):
        assert "It is no ZIP archive" in self.hand_in(alices, content)

    def test_nothing_handed_in_is_said(self, alices):
        assert "Choose the file" in alices.post(self.URL).content.decode()

    def test_it_rejects_other_methods(self, alices):
        assert alices.put(self.URL).status_code == 405

    def test_it_asks_visitors_to_sign_in(self, client, db):
        assert client.get(self.URL).status_code == 302
