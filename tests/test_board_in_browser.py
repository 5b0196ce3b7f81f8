"""The board as operators have it before them."""

import re
from datetime import timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone
from playwright.sync_api import expect

from conftest import make_staff
from tasks import lifecycle
from tasks.models import Cluster, Pause, State, Task
from tasks.tests.conftest import quiet_redis

pytestmark = [pytest.mark.slow, pytest.mark.browser, pytest.mark.django_db(transaction=True)]
__all__ = ["quiet_redis"]  # a fixture

expect.set_options(timeout=20_000)  # milliseconds, as patient as wait_for()

LIST = "/admin/tasks/task/"
BOARD = f"{LIST}board/"
MAIL = "blog.jobs.mail_message"
FAILED_LATELY = "section[data-window=hour] .board-numbers div:has-text('Failed') dd"
CHARTS = "() => [...document.querySelectorAll('canvas')].map((each) => Chart.getChart(each)?.data)"
# Colours fade into each other.
# What htmx replaces in the middle of an animation ends it by an error.
SETTLED = "() => Promise.allSettled(document.getAnimations().map((each) => each.finished))"
SIZES = [{"width": 1280, "height": 900}, {"width": 390, "height": 844}]


@pytest.fixture
def operator(db):
    return make_staff("operator", "tasks.view_task", "tasks.change_task")


@pytest.fixture
def all_is_well(quiet_redis):
    """For as long as a test takes."""
    now = timezone.now()
    times = {"started_at": now, "seen_at": now + timedelta(hours=1)}
    times["swept_at"] = times["seen_at"]
    Cluster.objects.create(id="c", host="ant", pid=7, workers=2, **times)


def waiting(key="1", **fields):
    return lifecycle.launch(MAIL, key=key, args={"message": 0}, **fields)[0]


def failed(key="1", **fields):
    task = waiting(key, **fields)
    lifecycle.fail(lifecycle.claim(MAIL, task.pk), "crashed", "Trace of 1/0")
    return task


def some_work(person):
    failed("1"), failed("2", owner=person)
    for key in "345":
        lifecycle.succeed(lifecycle.claim(MAIL, waiting(key).pk))
    running = lifecycle.claim(MAIL, waiting("6", owner=person).pk)
    lifecycle.checkpoint(running, phase="mailing", done=1, total=4)
    waiting("7")
    Pause.objects.begin("blog.jobs.log_post", person)


def test_it_tells_by_itself_what_goes_wrong(open_as, operator, all_is_well):
    page = open_as(operator)
    page.clock.install()
    page.goto(BOARD)
    expect(page.get_by_role("heading", name="All is well")).to_be_visible()
    failed()
    page.clock.run_for(6_000)
    expect(page.get_by_role("heading", name="Not all is well")).to_be_visible()
    expect(page.get_by_text("1 task failed within the last hour.")).to_be_visible()
    page.clock.run_for(61_000)
    expect(page.locator(FAILED_LATELY)).to_have_text("1")
    hour, *_ = page.evaluate(CHARTS)
    assert sum(hour["datasets"][1]["data"]) == 1


def test_what_has_not_changed_leaves_the_focus_and_the_opened_where_they_are(
    open_as, operator, all_is_well
):
    page = open_as(operator)
    page.clock.install()
    page.goto(BOARD)
    page.get_by_text("The same in numbers").first.click()
    page.locator("#pause-all").focus()
    with page.expect_response(re.compile("board/now")) as asked:
        page.clock.run_for(6_000)
    assert asked.value.ok
    failed()
    page.clock.run_for(61_000)
    expect(page.locator(FAILED_LATELY)).to_have_text("1")
    expect(page.locator("#numbers-hour")).to_have_attribute("open", "")
    assert page.evaluate("document.activeElement.id") == "pause-all"


def test_a_hidden_tab_asks_for_nothing_and_then_at_once(open_as, operator, all_is_well):
    page = open_as(operator)
    page.clock.install()
    page.goto(BOARD)
    asked = []
    # The browser asks for the icon when it has time.
    page.on("request", lambda request: "icon" in request.url or asked.append(request.url))
    hide = (
        "(hidden) => Object.defineProperty(document, 'hidden', {value: hidden, configurable: true})"
    )
    page.evaluate(hide, True)
    page.clock.run_for(120_000)
    assert not asked
    failed()
    page.evaluate(hide, False)
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(page.get_by_role("heading", name="Not all is well")).to_be_visible()


def test_it_says_when_the_site_does_not_answer(open_as, operator, all_is_well):
    page = open_as(operator, expected=["ERR_FAILED", "htmx:"])
    page.clock.install()
    page.goto(BOARD)
    page.route("**/board/now/", lambda route: route.abort())
    page.clock.run_for(6_000)
    expect(page.get_by_text("The site does not answer")).to_be_visible()
    page.unroute("**/board/now/")
    page.clock.run_for(6_000)
    expect(page.get_by_text("The site does not answer")).to_be_hidden()
    page.context.clear_cookies()  # signed out: the page of the sign-in is no part of the board
    page.clock.run_for(6_000)
    expect(page.get_by_text("The site does not answer")).to_be_visible()
    expect(page.get_by_role("heading", name="All is well")).to_be_visible()


def test_the_charts_have_the_numbers_of_the_tables(open_as, operator):
    some_work(operator)
    page = open_as(operator)
    page.goto(BOARD)
    hour, times, day, _ = page.evaluate(CHARTS)
    for chart in (hour, day):
        sums = [sum(each["data"]) for each in chart["datasets"]]
        assert sums == [3, 2, 0, 0]
    assert len(hour["labels"]) == 13
    assert times["datasets"][1]["label"] == "Wait p95"
    assert any(value is not None for value in times["datasets"][1]["data"])
    page.emulate_media(color_scheme="dark")
    assert len(page.evaluate(CHARTS)) == 4


def test_a_job_is_paused_and_goes_on(open_as, operator, javascript):
    page = open_as(operator, java_script_enabled=javascript)
    page.goto(BOARD)
    page.get_by_role("button", name="Pause: Mail about a message").click()
    expect(page.get_by_text("Paused: Mail about a message. What runs goes on.")).to_be_visible()
    assert Pause.objects.get().job == MAIL
    page.get_by_role("button", name="Let go on: Mail about a message").click()
    expect(page.get_by_text("Goes on: Mail about a message")).to_be_visible()
    page.get_by_role("button", name="Pause all").click()
    expect(page.get_by_text("Every job is paused.").first).to_be_visible()
    assert Pause.objects.get().job == ""


def test_all_failures_of_a_kind_are_tried_again(open_as, operator, javascript):
    for key in range(60):
        failed(str(key))
    page = open_as(operator, java_script_enabled=javascript)
    page.goto(BOARD)
    if not javascript:
        page.get_by_text("The same in numbers").first.click()
        expect(page.get_by_role("columnheader", name="Wait p95").first).to_be_visible()
    page.get_by_role("button", name="Retry all").click()
    expect(page.get_by_role("heading", name="Try 60 tasks again?")).to_be_visible()
    page.get_by_role("button", name="Yes, do it").click()
    expect(page.get_by_text("60 tasks are being tried again.")).to_be_visible()
    assert Task.objects.filter(state=State.QUEUED).count() == 60


def test_all_that_the_list_shows_are_cancelled(open_as, operator):
    for key in range(60):
        waiting(str(key))
    page = open_as(operator)
    page.goto(f"{LIST}?state__exact=queued")
    page.locator("#action-toggle").check()
    page.get_by_role("button", name="Select all 60 tasks").click()
    page.get_by_role("combobox", name="Action").select_option("cancel_selected")
    page.get_by_role("button", name="Go").click()
    expect(page.get_by_role("heading", name="Cancel 60 tasks?")).to_be_visible()
    page.get_by_role("button", name="Yes, do it").click()
    expect(page.get_by_text("60 tasks were cancelled.")).to_be_visible()


def violations(page):
    """What axe finds in what is ours, in both themes and sizes."""
    for size in SIZES:
        page.set_viewport_size(size)
        for theme in ("light", "dark"):
            page.emulate_media(color_scheme=theme, reduced_motion="reduce")
            page.evaluate(SETTLED)
            found = Axe().run(page, context="#content-main").response["violations"]
            for violation in found:
                html = "; ".join(node["html"][:200] for node in violation["nodes"][:3])
                yield f"{violation['id']} ({theme}, {size['width']}): {html}"


def test_the_board_is_for_everybody(open_as, operator, all_is_well):
    page = open_as(operator)
    page.goto(BOARD)
    assert not list(violations(page))
    some_work(operator)
    page.goto(BOARD)
    assert not list(violations(page))
