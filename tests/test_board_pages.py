"""The board and what operators do from it, without a browser."""

import re
from datetime import timedelta
from html import unescape
from uuid import uuid4

import pytest
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from conftest import make_staff, permission
from exports.models import Export, Schedule
from tasks import lifecycle
from tasks.models import EVERY_JOB, Cluster, Pause, State, Task
from tasks.tests.conftest import quiet_redis

pytestmark = pytest.mark.django_db
__all__ = ["quiet_redis"]  # a fixture

LIST = "/admin/tasks/task/"
BOARD = f"{LIST}board/"
MAIL = "blog.jobs.mail_message"
EXPORT = "exports.jobs.export_posts"


@pytest.fixture
def operator(db):
    return make_staff("operator", "tasks.view_task", "tasks.change_task")


@pytest.fixture
def operators(client, operator):
    """A client in which the operator is signed in."""
    client.force_login(operator)
    return client


@pytest.fixture
def lookers(client):
    """A client in which somebody is signed in who may only look."""
    client.force_login(make_staff("looker", "tasks.view_task"))
    return client


def waiting(key="1", job=MAIL, **fields):
    return lifecycle.launch(job, key=key, args={"message": 0}, **fields)[0]


def failed(key="1", job=MAIL, **fields):
    task = waiting(key, job, **fields)
    lifecycle.fail(lifecycle.claim(job, task.pk), "crashed", "Trace of 1/0")
    ago = timezone.now() - timedelta(minutes=1)
    Task.objects.filter(pk=task.pk).update(created_at=ago)
    return Task.objects.get(pk=task.pk)


def text(response):
    """What it says, without what the browser does with it."""
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


def asked(page):
    """The hidden fields of a page that asks."""
    pairs = re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', page.content.decode())
    form = {}
    for name, value in pairs:
        form.setdefault(name, []).append(value)
    return form


class TestBoard:
    def test_it_works_without_anything_to_show(self, operators):
        page = text(operators.get(BOARD))
        assert "No workers run" in page
        assert "The last hour" in page

    def test_all_is_well(self, operators, quiet_redis):
        now = timezone.now()
        times = {"started_at": now, "seen_at": now, "swept_at": now}
        Cluster.objects.create(id="c", host="ant", pid=7, workers=2, **times)
        page = text(operators.get(BOARD))
        assert "All is well" in page
        assert "ant" in page
        assert "0 of 2" in page

    def test_it_shows_what_runs_and_whose_it_is(self, operators, alice):
        task = waiting(owner=alice)
        lifecycle.checkpoint(lifecycle.claim(MAIL, task.pk), phase="mailing", done=1, total=4)
        page = operators.get(BOARD)
        assert "alice" in text(page)
        assert "25%" in text(page)
        assert "Sending the mail" in text(page)
        assert f"{LIST}{task.pk}/change/" in page.content.decode()

    def test_failures_lead_to_the_list_of_them(self, operators):
        failed(), failed("2"), failed(job="blog.jobs.log_post")
        page = operators.get(BOARD).content.decode()
        addresses = map(unescape, re.findall(rf'href="({LIST}[?][^"]+reason=crashed)"', page))
        shown = [operators.get(address).context["cl"].result_count for address in addresses]
        assert shown == [2, 1]

    def test_the_parts_are_what_the_page_has(self, operators, operator):
        failed(), waiting("2", owner=operator)
        page = operators.get(BOARD).content.decode()
        for part, id in (("now", "board-now"), ("now", "board-jobs"), ("lately", "board-lately")):
            said = operators.get(f"{BOARD}{part}/").content.decode()
            assert f'id="{id}"' in said
            assert f'id="{id}"' in page
            assert "csrf" not in said

    @pytest.mark.parametrize("part", ["now", "lately"])
    def test_what_did_not_change_is_not_sent_again(self, operators, part):
        failed()
        first = operators.get(f"{BOARD}{part}/")
        same = operators.get(f"{BOARD}{part}/", headers={"If-None-Match": first["ETag"]})
        assert (same.status_code, same.content) == (304, b"")
        assert "no-store" not in first["Cache-Control"]
        assert "private" in first["Cache-Control"]
        failed("2")
        again = operators.get(f"{BOARD}{part}/", headers={"If-None-Match": first["ETag"]})
        assert again.status_code == 200

    def test_it_has_nothing_that_the_policy_forbids(self, operators):
        failed()
        page = operators.get(BOARD)
        assert not re.search(r"<script(?![^>]* src=)|style=|<style|\son\w+=", page.content.decode())
        assert "'unsafe" not in page["Content-Security-Policy"]

    def test_it_needs_fifteen_queries_at_most_however_much_there_is(self, operators, alice):
        counts = []
        for keys in ("1", "23456"):
            for key in keys:
                failed(f"f{key}")
                lifecycle.claim(MAIL, waiting(f"r{key}", owner=alice).pk)
                waiting(f"w{key}")
            with CaptureQueriesContext(
                connection,
            ) as queries:
                operators.get(BOARD)
            counts.append(len(queries))
        assert counts[0] == counts[1] <= 15

    def test_schedules_are_a_click_away_for_who_may_see_them(self, operators, operator):
        link = "/admin/exports/schedule/"
        assert link not in operators.get(BOARD).content.decode()
        operator.user_permissions.add(permission("exports.view_schedule"))
        assert link in operators.get(BOARD).content.decode()
        Schedule.objects.plan(operator, every="week")
        assert "operator" in text(operators.get(link))

    def test_the_admin_s_first_page_leads_to_it(self, operators):
        for page in ("/admin/", "/admin/tasks/", LIST):
            assert BOARD in operators.get(page).content.decode()


class TestPermissions:
    @pytest.fixture
    def task(self):
        Pause.objects.begin("blog.jobs.log_post", None)
        return failed()

    def test_who_may_look_sees_all_and_has_no_buttons(self, lookers, task):
        waits = waiting("2")
        page = lookers.get(BOARD)
        assert "crashed" in text(page)
        for address in (BOARD, LIST, f"{LIST}{task.pk}/change/", f"{LIST}{waits.pk}/change/"):
            page = lookers.get(address)
            assert page.status_code == 200
            main = page.content.decode().partition('id="content-main"')[2]
            assert "Retry" not in main
            assert "Cancel" not in main.replace("Cancelled", "")
            assert "<button" not in main
            assert '<form id="board-form"' not in main

    def test_they_see_the_tracebacks(self, lookers, task):
        assert "Trace of 1/0" in text(lookers.get(f"{LIST}{task.pk}/change/"))

    def test_they_can_change_nothing(self, lookers, task):
        for address, form in [
            (LIST, {"action": "retry_selected", "_selected_action": [str(task.pk)]}),
            (f"{LIST}{task.pk}/retry/", {}),
            (f"{LIST}{task.pk}/cancel/", {}),
            (f"{BOARD}pause/", {"job": MAIL}),
            (f"{BOARD}resume/", {"job": "blog.jobs.log_post"}),
        ]:
            assert lookers.post(address, form).status_code == 403, address
        assert Task.objects.count() == 1
        assert Pause.objects.get().job == "blog.jobs.log_post"
        assert not LogEntry.objects.exists()

    @pytest.mark.parametrize("part", ["", "now/", "lately/"])
    def test_other_staff_see_nothing(self, client, part):
        client.force_login(make_staff("staff", "blog.view_post"))
        assert client.get(BOARD + part).status_code == 403
        assert BOARD not in client.get("/admin/").content.decode()

    @pytest.mark.parametrize("part", ["", "now/", "lately/"])
    def test_others_are_asked_to_sign_in_as_somebody_else(self, client, alices, part):
        assert alices.get(BOARD + part).status_code == 302
        client.logout()
        assert client.get(BOARD + part)["Location"].startswith("/admin/login/")

    def test_what_changes_something_is_no_get(self, operators, task):
        for address in (f"{LIST}{task.pk}/retry/", f"{LIST}{task.pk}/cancel/"):
            assert operators.get(address).status_code == 405
        assert operators.get(f"{BOARD}pause/").status_code == 405

    def test_admins_get_no_file_of_anybody(self, admin_client, alice):
        export, _ = Export.objects.start(alice)
        Export.objects.update(file="secret-name.json", size=12345)
        pages = ["/admin/exports/export/", f"/admin/exports/export/{export.pk}/change/"]
        pages += [BOARD, LIST, f"{LIST}{export.task.pk}/change/"]
        for address in pages:
            page = admin_client.get(address).content.decode()
            assert "secret-name" not in page
            assert f"/exports/{export.pk}" not in page.replace("/admin/exports", "")
            assert "download/" not in page


class TestOne:
    def test_it_is_tried_again(self, operators, operator):
        task = failed()
        page = operators.post(f"{LIST}{task.pk}/retry/", follow=True)
        assert "1 task is being tried again." in text(page)
        assert Task.objects.get(state=State.QUEUED).key == task.key
        entry = LogEntry.objects.get()
        assert (entry.user, entry.object_id) == (operator, str(task.pk))
        assert entry.change_message == "tried again"

    def test_the_second_click_finds_out(self, operators):
        task = failed()
        for _ in range(2):
            page = operators.post(f"{LIST}{task.pk}/retry/", follow=True)
        assert "Left alone, 1: There is a newer task for the same." in text(page)
        assert LogEntry.objects.count() == 1

    def test_it_is_cancelled(self, operators):
        task = waiting()
        page = operators.post(f"{LIST}{task.pk}/cancel/", follow=True)
        assert "1 task was cancelled." in text(page)
        assert Task.objects.get().state == State.CANCELLED

    def test_what_is_gone_is_not_found(self, operators):
        assert operators.post(f"{LIST}{uuid4()}/cancel/").status_code == 404

    def test_its_page_says_how_it_stands(self, operators):
        task = failed()
        page = operators.get(f"{LIST}{task.pk}/change/")
        assert "Something went wrong on our side" in text(page)
        assert "Trace of 1/0" in text(page)
        assert f"{LIST}{task.pk}/retry/" in page.content.decode()
        assert f"{LIST}{task.pk}/cancel/" not in page.content.decode()
        waits = waiting("2")
        Pause.objects.begin(EVERY_JOB, None)
        page = operators.get(f"{LIST}{waits.pk}/change/")
        assert "paused by the operators" in text(page)
        assert f"{LIST}{waits.pk}/cancel/" in page.content.decode()

    def test_one_that_is_not_there_says_so(self, operators):
        assert "exist" in text(operators.get(f"{LIST}nothing/change/", follow=True))


def test_what_a_task_has_not_is_no_word_of_programmers(operators):
    assert "None" not in text(operators.get(f"{LIST}{waiting().pk}/change/"))


class TestMany:
    def ask(self, client, action="retry_selected", query="", **form):
        return client.post(f"{LIST}{query}", {"action": action} | form)

    def answer(self, client, page, query=""):
        return client.post(f"{LIST}{query}", asked(page), follow=True)

    def test_it_asks_and_says_how_many(self, operators):
        tasks = [failed(), failed("2"), waiting("3")]
        page = self.ask(operators, _selected_action=[str(task.pk) for task in tasks])
        assert "Try 2 tasks again?" in text(page)
        assert "2 × Mail about a message · Failed · crashed" in text(page)
        assert "1 × Mail about a message · Waiting" in text(page)
        assert not Task.objects.filter(state=State.QUEUED).exclude(key="3").exists()

    def test_the_selected(self, operators, operator):
        tasks = [failed(), failed("2"), waiting("3")]
        failed("4")
        page = self.ask(operators, _selected_action=[str(task.pk) for task in tasks])
        said = text(self.answer(operators, page))
        assert "2 tasks are being tried again." in said
        assert "Left alone, 1: It has neither failed nor been cancelled." in said
        queued = Task.objects.filter(state=State.QUEUED).values_list("key", flat=True)
        assert sorted(queued) == ["1", "2", "3"]
        whole = LogEntry.objects.get(object_id=None)
        assert (whole.user, whole.object_repr) == (operator, "tried again: 3 selected")
        assert whole.change_message.startswith("2 tasks are being tried again. Left alone, 1:")

    def test_all_that_the_filter_shows(self, operators):
        for key in range(60):  # more than a page
            failed(str(key))
        failed("other", "blog.jobs.log_post")
        query = f"?state__exact=failed&job={MAIL}"
        page = self.ask(operators, query=query, select_across="1", _selected_action="all")
        assert "Try 60 tasks again?" in text(page)
        assert "60 tasks are being tried again." in text(self.answer(operators, page, query))
        assert Task.objects.filter(state=State.QUEUED).count() == 60
        whole = LogEntry.objects.get(object_id=None)
        assert "state__exact=failed" in whole.object_repr
        assert whole.change_message == "60 tasks are being tried again."

    def test_what_comes_after_the_question_is_left_alone(self, operators):
        waiting("1")
        page = self.ask(operators, "cancel_selected", select_across="1", _selected_action="all")
        waiting("2")
        assert "Cancel 1 task?" in text(page)
        assert "1 task was cancelled." in text(self.answer(operators, page))
        assert Task.objects.get(state=State.QUEUED).key == "2"

    def test_what_changed_after_the_question_is_left_alone_and_it_says_so(self, operators):
        waiting("1"), waiting("2")
        query = "?state__exact=queued"
        asking = {"select_across": "1", "_selected_action": "all"}
        page = self.ask(operators, "cancel_selected", query, **asking)
        lifecycle.succeed(lifecycle.claim(MAIL, Task.objects.get(key="1").pk))
        said = text(self.answer(operators, page, query))
        assert "1 task was cancelled." in said
        assert "Left alone, 1: They ended or changed meanwhile." in said

    def test_pressing_twice_does_nothing_twice(self, operators):
        failed()
        page = self.ask(operators, _selected_action="all", select_across="1")
        self.answer(operators, page)
        assert "Left alone, 1" in text(self.answer(operators, page))
        assert Task.objects.count() == 2

    def test_with_nothing_to_do_there_is_no_button(self, operators):
        page = self.ask(operators, "cancel_selected", _selected_action=[str(failed().pk)])
        assert "There is nothing to do" in text(page)
        assert "Yes, do it" not in text(page)

    def test_a_mail_that_may_have_arrived_is_warned_of(self, operators):
        task = failed()
        Task.objects.update(reason="mail_unknown")
        page = self.ask(operators, _selected_action=[str(task.pk)])
        assert "is sent once more" in text(page)

    @pytest.mark.parametrize("asked_at", ["yesterday", "2026-13-45T00:00", "2026-02-30T00:00Z"])
    def test_nonsense_is_only_asked_again(self, operators, asked_at):
        task = failed()
        form = {"_selected_action": [str(task.pk)], "asked_at": asked_at, "told": "-1"}
        assert "Try 1 task again?" in text(self.ask(operators, **form))
        assert Task.objects.count() == 1


class TestPause:
    @pytest.mark.parametrize(("job", "words"), [(MAIL, "Mail about a message"), ("", "every job")])
    def test_a_job_is_paused_and_goes_on(self, operators, operator, job, words):
        page = operators.post(f"{BOARD}pause/", {"job": job}, follow=True)
        assert f"Paused: {words}. What runs goes on." in text(page)
        assert "paused by operator" in text(page)
        assert (Pause.objects.get().job, Pause.objects.get().by) == (job, operator)
        page = operators.post(f"{BOARD}resume/", {"job": job}, follow=True)
        assert f"Goes on: {words}" in text(page)
        assert not Pause.objects.exists()
        noted = LogEntry.objects.order_by("pk").values_list("user", "object_repr")
        name = job or "every job"
        assert list(noted) == [(operator.pk, f"paused: {name}"), (operator.pk, f"resumed: {name}")]

    def test_what_is_so_already_is_left_alone(self, operators):
        operators.post(f"{BOARD}pause/", {"job": MAIL})
        page = operators.post(f"{BOARD}pause/", {"job": MAIL}, follow=True)
        assert "Left alone, for it was paused already" in text(page)
        operators.post(f"{BOARD}resume/", {"job": MAIL})
        page = operators.post(f"{BOARD}resume/", {"job": MAIL}, follow=True)
        assert "Left alone, for it was not paused" in text(page)
        assert LogEntry.objects.count() == 2

    @pytest.mark.parametrize("form", [{"job": "no.such.job"}, {}])
    def test_what_is_no_job_is_not_found(self, operators, form):
        assert operators.post(f"{BOARD}pause/", form).status_code == 404
        assert not Pause.objects.exists()

    def test_a_pause_of_a_job_that_is_gone_can_be_ended(self, operators):
        Pause.objects.begin("gone.jobs.gone", None)
        operators.post(f"{BOARD}resume/", {"job": "gone.jobs.gone"})
        assert not Pause.objects.exists()

    def test_its_owner_is_told_on_every_page(self, alices, alice):
        Export.objects.start(alice)
        Pause.objects.begin(EXPORT, None)
        said = alices.get("/alerts/", headers={"Accept": "application/json"}).json()
        assert said["tasks"][0]["phase"] == "Waiting: paused by the operators."
        assert "Waiting: paused by the operators." in text(alices.get("/alerts/"))


class TestList:
    @pytest.mark.parametrize(
        ("query", "keys"),
        [
            ("?q=ALICE", {"hers"}),
            ("?q=hers", {"hers"}),
            ("?q=nobody", set()),
            ("?state__exact=failed", {"1", "old"}),
            ("?job=blog.jobs.log_post", {"log"}),
            ("?reason=crashed&ended=hour", {"1"}),
            ("?ended=week", {"1", "old"}),
            ("?ended=fortnight", {"hers", "1", "old", "log"}),
            ("?state__exact=failed&newer=none", {"1"}),
        ],
    )
    def test_it_is_narrowed_down(self, operators, alice, query, keys):
        waiting("hers", owner=alice)
        failed("1")
        old = failed("old")
        Task.objects.filter(pk=old.pk).update(ended_at=timezone.now() - timedelta(days=2))
        lifecycle.repeat(old)
        lifecycle.cancel(Task.objects.get(key="old", state="queued"))
        Task.objects.filter(state="cancelled").update(ended_at=timezone.now() - timedelta(days=9))
        waiting("log", "blog.jobs.log_post")
        page = operators.get(f"{LIST}{query}")
        assert {task.key for task in page.context["cl"].result_list} == keys

    def test_one_is_found_by_its_id(self, operators):
        task, _other = waiting(), waiting("2")
        page = operators.get(f"{LIST}?q={task.pk}")
        assert list(page.context["cl"].result_list) == [task]

    def test_the_newest_come_first(self, operators):
        tasks = [waiting(key) for key in "123"]
        assert list(operators.get(LIST).context["cl"].result_list) == tasks[::-1]

    def test_it_needs_no_more_queries_for_more_tasks(self, operators, alice):
        counts = []
        for keys in ("1", "23456"):
            for key in keys:
                failed(key, owner=alice)
            with CaptureQueriesContext(connection) as queries:
                operators.get(LIST)
            counts.append(len(queries))
        assert counts[0] == counts[1]
