"""Reading a post of another language, in a browser."""

from threading import Event

import pytest
from playwright.sync_api import expect

from blog.models import Post

from .translation import LIBRE

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture
def post(bob):
    return Post.objects.create(author=bob, body="Buenos días a todos", language="es")


@pytest.fixture
def page(open_as, alice, javascript):
    return open_as(alice, java_script_enabled=javascript, expected=["status of 503", "429"])


def test_it_appears_below_the_post(page, javascript, service, post):
    page.goto("/explore/")
    page.get_by_role("link", name="Translate").click()
    expect(page.get_by_text("Good morning to all")).to_be_visible()
    assert page.url.endswith("/explore/") == javascript


@pytest.mark.parametrize("javascript", [True], indirect=True)
def test_while_the_service_works_one_sees_and_hears_so(page, service, post):
    answered = Event()

    def slowly():
        assert answered.wait(10)
        yield LIBRE

    service.answer = 200, slowly
    page.emulate_media(reduced_motion="no-preference")
    page.goto("/explore/")
    busy = page.get_by_role("status").filter(has_text="Translating…")
    wheel = "getComputedStyle(document.querySelector('.busy'), '::before').animationName"
    expect(busy).to_be_hidden()
    page.get_by_role("link", name="Translate").click()
    expect(busy).to_be_visible()
    assert page.evaluate(wheel) == "turn"
    page.emulate_media(reduced_motion="reduce")
    assert page.evaluate(wheel) == "none"
    page.get_by_role("link", name="Translate").click()  # once more asks nothing
    answered.set()
    expect(page.get_by_text("Good morning to all")).to_be_visible()
    expect(page.get_by_text("Translating…")).to_have_count(0)
    assert len(service.questions) == 1


def test_a_failure_is_said_and_can_be_tried_again(page, service, post):
    service.answer = 500, [b""]
    page.goto("/explore/")
    page.get_by_role("link", name="Translate").click()
    expect(page.get_by_text("does not answer")).to_be_visible()
    service.answer = 200, [LIBRE]
    page.get_by_role("link", name="Try again").click()
    expect(page.get_by_text("Good morning to all")).to_be_visible()
    expect(page.get_by_text("does not answer")).to_have_count(0)


def test_asking_too_often_is_said(page, service, post, counting):
    for _ in range(2):
        page.goto("/explore/")
        page.get_by_role("link", name="Translate").click()
        expect(page.get_by_text("Good morning to all")).to_be_visible()
    page.goto("/explore/")
    page.get_by_role("link", name="Translate").click()
    expect(page.get_by_text("A little slower, please")).to_be_visible()
